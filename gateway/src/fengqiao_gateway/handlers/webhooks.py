"""Webhooks: subscribing, what each owes for a fact, and what became of each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, ReadTx, Tx
from fengqiao_contracts.errors import Conflict, Forbidden, Invalid, NotFound
from fengqiao_contracts.facts import CASES, LATEST, Fact
from fengqiao_contracts.ids import derived_id, new_id

from ..domain.deliveries import Answer, after_answer
from ..domain.secrets import check_webhook_secret
from ..domain.visibility import Access, Viewer, may_see, shown
from ..store import facts as fact_store
from ..store import webhooks as store
from .access_rows import from_row
from .callers import Caller

MAX_PER_OWNER = 20
SECRET_GRACE = timedelta(hours=24)
_TABLE = "gateway_webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as its owner sees it; the secret is shown only when asked for."""

    id: str
    url: str
    types: tuple[str, ...]
    active: bool
    state: str
    created_at: datetime
    old_secret_until: datetime | None


@dataclass(frozen=True, slots=True)
class Sending:
    """All that one attempt needs: signed with every secret that lives."""

    seq: int
    id: str
    url: str
    secrets: tuple[str, ...]
    payload: str
    attempts: int


async def create_webhook(
    tx: Tx, who: Caller, url: str, types: Sequence[str], secret: str
) -> tuple[Webhook, str]:
    """Subscribes to facts by name, or by `*` to all. The URL is checked by the caller beforehand."""
    if who.role not in ("partner", "city", "admin"):
        raise Forbidden(
            "no-webhooks", "仅协作系统和市级可订阅", "Partners and the city may subscribe"
        )
    _check_types(types)
    check_webhook_secret(secret)
    if len(await store.list_webhooks(tx, SYSTEM, who.id)) >= MAX_PER_OWNER:
        raise Conflict(
            "too-many-webhooks", f"最多 {MAX_PER_OWNER} 个订阅", f"At most {MAX_PER_OWNER} webhooks"
        )
    row = {
        "id": new_id(),
        "owner": who.id,
        "role": who.role,
        "system": who.system,
        "paths": list(who.paths),
        "url": url,
        "types": sorted(set(types)),
        "old_secret": None,
        "old_until": None,
        "active": True,
        "state": "active",
        "created_at": tx.now,
        "changed_at": tx.now,
        "sender": None,
        "sender_until": None,
    }
    row["secret"] = tx.keys.seal(_TABLE, str(row["id"]), secret)
    await store.add_webhook(tx, row)
    tx.audit("webhook.create", str(row["id"]), fields=("url", "types"))
    return await get_webhook(tx, who, str(row["id"])), secret


async def change_webhook(tx: Tx, who: Caller, webhook_id: str, changes: dict[str, Any]) -> Webhook:
    """Changes url, types, or whether it is active."""
    await _own(tx, who, webhook_id)
    values = dict(changes)
    if "types" in values:
        _check_types(values["types"])
        values["types"] = sorted(set(values["types"]))
    if "active" in values:
        values["state"] = "active" if values["active"] else "paused"
    await store.change_webhook(tx, webhook_id, values | {"changed_at": tx.now})
    tx.audit("webhook.change", webhook_id, fields=tuple(sorted(changes)))
    return await get_webhook(tx, who, webhook_id)


async def rotate_secret(tx: Tx, who: Caller, webhook_id: str, secret: str) -> tuple[Webhook, str]:
    """A new secret; for a day everything is signed with both, so that the receiver can change over."""
    row = await _own(tx, who, webhook_id)
    check_webhook_secret(secret)
    values = {
        "secret": tx.keys.seal(_TABLE, webhook_id, secret),
        "old_secret": row.secret,
        "old_until": tx.now + SECRET_GRACE,
        "changed_at": tx.now,
    }
    await store.change_webhook(tx, webhook_id, values)
    tx.audit("webhook.rotate", webhook_id)
    return await get_webhook(tx, who, webhook_id), secret


async def delete_webhook(tx: Tx, who: Caller, webhook_id: str) -> None:
    """Ends a webhook and forgets its deliveries."""
    await _own(tx, who, webhook_id)
    await store.drop_webhook(tx, webhook_id)
    tx.audit("webhook.delete", webhook_id)


async def get_webhook(tx: ReadTx, who: Caller, webhook_id: str) -> Webhook:
    """One of the caller's webhooks. Raises NotFound."""
    return _webhook(await _own(tx, who, webhook_id))


async def list_webhooks(tx: ReadTx, who: Caller) -> list[Webhook]:
    """The caller's webhooks; an admin's are all."""
    owner = None if who.role == "admin" else who.id
    return [_webhook(row) for row in await store.list_webhooks(tx, SYSTEM, owner)]


