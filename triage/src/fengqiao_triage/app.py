"""Composition root of triage: one set of rule versions, bound to everything that asks them."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.service import Schedule, Service

from . import api, store
from .handlers.outcome import SAFETY_QUESTION
from .handlers.safety import raise_unanswered
from .rules import rules as rules_of
from .settings import Settings
from .subscriptions import subscriptions


def build() -> Service:
    """The service. Raises FileNotFoundError where a named rule file is not in this release."""
    rules = rules_of(Settings().versions())
    return Service(
        name="triage",
        package="fengqiao_triage",
        metadata=store.metadata,
        subscriptions=subscriptions(rules),
        router=partial(api.router, rules),
        schedules=(Schedule(SAFETY_QUESTION, partial(raise_unanswered, rules)),),
        irreplaceable=(
            "评估连同其文本和规则版本已存档，请用 fengqiao triage replay --case 逐案核对",
            "assessments are kept as they were made; `fengqiao triage replay --case` checks one",
        ),
    )
