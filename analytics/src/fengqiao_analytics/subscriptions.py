"""What the statistics hear: all facts, without their personal part."""

from __future__ import annotations

from fengqiao_chassis.bus import Subscriptions

from .handlers import count


def subscriptions() -> Subscriptions:
    """Every fact of every service."""
    return Subscriptions(every=count.count_cases, pii=False)
