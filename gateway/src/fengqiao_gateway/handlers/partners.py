"""Partner systems and their keys: made, rotated, closed; by the API and the command line alike."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, ReadTx, Tx
from fengqiao_contracts.errors import Conflict, Forbidden, Invalid, NotFound
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import Channel

from ..domain.accounts import check_system, check_within
from ..domain.secrets import digest, partner_key
from ..store import partners as store
from ..store.webhooks import close_webhooks_of
from .accounts import Manager, area_paths

ROTATION_GRACE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner system as its managers see it."""

    id: str
    system: str
    name: str
    channel: str
    areas: tuple[str, ...]
    active: bool
    created_at: datetime
    rotated_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key; the text is shown this once and kept only as a hash."""

    partner: Partner
    key: str
    old_until: datetime | None = None


async def create_partner(
    tx: Tx, by: Manager, *, system: str, name: str, channel: str, areas: Sequence[str]
) -> IssuedKey:
    """Makes a partner with its first key. Raises Invalid, Forbidden, or Conflict for a taken name."""
    _check_manager(by)
    check_system(system)
    if channel not in get_args(Channel):
        zh, en = "、".join(get_args(Channel)), ", ".join(get_args(Channel))
        raise Invalid("unknown-channel", f"渠道应为: {zh}", f"One of: {en}", "channel")
    check_within(by.paths, area_paths(areas))
    if await store.partner_of_system(tx, SYSTEM, system) is not None:
        raise Conflict("system-taken", "该协作系统已存在", "This system exists already", "system")
    row = {
        "id": new_id(),
        "system": system,
        "name": name,
        "channel": channel,
        "areas": list(areas),
        "active": True,
        "created_at": tx.now,
        "changed_at": tx.now,
        "rotated_at": None,
    }
    await store.add_partner(tx, row)
    key = await _issue(tx, str(row["id"]))
    tx.audit("partner.create", str(row["id"]), fields=("system", "channel", "areas"))
    return IssuedKey(await get_partner(tx, str(row["id"])), key)


async def rotate_partner(
    tx: Tx, by: Manager, partner_id: str, grace: timedelta = ROTATION_GRACE
) -> IssuedKey:
    """Issues a new key; the present ones open for `grace` more (zero: they are dead at once)."""
    _check_manager(by)
    await _existing(tx, partner_id)
    until = tx.now + grace
    await store.expire_keys(tx, partner_id, until)
    key = await _issue(tx, partner_id)
    await store.change_partner(tx, partner_id, {"rotated_at": tx.now, "changed_at": tx.now})
    tx.audit("partner.rotate", partner_id)
    return IssuedKey(await get_partner(tx, partner_id), key, until)


async def change_partner(tx: Tx, by: Manager, partner_id: str, changes: dict[str, Any]) -> Partner:
    """Changes name, areas, or closes and opens a partner; closing works within a second."""
    _check_manager(by)
    row = await _existing(tx, partner_id)
    if "areas" in changes:
        check_within(by.paths, area_paths(changes["areas"]))
    if changes.get("active") is False:
        await close_webhooks_of(tx, f"partner:{row.system}", "closed")
    await store.change_partner(tx, partner_id, changes | {"changed_at": tx.now})
    tx.audit("partner.change", partner_id, fields=tuple(sorted(changes)))
    return await get_partner(tx, partner_id)


async def get_partner(tx: ReadTx, partner_id: str) -> Partner:
    """A partner. Raises NotFound."""
    return _partner(await _existing(tx, partner_id))


async def partner_named(tx: ReadTx, system: str) -> Partner:
    """The partner of a system's name, for the command line. Raises NotFound."""
    row = await store.partner_of_system(tx, SYSTEM, system)
    if row is None:
        raise _unknown()
    return _partner(row)


async def list_partners(tx: ReadTx, by: Manager) -> list[Partner]:
    """Every partner."""
    _check_manager(by)
    return [_partner(row) for row in await store.list_partners(tx, SYSTEM)]


async def _issue(tx: Tx, partner_id: str) -> str:
    text, parts = partner_key(os.urandom(12), os.urandom(32))
    row = {
        "key_id": parts.key_id,
        "partner_id": partner_id,
        "secret_sha256": digest(parts.secret),
        "created_at": tx.now,
        "expires_at": None,
    }
    await store.add_key(tx, row)
    return text


async def _existing(tx: ReadTx, partner_id: str) -> Row[Any]:
    row = await store.partner(tx, SYSTEM, partner_id)
    if row is None:
        raise _unknown()
    return row


def _check_manager(by: Manager) -> None:
    if by.role not in ("admin", "city"):
        raise Forbidden("may-not-manage", "需要市级管理权限", "Needs the role admin or city")


def _partner(row: Row[Any]) -> Partner:
    return Partner(
        id=row.id,
        system=row.system,
        name=row.name,
        channel=row.channel,
        areas=tuple(row.areas),
        active=row.active,
        created_at=row.created_at,
        rotated_at=row.rotated_at,
    )


def _unknown() -> NotFound:
    return NotFound("no-such-partner", "没有该协作系统", "No such partner system")
