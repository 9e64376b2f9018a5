"""The composition root of intake."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Service
from fengqiao_chassis.store import SYSTEM, Projection, ReadTx

from . import api, store
from .settings import IntakeSettings
from .store import tables
from .store.cases import FIRST_STATE
from .subscriptions import subscriptions


def build() -> Service:
    """The intake service."""
    settings = IntakeSettings()
    return Service(
        name="intake",
        package="fengqiao_intake",
        metadata=store.metadata,
        subscriptions=subscriptions(),
        router=partial(api.router, settings=settings),
        gauges=_gauges,
        projections=(
            Projection(tables.cases, initial=FIRST_STATE),
            Projection(tables.timeline, key=("case_id",), serial="id"),
        ),
    )


async def _gauges(tx: ReadTx) -> dict[str, float]:
    counts = await store.count_by_status(tx, SYSTEM)
    return {f"cases.{status}": float(count) for status, count in counts.items()}
