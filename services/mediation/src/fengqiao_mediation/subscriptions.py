"""Which facts casework hears, and who deals with them."""

from __future__ import annotations

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_contracts.facts import (
    REGISTRY,
    AssignmentWithdrawn,
    CaseAssessed,
    CaseRedirected,
    CaseRegistered,
    CaseRouted,
    CaseSupplemented,
    CommitteeRegistered,
    MediatorAssigned,
    PersonalDataErased,
    ReferralReceived,
)

from .handlers import assignments, facts


def subscriptions() -> Subscriptions:
    """The table fact → handler; committees are read before cases, for the dossier numbers."""
    return Subscriptions(
        on(CommitteeRegistered, facts.note_committees),
        on(CaseRegistered, facts.open_cases),
        on(CaseSupplemented, facts.add_supplements),
        on(CaseAssessed, facts.note_grades),
        on(CaseRouted, facts.note_types),
        on(MediatorAssigned, assignments.take_assignments),
        on(AssignmentWithdrawn, assignments.release_assignments),
        on(CaseRedirected, assignments.leave_redirected),
        on(ReferralReceived, facts.note_referrers),
        on(PersonalDataErased, facts.erase_personal_data),
        pii=True,
        first=(REGISTRY,),
    )
