"""The operator's view of parked facts: what is parked and why, and its replay."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel
from sqlalchemy import select

from ..store.tables import parked
from ..store.tx import Tx
from .fields import Body, Code
from .identity import Who

if TYPE_CHECKING:
    from ..service import Context

_ROLES = ("admin", "city", "service", "gateway")
PAGE = 200


class ParkedFact(BaseModel):
    """A fact that could not be applied; its subject waits."""

    id: int
    subject: str
    type: str
    source: str
    topic: str
    partition: int
    position: int
    reason: str
    parked_at: datetime


class ParkedPage(BaseModel):
    """Parked facts in order; `next` continues."""

    items: list[ParkedFact]
    next: int | None


class Replay(Body):
    """Which subject to try again; none = all."""

    subject: Code | None = None


class Replayed(BaseModel):
    """How many parked facts were applied."""

    applied: int


def add_parked_routes(app: FastAPI, ctx: Context) -> None:
    """GET /ops/parked and POST /ops/parked/replay."""

    @app.get("/ops/parked", response_model=ParkedPage, include_in_schema=False)
    async def get_parked(
        who: Who,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
    ) -> ParkedPage:
        who.require(*_ROLES)
        names = [parked.c[name] for name in ParkedFact.model_fields]
        query = (
            select(*names)
            .where(parked.c.grp == ctx.name, parked.c.id > after)
            .order_by(parked.c.id)
            .limit(limit)
        )
        async with ctx.db.read() as tx:
            items = [ParkedFact(**row._mapping) for row in await tx.all(query)]
        return ParkedPage(items=items, next=items[-1].id if len(items) == limit else None)

    @app.post("/ops/parked/replay", response_model=Replayed, include_in_schema=False)
    async def replay_parked(body: Replay, who: Who) -> Replayed:
        who.require(*_ROLES)

        async def note(tx: Tx) -> None:
            tx.audit("parked.replay", body.subject or "*", purpose=who.purpose)

        await ctx.db.write(note, actor=who.id)
        applied = await ctx.replay_parked(body.subject) if ctx.replay_parked is not None else 0
        return Replayed(applied=applied)
