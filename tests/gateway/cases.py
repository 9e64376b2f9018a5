"""Facts as other services state them, with unique personal data that must never come through."""

from datetime import UTC, date, datetime

from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseAccepted,
    CasePii,
    CaseRegistered,
    CommitteeRegistered,
    MediatorAssigned,
    ReferralReceived,
)
from fengqiao_contracts.values import ExternalRef, PartyIdentity

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
JINJIANG, CHENGHUA = "/510100/510104/", "/510100/510108/"


def registered(case_id: str, *, area: str = JINJIANG, system: str | None = None) -> CaseRegistered:
    reference = None if system is None else ExternalRef(system=system, number=f"number-of-{system}")
    return CaseRegistered(
        case_id=case_id,
        number=f"2026-{case_id}",
        unit="510104",
        channel="court" if system else "self",
        source="S1",
        area=area.split("/")[-2],
        area_path=area,
        reported_at=NOW,
        received_at=NOW,
        reporter="reporter-1",
        external_ref=reference,
        sha256="0" * 64,
        pii=CasePii(
            narrative="canary-narrative",
            parties=(PartyIdentity(party_id="p1", name="canary-name", phone="canary-phone"),),
        ),
    )


def assigned(case_id: str, mediator: str) -> MediatorAssigned:
    return MediatorAssigned(
        case_id=case_id,
        assignment_id=f"a-{case_id}-{mediator}",
        committee_id="k1",
        mediator_id=mediator,
        grade="blue",
        registry_sequence=1,
        reasons=("speciality",),
        assigned_at=NOW,
    )


def withdrawn(case_id: str, mediator: str) -> AssignmentWithdrawn:
    return AssignmentWithdrawn(
        case_id=case_id,
        assignment_id=f"a-{case_id}-{mediator}",
        mediator_id=mediator,
        reason="suspension",
        withdrawn_at=NOW,
    )


def referred(case_id: str, system: str, number: str) -> ReferralReceived:
    return ReferralReceived(
        case_id=case_id,
        referral_id=f"r-{case_id}-{system}",
        system=system,
        number=number,
        channel="police",
        received_at=NOW,
        first=False,
    )


def accepted(case_id: str) -> CaseAccepted:
    return CaseAccepted(
        case_id=case_id,
        committee_id="k1",
        mediator_id="m1",
        dossier_number="D1",
        accepted_at=NOW,
        term_due_on=date(2026, 12, 25),
    )


def committee(committee_id: str, area: str) -> CommitteeRegistered:
    return CommitteeRegistered(
        committee_id=committee_id,
        revision=1,
        name="k",
        kind="street",
        area=area.split("/")[-2],
        area_path=area,
        registered_at=NOW,
    )
