"""Settings of mediation: the chassis's own are enough."""

from __future__ import annotations

from fengqiao_chassis.settings import Settings

__all__ = ["Settings"]
