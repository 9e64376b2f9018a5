"""The values of a case as casework sees it; frozen, without any behaviour beyond look-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from fengqiao_contracts.values import Grade, PartyKind, PartyRole

from .states import State

Consent = Literal["none", "given", "refused"]
SignerKind = Literal["party", "mediator", "seal"]
Form = Literal["written", "oral"]
Confirmation = Literal["none", "applied", "valid", "refused"]


@dataclass(frozen=True, slots=True)
class Party:
    """A party: role, consent, and whether an identity document's number is known."""

    party_id: str
    role: PartyRole
    kind: PartyKind
    name: str | None
    consent: Consent
    consent_at: datetime | None
    identified: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A mediation session (调解会)."""

    session_id: str
    number: int
    held_at: datetime
    attended: tuple[str, ...]
    place: str | None
    record: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """An obligation and how far it is performed; `paid` sums its recorded part performances."""

    obligation_id: str
    debtor: str
    creditor: str | None
    amount: Decimal | None
    due_on: date
    text: str | None
    paid: Decimal
    performed_on: date | None
    breached_on: date | None

    @property
    def open(self) -> bool:
        """Whether something is still owed."""
        return self.performed_on is None


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature or the seal, and when it was put on."""

    signer_kind: SignerKind
    signer_id: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """A mediation agreement with its obligations, signatures and judicial confirmation."""

    agreement_id: str
    number: str
    form: Form
    content: str | None
    reached_at: datetime
    obligations: tuple[Due, ...]
    signatures: tuple[Signature, ...] = ()
    effective_on: date | None = None
    confirmation_due_on: date | None = None
    confirmation: Confirmation = "none"
    confirmation_applied_on: date | None = None
    confirmation_decided_on: date | None = None
    confirmation_reason: str | None = None
    void: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """The head of a case: who handles it, where it stands and since when."""

    case_id: str
    number: str
    state: State
    version: int
    area: str
    area_path: str
    type: str | None
    grade: Grade
    received_at: datetime
    committee_id: str | None = None
    mediator_id: str | None = None
    assignment_id: str | None = None
    assigned_at: datetime | None = None
    sign_due_at: datetime | None = None
    accepted_at: datetime | None = None
    term_due_on: date | None = None
    dossier_number: str | None = None
    end_reason: str | None = None
    guidance: str | None = None
    outcome: str | None = None
    note: str | None = None
    closed_at: datetime | None = None
    archived_at: datetime | None = None
    retention_years: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of the term: agreed by every party, to a later day."""

    extension_id: str
    number: int
    due_on: date
    agreed_by: tuple[str, ...]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Casework:
    """A case with all that casework recorded of it; what decisions are taken on."""

    case: Case
    parties: tuple[Party, ...] = ()
    sessions: tuple[Session, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def sides(self) -> tuple[Party, ...]:
        """Applicants and respondents: those whose consent mediation needs (PML 17)."""
        return tuple(p for p in self.parties if p.role != "third")

    @property
    def live(self) -> tuple[Agreement, ...]:
        """The agreements that were not replaced or given up."""
        return tuple(a for a in self.agreements if not a.void)
