"""From a caller to the principal that the services and the audit are told."""

from __future__ import annotations

from fengqiao_chassis.auth import Principal

from ..handlers.callers import Caller


def principal_of(caller: Caller) -> Principal:
    """The principal of a caller: who acts, in which role, for which areas, system or case.

    A mediator acts as the mediator of the registry, because assignments name that id.
    """
    mediator = caller.subject if caller.role == "mediator" else None
    return Principal(
        id=mediator or caller.id,
        role=caller.role,
        areas=caller.paths,
        system=caller.system,
        person=mediator or caller.case_id,
    )
