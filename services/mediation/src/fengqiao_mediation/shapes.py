"""What people send to casework and what it answers: request bodies and views."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fengqiao_chassis.web import Body, Day, Instant, MoneyIn, Text
from fengqiao_contracts.values import Money

PartyId = Annotated[str, Text(1, 64)]
Words = Annotated[str, Text(1, 20_000)]
Note = Annotated[str, Text(1, 2_000)]
Reason = Annotated[str, Text(1, 32)]
Place = Annotated[str, Text(1, 200)]
Id = Annotated[str, Text(1, 64)]

ConfirmationRefusal = Literal[
    "out_of_scope",
    "no_jurisdiction",
    "status_or_property_right",
    "illegal",
    "harms_others",
    "public_order",
    "involuntary",
    "unclear_content",
    "other",
]
"""Grounds on which a court does not take or refuses an application (CPL Interpretation 355, 358)."""


class AcceptanceIn(Body):
    """Accept the case (受理) or not (不予受理, with a reason of table `refusal_reasons`)."""

    decision: Literal["accept", "refuse"]
    reason: Reason | None = None


class ConsentIn(Body):
    """A party agrees to mediation, or refuses or withdraws: then it stops (PML 17, 23)."""

    party_id: PartyId
    given: bool
    note: Note | None = None


class SessionIn(Body):
    """A session: who attended (party ids), when and where, and its record (调解记录)."""

    attended: Annotated[list[PartyId], Field(min_length=1, max_length=200)]
    record: Words
    held_at: Instant | None = None
    place: Place | None = None


class ObligationIn(Body):
    """One promised performance: who owes whom what, until when."""

    debtor: PartyId
    creditor: PartyId | None = None
    amount: MoneyIn | None = None
    due_on: Day
    text: Note | None = None


class AgreementIn(Body):
    """An agreement; `replaces` names one that does not bind, was broken or not confirmed."""

    form: Literal["written", "oral"]
    content: Words
    obligations: Annotated[list[ObligationIn], Field(max_length=500)] = []
    reached_at: Instant | None = None
    replaces: Id | None = None


class SignatureIn(Body):
    """A party's or the mediator's signature, or the committee's seal (PML 29)."""

    signer_kind: Literal["party", "mediator", "seal"]
    signer_id: PartyId | None = None
    signed_at: Instant | None = None


class PerformanceIn(Body):
    """A performance; without `amount` all that is still owed."""

    obligation_id: Id
    performed_on: Day
    amount: MoneyIn | None = None


class BreachIn(Body):
    """An obligation was not performed; reason of table `breach_reasons`."""

    obligation_id: Id
    breached_on: Day | None = None
    reason: Reason = "not_performed"


class ConfirmationIn(Body):
    """The joint application for judicial confirmation, the court's decision, or both."""

    applied_on: Day | None = None
    outcome: Literal["valid", "refused"] | None = None
    decided_on: Day | None = None
    reason: ConfirmationRefusal | None = None


class TerminationIn(Body):
    """The end without agreement; reason of table `termination_reasons`."""

    reason: Reason


class ClosingIn(Body):
    """The closing (结案): `reason` for a broken agreement, `explanation` = 卷宗情况说明."""

    reason: Reason | None = None
    explanation: Note | None = None


class ArchiveIn(Body):
    """The sealing of the dossier; without `retention_years` the policy's for its type."""

    explanation: Note | None = None
    retention_years: Literal[5, 10, 30] | None = None
    permanent: bool = False


class ExtensionIn(Body):
    """A longer term, agreed by every applicant and respondent."""

    due_on: Day
    agreed_by: Annotated[list[PartyId], Field(min_length=1, max_length=200)]


class ActDone(BaseModel):
    """Where a command left the case, what may follow, and what it made."""

    case_id: str
    state: str
    version: int
    allowed: list[str]
    dossier_number: str | None = None
    term_due_on: date | None = None
    guidance: str | None = None
    session_id: str | None = None
    agreement_id: str | None = None
    number: str | int | None = None
    obligation_ids: list[str] | None = None
    missing_signatures: list[str] | None = None
    effective_on: date | None = None
    confirmation_due_on: date | None = None
    extension_id: str | None = None
    outcome: str | None = None


class PartyView(BaseModel):
    """A party, its name masked."""

    party_id: str
    role: str
    kind: str
    name: str | None
    consent: str
    consent_at: datetime | None


class ContactView(BaseModel):
    """Who a party is and how to reach it; every read of it is audited."""

    party_id: str
    name: str | None
    id_kind: str | None = None
    id_number: str | None = None
    phone: str | None = None
    address: str | None = None


class ContactsView(BaseModel):
    """The parties of a case in clear, for those who handle it."""

    case_id: str
    parties: list[ContactView]


class SessionView(BaseModel):
    """A session; its record only for those who handle the case."""

    session_id: str
    number: int
    held_at: datetime
    attended: list[str]
    place: str | None
    record: str | None


class ObligationView(BaseModel):
    """An obligation and how far it is performed."""

    obligation_id: str
    debtor: str
    creditor: str | None
    amount: Money | None
    paid: Money
    due_on: date
    text: str | None
    performed_on: date | None
    breached_on: date | None


class SignatureView(BaseModel):
    """A signature or the seal."""

    signer_kind: str
    signer_id: str
    signed_at: datetime


class AgreementView(BaseModel):
    """An agreement: what it says, who has signed, whether it binds."""

    agreement_id: str
    number: str
    form: str
    content: str | None
    reached_at: datetime
    obligations: list[ObligationView]
    signatures: list[SignatureView]
    missing_signatures: list[str]
    effective_on: date | None
    confirmation_due_on: date | None
    confirmation: str
    replaced: bool


class ClockView(BaseModel):
    """A date and why it is this date."""

    kind: str
    ref: str
    due_on: date
    due_at: datetime
    overdue: bool
    provisional: bool
    why: str
    why_en: str


class CaseworkView(BaseModel):
    """The casework of a case."""

    case_id: str
    number: str
    state: str
    version: int
    allowed: list[str]
    next_step: str | None
    type: str | None
    grade: str
    committee_id: str | None
    mediator_id: str | None
    dossier_number: str | None
    accepted_at: datetime | None
    end_reason: str | None
    guidance: str | None
    outcome: str | None
    parties: list[PartyView]
    sessions: list[SessionView]
    agreements: list[AgreementView]
    clocks: list[ClockView]


class DossierItem(BaseModel):
    """A document of the checklist."""

    order: int
    kind: str
    name: str
    must: bool
    present: bool


class DossierView(BaseModel):
    """The dossier's checklist (一案一卷)."""

    case_id: str
    dossier_number: str | None
    complete: bool
    explanation: str | None
    archived_at: datetime | None
    retention_years: int | None
    items: list[DossierItem]


class DeskItem(BaseModel):
    """A case on the desk."""

    case_id: str
    number: str
    state: str
    next_step: str | None
    grade: str
    type: str | None
    mediator_id: str | None
    dossier_number: str | None
    due_at: datetime | None
    overdue: bool


class DeskView(BaseModel):
    """The cases in hand, the nearest date first."""

    total: int
    page: int
    size: int
    counts: dict[str, int]
    items: list[DeskItem]


class OverdueItem(BaseModel):
    """A clock that ran out."""

    case_id: str
    number: str
    state: str
    grade: str
    mediator_id: str | None
    committee_id: str | None
    kind: str
    ref: str
    due_at: datetime
    missed_at: datetime | None


class OverdueView(BaseModel):
    """What is overdue, the oldest first."""

    total: int
    page: int
    size: int
    counts: dict[str, int]
    items: list[OverdueItem]
