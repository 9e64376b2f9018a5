"""Composition root: the registry as a service."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Schedule, Service
from fengqiao_chassis.store import Projection

from . import api, policy, store
from .handlers import metrics, standings
from .store import tables
from .subscriptions import subscriptions


def build() -> Service:
    """The service `mediator-registry` with the policy of its package."""
    return Service(
        name="mediator-registry",
        package="fengqiao_mediator_registry",
        metadata=store.metadata,
        subscriptions=subscriptions(),
        router=partial(api.router, policy.load()),
        schedules=(Schedule(standings.CERTIFICATE, standings.end_certificate),),
        gauges=metrics.gauges,
        projections=(Projection(tables.assignments),),
    )
