"""What intake hears: all facts, for the register and its journal."""

from __future__ import annotations

from fengqiao_chassis.bus import Subscriptions

from .handlers import project


def subscriptions() -> Subscriptions:
    """Every fact, its own included; the order of this group is the register's order."""
    return Subscriptions(every=project.project_timeline, journal=True, pii=False)
