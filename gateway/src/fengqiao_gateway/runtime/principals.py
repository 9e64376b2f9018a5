"""From a caller to the principal that the services and the audit are told."""

from __future__ import annotations

from fengqiao_chassis.auth import Principal

from ..handlers.callers import Caller


def principal_of(caller: Caller) -> Principal:
    """The principal of a caller: who acts, in which role, for which areas, system or case."""
    return Principal(
        id=caller.id,
        role=caller.role,
        areas=caller.areas,
        system=caller.system,
    )