async def list_deliveries(
    tx: ReadTx, who: Caller, webhook_id: str, status: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Deliveries of one of the caller's webhooks, newest first."""
    await _own(tx, who, webhook_id)
    return await store.list_deliveries(tx, SYSTEM, webhook_id, status, before, limit)


async def replay_one(tx: Tx, who: Caller, webhook_id: str, delivery_id: str) -> int:
    """Sends one delivery again, with the same id; later facts of its case wait for it."""
    await _own(tx, who, webhook_id)
    row = await store.delivery(tx, SYSTEM, webhook_id, delivery_id)
    if row is None:
        raise NotFound("no-such-delivery", "没有该投递记录", "No such delivery")
    again = {"status": "pending", "attempts": 0, "next_at": tx.now, "done_at": None}
    await store.mark_delivery(tx, row.seq, again)
    tx.audit("webhook.replay", webhook_id)
    return 1


async def replay(tx: Tx, who: Caller, webhook_id: str, since: datetime | None) -> int:
    """Sends again what failed, or everything since a moment; how many."""
    await _own(tx, who, webhook_id)
    tx.audit("webhook.replay", webhook_id)
    if since is None:
        return await store.replay_failed(tx, webhook_id, tx.now)
    return await store.replay_since(tx, webhook_id, since, tx.now)


async def queue_deliveries(tx: Tx, items: Sequence[Received[Fact]]) -> None:
    """One delivery for every webhook and fact that its owner may see; in the facts' transaction."""
    hooks = await store.active_webhooks(tx, SYSTEM)
    mine = [i for i in items if i.envelope.topic == CASES]
    if not hooks or not mine:
        return
    found = await fact_store.accesses(tx, SYSTEM, sorted({i.envelope.subject for i in mine}))
    rows = []
    for item in mine:
        row = found.get(item.envelope.subject)
        access = None if row is None else _access(row)
        for hook in hooks if access is not None else ():
            payload = _payload(hook, item, access)
            if payload is not None:
                rows.append(_delivery(tx, hook, item, payload))
    await store.add_deliveries(tx, rows)


def _access(row: Any) -> Access:
    known = from_row(row)
    return Access(known.area_path, known.case_id, known.mediator, known.reporter, known.referrers)


def _payload(hook: Row[Any], item: Received[Fact], access: Access | None) -> str | None:
    envelope = item.envelope
    if access is None or not {"*", envelope.name} & set(hook.types):
        return None
    viewer = Viewer(hook.role, tuple(hook.paths), None, hook.system, None, hook.owner)
    if not may_see(viewer, access):
        return None
    data = shown(viewer, envelope.name, orjson.loads(envelope.data))
    if data is None:
        return None
    body = {
        "type": envelope.name,
        "timestamp": envelope.time.isoformat(),
        "data": {
            "id": envelope.id,
            "type": envelope.type,
            "source": envelope.source,
            "subject": envelope.subject,
            "area": access.area_path,
            "sequence": envelope.sequence,
            "correlation_id": envelope.correlation_id,
            "causation_id": envelope.causation_id,
            "fact": data,
        },
    }
    return orjson.dumps(body).decode()


def _delivery(tx: Tx, hook: Row[Any], item: Received[Fact], payload: str) -> dict[str, Any]:
    return {
        "id": derived_id("delivery", hook.id, item.envelope.id),
        "webhook_id": hook.id,
        "fact_id": item.envelope.id,
        "subject": item.envelope.subject,
        "type": item.envelope.type,
        "payload": payload,
        "status": "pending",
        "attempts": 0,
        "next_at": tx.now,
        "last_status": None,
        "last_error": None,
        "created_at": tx.now,
        "done_at": None,
    }


async def due_sendings(tx: ReadTx, webhook_id: str, limit: int) -> list[Sending]:
    """What a webhook may send now: of each case only its first fact that is not delivered."""
    hook = await store.webhook(tx, SYSTEM, webhook_id)
    if hook is None or not hook.active:
        return []
    rows = await store.next_deliveries(tx, SYSTEM, webhook_id, tx.now, limit)
    secrets = _secrets(tx, hook)
    return [Sending(r.seq, r.id, hook.url, secrets, r.payload, r.attempts) for r in rows]


def _secrets(tx: ReadTx, hook: Row[Any]) -> tuple[str, ...]:
    sealed = [hook.secret]
    if hook.old_secret is not None and hook.old_until > tx.now:
        sealed.append(hook.old_secret)
    return tuple(tx.keys.open(_TABLE, hook.id, text) for text in sealed)


async def note_answer(
    tx: Tx,
    webhook_id: str,
    sending: Sending,
    answer: Answer,
    pauses: tuple[int, ...],
    jitter: float,
) -> None:
    """Writes down what came of one attempt, and when the next one is."""
    attempts = sending.attempts + 1
    step = after_answer(answer, attempts, pauses, jitter, tx.now)
    values: dict[str, Any] = {
        "attempts": attempts,
        "last_status": answer.status,
        "last_error": answer.error,
    }
    if step.outcome == "delivered":
        values |= {"status": "delivered", "done_at": tx.now, "next_at": None}
    elif step.outcome == "again":
        values["next_at"] = step.at
    else:
        values |= {"status": "failed", "next_at": None}
    await store.mark_delivery(tx, sending.seq, values)
    if step.outcome == "gone":
        gone = {"active": False, "state": "gone", "changed_at": tx.now}
        await store.change_webhook(tx, webhook_id, gone)
        tx.audit("webhook.gone", webhook_id)


async def _own(tx: ReadTx, who: Caller, webhook_id: str) -> Row[Any]:
    row = await store.webhook(tx, SYSTEM, webhook_id)
    if row is None or (row.owner != who.id and who.role != "admin"):
        raise NotFound("no-such-webhook", "没有该订阅", "No such webhook")
    return row


def _check_types(types: Sequence[str]) -> None:
    unknown = sorted(set(types) - set(LATEST) - {"*"})
    if unknown or not types:
        raise Invalid(
            "unknown-type",
            "types 应为事实名称 (如 case.accepted), 或 * 表示全部",
            "`types` are names of facts, such as case.accepted, or * for all",
            "types",
        )


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        types=tuple(row.types),
        active=row.active,
        state=row.state,
        created_at=row.created_at,
        old_secret_until=row.old_until,
    )
