"""The composition root of intake."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Service
from fengqiao_chassis.store import SYSTEM, ReadTx

from . import api, store
from .settings import IntakeSettings
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
    )


async def _gauges(tx: ReadTx) -> dict[str, float]:
    counts = await store.count_by_status(tx, SYSTEM)
    return {f"cases.{status}": float(count) for status, count in counts.items()}
