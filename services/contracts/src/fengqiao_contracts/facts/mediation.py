"""What mediation states: the casework from acceptance to the archive."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from ..values import Money, Obligation
from .base import Fact, Pii


class NotePii(Pii):
    """Free words of a casework act."""

    text: str


class CaseAccepted(Fact, name="case.accepted"):
    """The committee accepted the case; the legal clock starts (PML 17; Order 75 art. 33)."""

    case_id: str
    committee_id: str
    mediator_id: str
    dossier_number: str
    accepted_at: datetime
    term_due_on: date


class CaseRefused(Fact, name="case.refused"):
    """The committee does not accept the case (不予受理), with its reason and guidance."""

    case_id: str
    committee_id: str
    reason: str
    guidance: str
    refused_at: datetime


class ConsentGiven(Fact, name="consent.given"):
    """A party agreed to mediation (PML 3, 17)."""

    case_id: str
    party_id: str
    given_at: datetime


class ConsentRefused(Fact, name="consent.refused"):
    """A party refused or withdrew: mediation must stop (PML 17, 23)."""

    case_id: str
    party_id: str
    refused_at: datetime
    pii: NotePii | None = None


class SessionHeld(Fact, name="session.held"):
    """A mediation session took place (调解会); its record is personal data."""

    case_id: str
    session_id: str
    number: int
    held_at: datetime
    attended: tuple[str, ...]
    pii: NotePii | None = None


class AgreementPii(Pii):
    """The words of an agreement and of each obligation, by obligation id."""

    content: str
    obligations: dict[str, str] = Field(default_factory=dict)


class AgreementReached(Fact, name="agreement.reached"):
    """The parties agreed, in writing or orally (PML 28)."""

    case_id: str
    agreement_id: str
    number: str
    form: Literal["written", "oral"]
    obligations: tuple[Obligation, ...]
    reached_at: datetime
    pii: AgreementPii | None = None


class AgreementSigned(Fact, name="agreement.signed"):
    """One signature or the committee's seal was put on a written agreement (PML 29)."""

    case_id: str
    agreement_id: str
    signer_kind: Literal["party", "mediator", "seal"]
    signer_id: str
    signed_at: datetime


class AgreementEffective(Fact, name="agreement.effective"):
    """The agreement binds: last signature and seal (PML 29) or the day it was reached (PML 30)."""

    case_id: str
    agreement_id: str
    effective_on: date
    confirmation_due_on: date


class ObligationPerformed(Fact, name="obligation.performed"):
    """An obligation was performed."""

    case_id: str
    agreement_id: str
    obligation_id: str
    performed_on: date
    amount: Money | None = None


class ObligationBreached(Fact, name="obligation.breached"):
    """An obligation was not performed when due."""

    case_id: str
    agreement_id: str
    obligation_id: str
    breached_on: date


class ConfirmationDecided(Fact, name="confirmation.decided"):
    """The court decided a judicial-confirmation application (CPL 205-206)."""

    case_id: str
    agreement_id: str
    outcome: Literal["valid", "refused"]
    reason: str | None = None
    decided_on: date


class CaseTerminated(Fact, name="case.terminated"):
    """Mediation ended without agreement; the parties were told their other ways (PML 26)."""

    case_id: str
    reason: str
    guidance: str
    terminated_at: datetime


class CaseClosed(Fact, name="case.closed"):
    """The case is closed (结案): nothing is owed any more, or nothing can be done here."""

    case_id: str
    outcome: Literal["performed", "effective", "terminated", "refused", "breached"]
    closed_at: datetime


class CaseArchived(Fact, name="case.archived"):
    """The dossier is complete and sealed (一案一卷)."""

    case_id: str
    dossier_number: str
    archived_at: datetime
    retention_years: int | None = None


class DeadlineMissed(Fact, name="deadline.missed"):
    """A clock of the law or of the handling policy ran out; each fires once."""

    case_id: str
    kind: Literal["sign_for", "term", "performance", "confirmation"]
    ref: str
    due_at: datetime
    missed_at: datetime
