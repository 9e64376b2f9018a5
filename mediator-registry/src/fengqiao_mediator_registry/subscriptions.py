"""Which facts the registry hears, and who answers."""

from __future__ import annotations

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_contracts.facts import (
    AgreementReached,
    AssignmentWithdrawn,
    CaseAccepted,
    CaseClosed,
    CaseRefused,
    CaseTerminated,
    MediatorAssigned,
)

from .handlers import outcomes


def subscriptions() -> Subscriptions:
    """The table fact type -> handler."""
    return Subscriptions(
        on(MediatorAssigned, outcomes.note_assigned),
        on(AssignmentWithdrawn, outcomes.note_withdrawn),
        on(CaseAccepted, outcomes.note_accepted),
        on(CaseRefused, outcomes.note_refused),
        on(AgreementReached, outcomes.note_agreed),
        on(CaseTerminated, outcomes.note_terminated),
        on(CaseClosed, outcomes.note_closed),
        pii=False,
    )
