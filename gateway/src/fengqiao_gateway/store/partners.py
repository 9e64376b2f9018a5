"""Queries of partner systems and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx

from .guard import own_only
from .tables import partner_keys, partners


async def partner(tx: ReadTx, scope: Scope, partner_id: str) -> Row[Any] | None:
    """A partner by its id."""
    own_only(scope)
    return await tx.one(select(partners).where(partners.c.id == partner_id))


async def partner_of_system(tx: ReadTx, scope: Scope, system: str) -> Row[Any] | None:
    """The partner of a system's name."""
    own_only(scope)
    return await tx.one(select(partners).where(partners.c.system == system))


async def list_partners(tx: ReadTx, scope: Scope) -> Sequence[Row[Any]]:
    """Every partner by its system's name; there are few."""
    own_only(scope)
    return await tx.all(select(partners).order_by(partners.c.system))


async def keys(
    tx: ReadTx, scope: Scope, key_ids: Sequence[str], now: datetime
) -> Sequence[Row[Any]]:
    """The keys that open at `now`, each with its active partner."""
    own_only(scope)
    query = (
        select(
            partner_keys.c.key_id,
            partner_keys.c.secret_sha256,
            partner_keys.c.expires_at,
            *partners.c,
        )
        .select_from(partner_keys.join(partners, partners.c.id == partner_keys.c.partner_id))
        .where(partner_keys.c.key_id.in_(key_ids), partners.c.active.is_(True))
        .where(or_(partner_keys.c.expires_at.is_(None), partner_keys.c.expires_at > now))
    )
    return await tx.all(query)


async def add_partner(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(partners), row)


async def change_partner(tx: Tx, partner_id: str, values: dict[str, Any]) -> None:
    await tx.run(update(partners).where(partners.c.id == partner_id), values)


async def add_key(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(partner_keys), row)


async def expire_keys(tx: Tx, partner_id: str, at: datetime) -> None:
    """Lets the partner's present keys open until `at` at the latest."""
    mine = partner_keys.c.partner_id == partner_id
    later = or_(partner_keys.c.expires_at.is_(None), partner_keys.c.expires_at > at)
    await tx.run(update(partner_keys).where(mine, later), {"expires_at": at})


async def drop_old_keys(tx: Tx, before: datetime) -> None:
    await tx.run(delete(partner_keys).where(partner_keys.c.expires_at <= before))
