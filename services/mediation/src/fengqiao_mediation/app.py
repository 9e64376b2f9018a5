"""Composition root of mediation: binds handlers, clocks, routes and tables into one service."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Schedule, Service

from . import api, store
from .domain.clocks import TRACKED
from .handlers.deadlines import miss_deadline
from .subscriptions import subscriptions


def build() -> Service:
    """The service as the host runs it."""
    return Service(
        name="mediation",
        package="fengqiao_mediation",
        metadata=store.metadata,
        subscriptions=subscriptions(),
        router=api.router,
        schedules=tuple(Schedule(kind, partial(miss_deadline, kind)) for kind in TRACKED),
        waiting=store.count_waiting,
        gauges=store.gauges,
        irreplaceable=(
            "卷宗（同意、笔录、协议、签名）由人录入，事实中没有全文",
            "people wrote its dossiers, and the facts do not hold their text",
        ),
    )
