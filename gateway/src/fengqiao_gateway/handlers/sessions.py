"""Logging in and out: by password, or as a party by case number and receipt code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, ReadTx, Tx
from fengqiao_contracts.errors import Unauthorized

from ..domain.lockout import Attempts, after_attempt, locked
from ..domain.secrets import digest
from ..store import accounts as store


@dataclass(frozen=True, slots=True)
class NewSession:
    """The texts that the caller alone keeps, and how long they open."""

    token: str
    csrf: str
    life: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a username before its password is checked."""

    username: str
    account_id: str | None
    password_hash: str | None


async def look_up(tx: ReadTx, username: str) -> Known:
    """The account of a username, or a nobody whose password is checked just as long."""
    row = await store.account_named(tx, SYSTEM, username)
    if row is None:
        return Known(username, None, None)
    return Known(username, row.id, row.password_hash)


async def log_in(tx: Tx, known: Known, new: NewSession, *, right: bool) -> Row[Any] | None:
    """Opens a session, or counts the failure and returns None (which commits the count).

    The lock is judged here, in the transaction: of many guesses at once only the first few count as
    tries, and a right one behind them is refused all the same.
    """
    row = None if known.account_id is None else await store.account(tx, SYSTEM, known.account_id)
    if row is None:
        tx.audit("login.refused", _mask(tx, known.username))
        return None
    unchanged = row.active and row.password_hash == known.password_hash
    before = Attempts(row.failed, row.locked_until)
    let_in, after = after_attempt(before, tx.now, right=right and unchanged)
    if after != before:
        values = {"failed": after.failed, "locked_until": after.locked_until}
        await store.change_account(tx, row.id, values)
    if not let_in:
        tx.audit("login.locked" if locked(after, tx.now) else "login.refused", row.id)
        return None
    await _open(tx, new, account_id=row.id)
    tx.audit("login", row.id)
    return row


async def proved_again(tx: Tx, known: Known, *, right: bool) -> bool:
    """Whether a logged-in account proved its password once more; failures count as at the door."""
    row = None if known.account_id is None else await store.account(tx, SYSTEM, known.account_id)
    if row is None:
        return False
    before = Attempts(row.failed, row.locked_until)
    let_in, after = after_attempt(before, tx.now, right=right)
    if after != before:
        values = {"failed": after.failed, "locked_until": after.locked_until}
        await store.change_account(tx, row.id, values)
    if not let_in:
        tx.audit("password.refused", row.id)
    return let_in


async def party_may_try(tx: ReadTx, number: str) -> bool:
    """Whether a receipt code may be tried for this case number now."""
    row = await store.tried(tx, SYSTEM, _receipt_key(tx, number))
    return row is None or not locked(Attempts(row.failed, row.locked_until), tx.now)


async def log_in_party(tx: Tx, number: str, case_id: str | None, new: NewSession) -> bool:
    """Opens a session bound to one case, or counts the wrong code."""
    key = _receipt_key(tx, number)
    row = await store.tried(tx, SYSTEM, key)
    before = Attempts() if row is None else Attempts(row.failed, row.locked_until)
    let_in, after = after_attempt(before, tx.now, right=case_id is not None)
    if after != before:
        values = {"failed": after.failed, "locked_until": after.locked_until}
        await store.note_tries(tx, {"key": key, "changed_at": tx.now} | values)
    if not let_in or case_id is None:
        tx.audit("party.refused", key)
        return False
    await _open(tx, new, case_id=case_id)
    tx.audit("party.login", case_id)
    return True


async def log_out(tx: Tx, session_sha256: str, who: str) -> None:
    """Ends a session at once; its streams close within a second."""
    await store.end_session(tx, session_sha256)
    tx.audit("logout", who)


async def stay(tx: Tx, session_sha256: str) -> None:
    """Somebody acts in the browser of a session: its idle time begins anew."""
    await store.note_active(tx, session_sha256, tx.now)


def refused() -> Unauthorized:
    """The one answer to every login that is not let in, whatever the reason."""
    return Unauthorized(
        "login-refused",
        "账号或口令不正确, 或因多次错误已暂时锁定 (15 分钟后再试)",
        "Wrong name or password, or locked after too many tries (try again in 15 minutes)",
    )


async def _open(
    tx: Tx, new: NewSession, *, account_id: str | None = None, case_id: str | None = None
) -> None:
    row = {
        "token_sha256": digest(new.token),
        "account_id": account_id,
        "case_id": case_id,
        "csrf_sha256": digest(new.csrf),
        "created_at": tx.now,
        "expires_at": tx.now + new.life,
        "active_at": tx.now,
    }
    await store.add_session(tx, row)


def _receipt_key(tx: ReadTx, number: str) -> str:
    return tx.keys.blind("receipt", number)


def _mask(tx: ReadTx, username: str) -> str:
    """People type passwords into the wrong field: what names nobody is kept as a blind index."""
    return f"unknown:{tx.keys.blind('username', username)}"
