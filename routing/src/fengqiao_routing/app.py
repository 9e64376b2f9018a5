"""Composition root of routing: one version of the decision table, bound to everything that asks it."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Schedule, Service

from . import api, store
from .handlers.schedules import look_in_area, look_second, move_on
from .settings import Settings
from .subscriptions import subscriptions
from .table_file import load


def build() -> Service:
    """The service. Raises Invalid where the decision table leaves a dispute open."""
    table = load(Settings().table)
    return Service(
        name="routing",
        package="fengqiao_routing",
        metadata=store.metadata,
        subscriptions=subscriptions(table),
        router=partial(api.router, table),
        schedules=(
            Schedule("second_look", partial(look_second, table)),
            Schedule("move_on", partial(move_on, table)),
            Schedule("look_in_area", partial(look_in_area, table)),
        ),
        waiting=store.count_waiting,
        gauges=store.gauges,
        irreplaceable=(
            "席位台账与分流决定是当时作出的，重放会另作决定",
            "its ledger of places and its decisions were made once; a replay would decide anew",
        ),
    )
