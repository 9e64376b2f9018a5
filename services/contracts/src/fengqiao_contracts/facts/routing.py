"""What routing states: the outlet and unit, the mediator, the waiting and the way out."""

from __future__ import annotations

from datetime import datetime

from ..values import Alternative, CommitteeKind, Grade, Outlet, WaitReason
from .base import Fact


class CaseRouted(Fact, name="case.routed"):
    """The case goes to a mediation body (分流归口), by a named rule of the decision table."""

    case_id: str
    decision: int
    outlet: Outlet
    unit_id: str
    unit_kind: CommitteeKind
    type: str
    grade: Grade
    rule: str
    table_version: str
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...] = ()
    routed_at: datetime


class MediatorAssigned(Fact, name="mediator.assigned"):
    """A place of a mediator was taken for the case; based on the registry's `registry_sequence`."""

    case_id: str
    assignment_id: str
    committee_id: str
    mediator_id: str
    grade: Grade
    registry_sequence: int
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...] = ()
    assigned_at: datetime


class AssignmentWithdrawn(Fact, name="assignment.withdrawn"):
    """An assignment ended before its case did: suspension, leave, retirement or a dispatcher."""

    case_id: str
    assignment_id: str
    mediator_id: str
    reason: str
    withdrawn_at: datetime


class CaseRedirected(Fact, name="case.redirected"):
    """The case is not for mediation: the outlet that is right, with the reason and the law."""

    case_id: str
    decision: int
    outlet: Outlet
    rule: str
    table_version: str
    reasons: tuple[str, ...]
    guidance: str
    redirected_at: datetime


class CaseWaitlisted(Fact, name="case.waitlisted"):
    """Nobody is free, no unit fits or a human must decide: the case waits, visibly."""

    case_id: str
    decision: int
    reason: WaitReason
    unit_id: str | None = None
    waiting_since: datetime
