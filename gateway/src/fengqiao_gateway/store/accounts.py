"""Queries of accounts, sessions and tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert

from .guard import own_only
from .tables import accounts, sessions, tries

_PUBLIC = tuple(c for c in accounts.c if c.name != "password_hash")


async def count_accounts(tx: ReadTx, scope: Scope) -> int:
    """How many accounts there are."""
    own_only(scope)
    return int(await tx.scalar(select(func.count()).select_from(accounts)) or 0)


async def account_named(tx: ReadTx, scope: Scope, username: str) -> Row[Any] | None:
    """The account of a username, with its password's hash."""
    own_only(scope)
    return await tx.one(select(accounts).where(accounts.c.username == username))


async def account(tx: ReadTx, scope: Scope, account_id: str) -> Row[Any] | None:
    """An account by its id, with its password's hash."""
    own_only(scope)
    return await tx.one(select(accounts).where(accounts.c.id == account_id))


async def list_accounts(
    tx: ReadTx, scope: Scope, roles: Sequence[str], page: int, size: int
) -> tuple[int, Sequence[Row[Any]]]:
    """The number of accounts of these roles and one page of them by username."""
    own_only(scope)
    which = accounts.c.role.in_(roles)
    total = await tx.scalar(select(func.count()).select_from(accounts).where(which))
    query = select(*_PUBLIC).where(which).order_by(accounts.c.username)
    return int(total or 0), await tx.all(query.limit(size).offset((page - 1) * size))


async def add_account(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(accounts), row)


async def change_account(tx: Tx, account_id: str, values: dict[str, Any]) -> None:
    await tx.run(update(accounts).where(accounts.c.id == account_id), values)


async def add_session(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(sessions), row)


async def session(tx: ReadTx, scope: Scope, token_sha256: str, now: datetime) -> Row[Any] | None:
    """A live session together with its account; none where either has ended."""
    rows = await live_sessions(tx, scope, [token_sha256], now)
    return rows[0] if rows else None


async def live_sessions(
    tx: ReadTx, scope: Scope, tokens: Sequence[str], now: datetime
) -> Sequence[Row[Any]]:
    """Those of the sessions that are live at `now`, each with its account."""
    own_only(scope)
    a = accounts
    query = (
        select(sessions, a.c.username, a.c.name, a.c.role, a.c.areas, a.c.person_id, a.c.system)
        .select_from(sessions.outerjoin(a, a.c.id == sessions.c.account_id))
        .where(sessions.c.token_sha256.in_(tokens), sessions.c.expires_at > now)
        .where(or_(sessions.c.account_id.is_(None), a.c.active.is_(True)))
    )
    return await tx.all(query)


async def note_active(tx: Tx, token_sha256: str, now: datetime) -> None:
    await tx.run(
        update(sessions).where(sessions.c.token_sha256 == token_sha256), {"active_at": now}
    )


async def end_session(tx: Tx, token_sha256: str) -> None:
    await tx.run(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


async def end_sessions_of(tx: Tx, account_id: str, *, keep: str = "") -> None:
    """Ends every session of an account but `keep`."""
    mine = sessions.c.account_id == account_id
    await tx.run(delete(sessions).where(mine, sessions.c.token_sha256 != keep))


async def drop_old_sessions(tx: Tx, before: datetime) -> None:
    await tx.run(delete(sessions).where(sessions.c.expires_at <= before))


async def drop_old_tries(tx: Tx, before: datetime) -> None:
    await tx.run(delete(tries).where(tries.c.changed_at <= before))


async def tried(tx: ReadTx, scope: Scope, key: str) -> Row[Any] | None:
    """The wrong tries at a receipt, by its key."""
    own_only(scope)
    return await tx.one(select(tries).where(tries.c.key == key))


async def note_tries(tx: Tx, row: dict[str, Any]) -> None:
    changed = ("failed", "locked_until", "changed_at")
    await tx.run(upsert(tries, ["key"], update=changed), row)
