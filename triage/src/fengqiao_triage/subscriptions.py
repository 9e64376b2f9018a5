"""Which handler hears which fact."""

from __future__ import annotations

from functools import partial

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseRegistered,
    CaseSupplemented,
    MediatorAssigned,
    ObligationBreached,
    PersonalDataErased,
    ReferralReceived,
    SessionHeld,
)

from .domain.case import Rules
from .handlers import access, assess, events, same


def subscriptions(rules: Rules) -> Subscriptions:
    """The facts that triage hears, bound to the rules it follows.

    Texts are read in `prepare`, which is given the names of the rules only: it may run elsewhere.
    """
    return Subscriptions(
        on(CaseRegistered, same.enter_registered, prepare=same.read_words),
        on(
            CaseRegistered,
            partial(assess.assess_registered, rules),
            prepare=partial(assess.plan_registered, rules.versions),
        ),
        on(
            CaseSupplemented,
            partial(assess.assess_supplemented, rules),
            prepare=partial(assess.plan_supplements, rules.versions),
        ),
        on(ReferralReceived, access.note_referrers),
        on(ReferralReceived, partial(events.hear_referrals, rules)),
        on(
            SessionHeld,
            partial(events.hear_sessions, rules),
            prepare=partial(events.plan_records, rules.versions),
        ),
        on(ObligationBreached, partial(events.hear_breaches, rules)),
        on(MediatorAssigned, access.note_mediators),
        on(AssignmentWithdrawn, access.drop_mediators),
        on(PersonalDataErased, access.forget),
    )
