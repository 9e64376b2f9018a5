"""Making and changing accounts; the CLI and the API use the same functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, Tx
from fengqiao_contracts.areas import areas
from fengqiao_contracts.errors import Conflict, Invalid, NotFound
from fengqiao_contracts.ids import new_id

from ..domain.accounts import (
    MANAGED_BY,
    NewAccount,
    check_account,
    check_may_manage,
    check_within,
)
from ..domain.lockout import Attempts, locked
from ..store import accounts as store
from ..store.webhooks import close_webhooks_of


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its managers see it."""

    id: str
    username: str
    name: str
    role: str
    areas: tuple[str, ...]
    person_id: str | None
    system: str | None
    active: bool
    locked: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Manager:
    """Who manages: role and area paths. The operator at the command line is an admin."""

    role: str
    paths: tuple[str, ...]


OPERATOR = Manager("admin", ("/",))


async def has_accounts(tx: ReadTx, scope: Scope = SYSTEM) -> bool:
    """Whether anybody can log in; `fengqiao up` says how to make the first one otherwise."""
    return await store.count_accounts(tx, scope) > 0


async def create_account(tx: Tx, by: Manager, new: NewAccount, password_hash: str) -> Account:
    """Makes an account. Raises Invalid, Forbidden, or Conflict where the username is taken."""
    check_account(new)
    check_may_manage(by.role, new.role)
    _check_areas(by, new.areas)
    if await store.account_named(tx, SYSTEM, new.username) is not None:
        raise Conflict("username-taken", "该用户名已存在", "This username is taken", "username")
    row = {
        "id": new_id(),
        "username": new.username,
        "name": new.name,
        "password_hash": password_hash,
        "role": new.role,
        "areas": list(new.areas),
        "person_id": new.person_id,
        "system": new.system if new.role == "partner" else None,
        "active": True,
        "failed": 0,
        "locked_until": None,
        "created_at": tx.now,
        "changed_at": tx.now,
    }
    await store.add_account(tx, row)
    tx.audit("account.create", str(row["id"]), fields=("username", "role", "areas"))
    return await get_account(tx, str(row["id"]))


async def change_account(
    tx: Tx, by: Manager, account_id: str, changes: dict[str, Any], password_hash: str | None
) -> Account:
    """Changes name, role, areas, person, system, active, or the password; unlocks on request.

    A change of role, areas or password and a closing end every session of the account at once.
    """
    row = await _managed(tx, by, account_id)
    values = {k: v for k, v in changes.items() if k != "unlock"}
    merged: dict[str, Any] = {k: values.get(k, getattr(row, k)) for k in NewAccount.__slots__}
    merged["areas"] = tuple(merged["areas"])
    new = NewAccount(**merged)
    check_account(new)
    check_may_manage(by.role, new.role)
    _check_areas(by, new.areas)
    if "areas" in values:
        values["areas"] = list(new.areas)
    values["system"] = new.system if new.role == "partner" else None
    if password_hash is not None:
        values["password_hash"] = password_hash
    if changes.get("unlock") or password_hash is not None:
        values |= {"failed": 0, "locked_until": None}
    await store.change_account(tx, account_id, values | {"changed_at": tx.now})
    if {"role", "areas", "active", "person_id"} & changes.keys() or password_hash is not None:
        await store.end_sessions_of(tx, account_id)
    if {"role", "areas", "active", "system"} & changes.keys():
        # they were subscribed with the rights of then
        await close_webhooks_of(tx, account_id, "rights-changed")
    named = (*changes, *(("password",) if password_hash is not None else ()))
    tx.audit("account.change", account_id, fields=tuple(sorted(named)))
    return await get_account(tx, account_id)


async def change_own_password(
    tx: Tx, account_id: str, password_hash: str, session_sha256: str
) -> None:
    """Sets the account's own new password; its other sessions end."""
    values = {"password_hash": password_hash, "changed_at": tx.now}
    await store.change_account(tx, account_id, values)
    await store.end_sessions_of(tx, account_id, keep=session_sha256)
    tx.audit("account.password", account_id)


async def get_account(tx: ReadTx, account_id: str) -> Account:
    """An account. Raises NotFound."""
    row = await store.account(tx, SYSTEM, account_id)
    if row is None:
        raise _unknown()
    return _account(row, tx.now)


async def get_managed(tx: ReadTx, by: Manager, account_id: str) -> Account:
    """An account that the manager may manage. Raises NotFound for any other."""
    return _account(await _managed(tx, by, account_id), tx.now)


async def list_accounts(
    tx: ReadTx, by: Manager, page: int, size: int
) -> tuple[int, Sequence[Account]]:
    """How many accounts the manager may manage, and a page of them by username."""
    roles = sorted(MANAGED_BY.get(by.role, frozenset()))
    total, rows = await store.list_accounts(tx, SYSTEM, roles, page, size)
    return total, [_account(row, tx.now) for row in rows]


async def _managed(tx: ReadTx, by: Manager, account_id: str) -> Row[Any]:
    row = await store.account(tx, SYSTEM, account_id)
    if row is None or row.role not in MANAGED_BY.get(by.role, frozenset()):
        raise _unknown()
    return row


def _check_areas(by: Manager, codes: Sequence[str]) -> None:
    check_within(by.paths, area_paths(codes))


def area_paths(codes: Sequence[str]) -> list[str]:
    """The paths of area codes. Raises Invalid naming the field `areas`."""
    try:
        return [areas().path(code) for code in codes]
    except Invalid as unknown:
        unknown.field = "areas"
        raise


def _account(row: Row[Any], now: datetime) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        name=row.name,
        role=row.role,
        areas=tuple(row.areas),
        person_id=row.person_id,
        system=row.system,
        active=row.active,
        locked=locked(Attempts(row.failed, row.locked_until), now),
        created_at=row.created_at,
    )


def _unknown() -> NotFound:
    return NotFound("no-such-account", "没有该账户", "No such account")
