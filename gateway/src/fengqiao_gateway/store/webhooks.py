"""Queries of webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert

from .guard import own_only
from .tables import deliveries, webhooks

_LISTED = tuple(c for c in deliveries.c if c.name != "payload")


async def webhook(tx: ReadTx, scope: Scope, webhook_id: str) -> Row[Any] | None:
    """A webhook with its sealed secrets."""
    own_only(scope)
    return await tx.one(select(webhooks).where(webhooks.c.id == webhook_id))


async def list_webhooks(tx: ReadTx, scope: Scope, owner: str | None) -> Sequence[Row[Any]]:
    """The webhooks of an owner, or of all, oldest first."""
    own_only(scope)
    query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
    return await tx.all(query if owner is None else query.where(webhooks.c.owner == owner))


async def active_webhooks(tx: ReadTx, scope: Scope) -> Sequence[Row[Any]]:
    """The webhooks that get new deliveries."""
    own_only(scope)
    return await tx.all(select(webhooks).where(webhooks.c.active.is_(True)))


async def add_webhook(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(webhooks), row)


async def change_webhook(tx: Tx, webhook_id: str, values: dict[str, Any]) -> None:
    await tx.run(update(webhooks).where(webhooks.c.id == webhook_id), values)


async def close_webhooks_of(tx: Tx, owner: str, state: str) -> None:
    """Switches off an owner's webhooks; what is pending stays pending."""
    mine = (webhooks.c.owner == owner) & webhooks.c.active.is_(True)
    values = {"active": False, "state": state, "changed_at": tx.now}
    await tx.run(update(webhooks).where(mine), values)


async def drop_webhook(tx: Tx, webhook_id: str) -> None:
    await tx.run(delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
    await tx.run(delete(webhooks).where(webhooks.c.id == webhook_id))


async def take_lease(tx: Tx, webhook_id: str, sender: str, until: datetime) -> bool:
    """Whether this process is the webhook's one sender until then."""
    w = webhooks.c
    free = or_(w.sender.is_(None), w.sender == sender, w.sender_until < tx.now)
    mine = update(webhooks).where(w.id == webhook_id, w.active.is_(True), free)
    return await tx.run(mine, {"sender": sender, "sender_until": until}) == 1


async def drop_lease(tx: Tx, webhook_id: str, sender: str) -> None:
    """This process is the webhook's sender no more."""
    w = webhooks.c
    mine = update(webhooks).where(w.id == webhook_id, w.sender == sender)
    await tx.run(mine, {"sender": None, "sender_until": None})


async def add_deliveries(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.run(upsert(deliveries, ["webhook_id", "fact_id"]), list(rows))


async def next_deliveries(
    tx: ReadTx, scope: Scope, webhook_id: str, now: datetime, limit: int
) -> Sequence[Row[Any]]:
    """The deliveries that may go now: of each subject only the first that is not delivered."""
    own_only(scope)
    d, earlier = deliveries, deliveries.alias("earlier")
    blocked = exists().where(
        earlier.c.webhook_id == d.c.webhook_id,
        earlier.c.subject == d.c.subject,
        earlier.c.seq < d.c.seq,
        earlier.c.status != "delivered",
    )
    due = (d.c.webhook_id == webhook_id) & (d.c.status == "pending") & (d.c.next_at <= now)
    return await tx.all(select(d).where(due, ~blocked).order_by(d.c.seq).limit(limit))


async def next_moment(tx: ReadTx, scope: Scope, webhook_id: str) -> datetime | None:
    """When the earliest pending delivery of a webhook is due."""
    own_only(scope)
    mine = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.status == "pending")
    row = await tx.one(
        select(deliveries.c.next_at).where(mine).order_by(deliveries.c.next_at).limit(1)
    )
    return None if row is None else row.next_at


async def mark_delivery(tx: Tx, seq: int, values: dict[str, Any]) -> None:
    await tx.run(update(deliveries).where(deliveries.c.seq == seq), values)


async def list_deliveries(
    tx: ReadTx, scope: Scope, webhook_id: str, status: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Deliveries of a webhook, newest first, before a sequence number."""
    own_only(scope)
    query = select(*_LISTED).where(deliveries.c.webhook_id == webhook_id)
    if status is not None:
        query = query.where(deliveries.c.status == status)
    if before is not None:
        query = query.where(deliveries.c.seq < before)
    return await tx.all(query.order_by(deliveries.c.seq.desc()).limit(limit))


async def delivery(tx: ReadTx, scope: Scope, webhook_id: str, delivery_id: str) -> Row[Any] | None:
    """One delivery of a webhook."""
    own_only(scope)
    mine = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.id == delivery_id)
    return await tx.one(select(deliveries).where(mine))


async def replay_failed(tx: Tx, webhook_id: str, now: datetime) -> int:
    """Makes every failed delivery of a webhook pending again; how many."""
    failed = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.status == "failed")
    again = {"status": "pending", "attempts": 0, "next_at": now}
    return await tx.run(update(deliveries).where(failed), again)


async def replay_since(tx: Tx, webhook_id: str, since: datetime, now: datetime) -> int:
    """Makes every delivery since a moment pending again, delivered ones too; how many."""
    mine = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.created_at >= since)
    again = {"status": "pending", "attempts": 0, "next_at": now, "done_at": None}
    return await tx.run(update(deliveries).where(mine), again)


async def count_deliveries(tx: ReadTx, scope: Scope) -> dict[str, int]:
    """Deliveries that are not delivered, by status."""
    own_only(scope)
    d = deliveries.c
    query = select(d.status, func.count().label("n")).where(d.status != "delivered")
    return {row.status: row.n for row in await tx.all(query.group_by(d.status))}


async def drop_old_deliveries(tx: Tx, before: datetime) -> None:
    await tx.run(delete(deliveries).where(deliveries.c.done_at < before))
