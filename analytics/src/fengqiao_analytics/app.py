"""The composition root of the statistics."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Schedule, Service
from fengqiao_chassis.store import Projection
from fengqiao_contracts.areas import areas

from . import api, store
from .handlers import daily
from .settings import AnalyticsSettings
from .store import tables
from .subscriptions import subscriptions


def build() -> Service:
    """The analytics service."""
    settings = AnalyticsSettings()
    issue = partial(daily.issue_due, areas(), settings.correction_days)
    return Service(
        name="analytics",
        package="fengqiao_analytics",
        metadata=store.metadata,
        subscriptions=subscriptions(),
        router=api.router,
        schedules=(Schedule(daily.KIND, issue),),
        startup=daily.begin_schedule,
        projections=(
            Projection(tables.cases),
            Projection(tables.committees),
            Projection(tables.counts, void={"n": 0}),
            Projection(tables.units, void={"n": 0}),
        ),
    )
