"""Partner systems (court, police, petition office …) and their keys, for admin and city."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from fengqiao_chassis.web import Body

from ..handlers import partners as handlers
from .fields import Areas, Id, Name, PartnerChannel, System
from .identity import The, Who
from .sessions import rights_changed

router = APIRouter(prefix="/v1/partners")


class PartnerBody(Body):
    """新协作系统 · A new partner: `system` is what its `external_ref.system` must say."""

    system: System
    name: Name
    channel: PartnerChannel
    areas: Areas


class PartnerChange(Body):
    """要修改的字段 · Only the fields that are given change."""

    name: Name | None = None
    areas: Areas | None = None
    active: bool | None = None


class Rotation(Body):
    """旧密钥再保留多少小时 (0 = 立即失效) · How many hours the old key still opens."""

    grace_hours: Annotated[float, Field(ge=0, le=720)] = 24


class PartnerView(BaseModel):
    """A partner without its keys."""

    id: str
    system: str
    name: str
    channel: str
    areas: list[str]
    active: bool
    created_at: datetime
    rotated_at: datetime | None


class KeyView(BaseModel):
    """密钥只显示这一次 · The key is shown this once."""

    partner: PartnerView
    key: str
    old_until: datetime | None = None


@router.post("", status_code=201, summary="登记协作系统", response_model=KeyView)
async def create_partner(body: PartnerBody, request: Request, door: The, who: Who) -> Response:
    """Make a partner with its first key. Use it as `Authorization: Bearer fqp_…`."""

    async def work(tx: Any) -> KeyView:
        made = await handlers.create_partner(
            tx,
            who.manager(),
            system=body.system,
            name=body.name,
            channel=body.channel,
            areas=body.areas,
        )
        return _key_view(made)

    return await door.ctx.command(request, work, status=201)


@router.get("", summary="协作系统列表")
async def list_partners(door: The, who: Who) -> list[PartnerView]:
    """Every partner."""
    async with door.ctx.db.read() as tx:
        return [_view(p) for p in await handlers.list_partners(tx, who.manager())]


@router.post("/{partner_id}/rotate", summary="更换密钥", response_model=KeyView)
async def rotate_partner(
    partner_id: Id, body: Rotation, request: Request, door: The, who: Who
) -> Response:
    """Issue a new key; the old one opens for the hours that you name."""

    async def work(tx: Any) -> KeyView:
        grace = timedelta(hours=body.grace_hours)
        issued = await handlers.rotate_partner(tx, who.manager(), partner_id, grace)
        tx.after_commit(lambda: rights_changed(door))
        return _key_view(issued)

    return await door.ctx.command(request, work, status=200)


@router.patch("/{partner_id}", summary="修改协作系统", response_model=PartnerView)
async def change_partner(
    partner_id: Id, body: PartnerChange, request: Request, door: The, who: Who
) -> Response:
    """Change, close or open a partner; closing works within a second, also on open streams."""
    changes = body.model_dump(exclude_unset=True, exclude_none=True)

    async def work(tx: Any) -> PartnerView:
        changed = await handlers.change_partner(tx, who.manager(), partner_id, changes)
        tx.after_commit(lambda: rights_changed(door))
        return _view(changed)

    return await door.ctx.command(request, work, status=200)


def _view(partner: handlers.Partner) -> PartnerView:
    return PartnerView.model_validate(asdict(partner) | {"areas": list(partner.areas)})


def _key_view(issued: handlers.IssuedKey) -> KeyView:
    return KeyView(partner=_view(issued.partner), key=issued.key, old_until=issued.old_until)
