"""Webhooks: subscriptions, secrets, deliveries and replay."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from fengqiao_chassis.web import Body, Instant
from fengqiao_contracts.facts import LATEST

from ..domain.secrets import webhook_secret
from ..domain.targets import MAX_URL
from ..handlers import webhooks as handlers
from .fields import NO_CONTROLS, Id
from .identity import The, Who

router = APIRouter(prefix="/v1/webhooks")

Url = Annotated[
    str,
    Field(
        min_length=8,
        max_length=MAX_URL,
        pattern=NO_CONTROLS,
        json_schema_extra={
            "format": "uri",
            "pattern": "^https?://",
            "examples": ["https://example.com/hooks"],
        },
    ),
]
Type = Annotated[
    str,
    Field(
        max_length=80,
        pattern=NO_CONTROLS,
        json_schema_extra={"enum": ["*", *sorted(LATEST)]},
    ),
]
Types = Annotated[list[Type], Field(min_length=1, max_length=100)]
Secret = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        pattern=NO_CONTROLS,
        json_schema_extra={
            "pattern": "^whsec_([0-9A-Za-z+/]{4}){8,21}$",
            "description": "whsec_ + base64, 24–63 bytes",
        },
    ),
]


class WebhookBody(Body):
    """新订阅 · https only; `types` are names of facts (case.accepted …) or `*`."""

    url: Url
    types: Types
    secret: Secret | None = None


class WebhookChange(Body):
    """要修改的字段 · Only the fields that are given change."""

    url: Url | None = None
    types: Types | None = None
    active: bool | None = None


class NewSecret(Body):
    """新密钥; 不填则由系统生成 · A new secret; made for you where it is left out."""

    secret: Secret | None = None


class Replay(Body):
    """不填 since 则只重发失败的 · Without `since` only what failed is sent again."""

    since: Instant | None = None


class WebhookView(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    types: list[str]
    active: bool
    state: str
    created_at: datetime
    old_secret_until: datetime | None


class WebhookMade(WebhookView):
    """签名密钥只显示这一次 · The secret is shown this once."""

    secret: str


class DeliveryView(BaseModel):
    """One delivery: `id` is the webhook-id that the receiver sees on every attempt."""

    id: str
    fact_id: str
    type: str
    subject: str
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    done_at: datetime | None


class DeliveryPage(BaseModel):
    """Newest first; `before` asks for the next page."""

    items: list[DeliveryView]
    before: int | None


class Replayed(BaseModel):
    """How many deliveries will be sent again."""

    count: int


@router.post("", status_code=201, summary="订阅事实", response_model=WebhookMade)
async def create_webhook(body: WebhookBody, request: Request, door: The, who: Who) -> Response:
    """Subscribe (partners: the cases they referred; city and admin: all of their area).

    Deliveries are signed by Standard Webhooks, in order per case, at least once, with retry.
    """
    await door.outbound.check(body.url)
    secret = body.secret or webhook_secret(os.urandom(32))

    async def work(tx: Any) -> WebhookMade:
        made, shown = await handlers.create_webhook(tx, who, body.url, body.types, secret)
        tx.after_commit(door.sender.wake)
        return WebhookMade(**_fields(made), secret=shown)

    return await door.ctx.command(request, work, status=201)


@router.get("", summary="订阅列表")
async def list_webhooks(door: The, who: Who) -> list[WebhookView]:
    """Your webhooks."""
    async with door.ctx.db.read() as tx:
        return [_view(w) for w in await handlers.list_webhooks(tx, who)]


@router.get("/{webhook_id}", summary="订阅")
async def get_webhook(webhook_id: Id, door: The, who: Who) -> WebhookView:
    """One of your webhooks."""
    async with door.ctx.db.read() as tx:
        return _view(await handlers.get_webhook(tx, who, webhook_id))


@router.patch("/{webhook_id}", summary="修改订阅", response_model=WebhookView)
async def change_webhook(
    webhook_id: Id, body: WebhookChange, request: Request, door: The, who: Who
) -> Response:
    """Change URL or types, pause (`active: false`) or go on."""
    if body.url is not None:
        await door.outbound.check(body.url)
    changes = body.model_dump(exclude_unset=True, exclude_none=True)

    async def work(tx: Any) -> WebhookView:
        changed = await handlers.change_webhook(tx, who, webhook_id, changes)
        tx.after_commit(door.sender.wake)
        return _view(changed)

    return await door.ctx.command(request, work, status=200)


@router.delete("/{webhook_id}", status_code=204, summary="删除订阅")
async def delete_webhook(webhook_id: Id, door: The, who: Who) -> None:
    """End a webhook and forget its deliveries."""
    await door.ctx.db.write(lambda tx: handlers.delete_webhook(tx, who, webhook_id))
    door.sender.wake()


@router.post("/{webhook_id}/secret", summary="更换签名密钥", response_model=WebhookMade)
async def rotate_secret(
    webhook_id: Id, body: NewSecret, request: Request, door: The, who: Who
) -> Response:
    """A new secret; for 24 hours every delivery carries a signature by each of the two."""
    secret = body.secret or webhook_secret(os.urandom(32))

    async def work(tx: Any) -> WebhookMade:
        changed, shown = await handlers.rotate_secret(tx, who, webhook_id, secret)
        return WebhookMade(**_fields(changed), secret=shown)

    return await door.ctx.command(request, work, status=200)


@router.get("/{webhook_id}/deliveries", summary="投递记录")
async def list_deliveries(
    webhook_id: Id,
    door: The,
    who: Who,
    status: Literal["pending", "delivered", "failed"] | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryPage:
    """Deliveries, newest first. A failed one holds later facts of its case until it is replayed."""
    async with door.ctx.db.read() as tx:
        rows = await handlers.list_deliveries(tx, who, webhook_id, status, before, limit)
    items = [DeliveryView.model_validate(row, from_attributes=True) for row in rows]
    return DeliveryPage(items=items, before=rows[-1].seq if len(rows) == limit else None)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    summary="重发一条",
    openapi_extra={"x-keyless": True},
)
async def replay_one(webhook_id: Id, delivery_id: Id, door: The, who: Who) -> Replayed:
    """Send one delivery again, with the same id."""
    work = handlers.replay_one
    count = await door.ctx.db.write(lambda tx: work(tx, who, webhook_id, delivery_id))
    door.sender.wake()
    return Replayed(count=count)


@router.post("/{webhook_id}/replay", summary="重发", openapi_extra={"x-keyless": True})
async def replay(webhook_id: Id, body: Replay, door: The, who: Who) -> Replayed:
    """Send again what failed, or everything since a moment."""
    count = await door.ctx.db.write(lambda tx: handlers.replay(tx, who, webhook_id, body.since))
    door.sender.wake()
    return Replayed(count=count)


def _fields(webhook: handlers.Webhook) -> dict[str, Any]:
    return asdict(webhook) | {"types": list(webhook.types)}


def _view(webhook: handlers.Webhook) -> WebhookView:
    return WebhookView(**_fields(webhook))
