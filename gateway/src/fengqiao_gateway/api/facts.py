"""The facts: live by server-sent events, and by cursor for those who pull."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from fengqiao_contracts.errors import Refusal

from ..domain.places import decode, encode
from ..handlers.facts import first_place, read_page, too_old
from ..runtime.follow import follow
from .identity import The, Who

router = APIRouter(prefix="/v1")


_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}


class FactPage(BaseModel):
    """Facts in order per case; `next` is the cursor behind them."""

    facts: list[dict[str, Any]] = Field(description="CloudEvents 1.0 · 不含个人信息")
    next: str
    more: bool = Field(description="是否还有 · whether more are there already")


@router.get(
    "/facts",
    summary="按游标读取事实",
    responses={
        410: {"description": "游标已过保留期 · The cursor is older than what is kept"} | _PROBLEM
    },
)
async def list_facts(
    door: The,
    who: Who,
    after: Annotated[str, Query(max_length=700)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> FactPage:
    """The facts that you may see, after a cursor; without one from the oldest that is kept.

    A partner key sees the facts of the cases it referred. A page may be short and still have
    `more`. A cursor older than what is kept answers 410: begin again without `after`.
    """
    place = decode(after) if after else None
    async with door.ctx.db.read() as tx:
        if place is None:
            place = await first_place(tx)
        elif await too_old(tx, place):
            raise _gone()
        page = await read_page(tx, who.viewer(), place, limit)
    return FactPage(facts=page.facts, next=encode(page.next), more=page.more)


@router.get("/stream", summary="实时事实流", response_class=EventSourceResponse)
async def stream(
    door: The,
    who: Who,
    last_event_id: Annotated[str | None, Header(max_length=700)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Live facts (server-sent events) that you may see at the moment of delivery.

    `Last-Event-ID` resumes. Event `reset`: that place is no longer kept, load anew. Event `end`: the
    session has ended, or the reader was too far behind; connect again with the last id.
    """
    async for event in follow(door, who, last_event_id):
        yield event


def _gone() -> Refusal:
    return Refusal(
        "cursor-too-old",
        "游标已过保留期: 请不带 after 重新开始",
        "The cursor is older than what is kept: begin again without `after`",
        "after",
        status=410,
    )
