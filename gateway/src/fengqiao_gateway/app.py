"""The composition root of the gateway."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter

from fengqiao_chassis.service import Context, Service
from fengqiao_chassis.store import Projection

from . import store
from .api.router import build_router
from .gauges import gauges
from .runtime.door import Bells, build_door, running
from .settings import Settings
from .store import tables
from .subscriptions import subscriptions


def build(settings: Settings | None = None, bells: Bells | None = None) -> Service:
    """The gateway service. Settings come from the environment where none are given."""
    chosen, bells = settings or Settings(), bells or Bells()

    def router(ctx: Context) -> APIRouter:
        bells.door = build_door(ctx, chosen)
        return build_router(bells.door)

    @contextlib.asynccontextmanager
    async def lifespan(ctx: Context) -> AsyncIterator[None]:
        door = bells.door or build_door(ctx, chosen)
        async with running(door):
            yield

    return Service(
        name="gateway",
        package="fengqiao_gateway",
        metadata=store.metadata,
        subscriptions=subscriptions(bells.ring),
        router=router,
        lifespan=lifespan,
        gauges=gauges,
        projections=(Projection(tables.case_access),),
        scratch=(tables.facts, tables.places),
    )
