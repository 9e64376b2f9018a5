"""Which handler hears which fact. The registry is read to its end before the first case."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_contracts.facts import (
    REGISTRY,
    AgreementReached,
    CaseAccepted,
    CaseAssessed,
    CaseClosed,
    CaseRefused,
    CaseRegistered,
    CaseTerminated,
    CommitteeRegistered,
    MediatorAdmitted,
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
    PersonalDataErased,
    ReferralReceived,
)

from .domain.table import Table
from .handlers import assess, cases, registry


def subscriptions(table: Table) -> Subscriptions:
    """The facts that routing hears, bound to one version of the decision table."""
    return Subscriptions(
        on(CommitteeRegistered, registry.enter_committees),
        on(MediatorAdmitted, partial(registry.admit_mediators, table)),
        on(MediatorChanged, partial(registry.change_mediators, table)),
        on(MediatorSuspended, partial(registry.suspend_mediators, table)),
        on(MediatorReinstated, partial(registry.reinstate_mediators, table)),
        on(MediatorRetired, partial(registry.retire_mediators, table)),
        on(CaseRegistered, cases.remember_cases),
        on(ReferralReceived, partial(cases.note_referrers, table)),
        on(CaseAssessed, partial(assess.route_cases, table)),
        on(CaseAccepted, cases.note_acceptances),
        on(AgreementReached, cases.note_agreements),
        on(CaseRefused, partial(cases.end_cases, table)),
        on(CaseTerminated, partial(cases.end_cases, table)),
        on(CaseClosed, partial(cases.end_cases, table)),
        on(PersonalDataErased, cases.erase_notes),
        pii=False,
        first=(REGISTRY,),
    )
