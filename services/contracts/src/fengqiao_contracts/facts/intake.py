"""What intake states: registration, referrals, later facts, copies and erasure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ..values import Channel, ExternalRef, Money, PartyIdentity, PartyRef, Value
from .base import Fact, Pii


class CasePii(Pii):
    """The words of a case and who its parties are."""

    narrative: str
    parties: tuple[PartyIdentity, ...] = ()
    claims: tuple[str, ...] = ()


class CaseRegistered(Fact, name="case.registered"):
    """A dispute was received, numbered and receipted (受理登记); filing interrupts limitation."""

    case_id: str
    number: str
    unit: str
    channel: Channel
    source: str
    area: str
    area_path: str
    occurred_on: date | None = None
    reported_at: datetime
    received_at: datetime
    people_count: int | None = None
    amount: Money | None = None
    parties: tuple[PartyRef, ...] = ()
    reporter: str
    external_ref: ExternalRef | None = None
    sha256: str
    copy_of: str | None = None
    pii: CasePii | None = None


class ReferralPii(Pii):
    """What the referrer wrote this time, where it differs from what is known."""

    narrative: str | None = None


class ReferralReceived(Fact, name="referral.received"):
    """A referrer's number was linked to a case: its first referral or one more (link, don't copy)."""

    case_id: str
    referral_id: str
    system: str
    number: str
    channel: Channel
    received_at: datetime
    first: bool
    pii: ReferralPii | None = None


class SupplementPii(Pii):
    """The words of a supplement."""

    text: str
    parties: tuple[PartyIdentity, ...] = ()


class Answer(Value):
    """An answer to one question (codes: table `questions`, or a policy's own `local_…`).

    `says`: the danger asked about is there or is not, `unknown` where nobody knows, `given` where
    no danger was asked about. The words stand in the supplement's text at [start, end).
    """

    code: str
    says: Literal["danger", "no_danger", "unknown", "given"]
    start: int = 0
    end: int = 0


class CaseSupplemented(Fact, name="case.supplemented"):
    """Later facts, a correction or an answer; `number` counts 1..n per case; triage looks again.

    `answers` tells which questions the words answer.
    """

    case_id: str
    supplement_id: str
    number: int
    kind: str
    received_at: datetime
    people_count: int | None = None
    amount: Money | None = None
    parties: tuple[PartyRef, ...] = ()
    answers: tuple[Answer, ...] = ()
    pii: SupplementPii | None = None


class CaseLinked(Fact, name="case.linked"):
    """Two cases speak of the same words: linked with the reason, neither dropped."""

    case_id: str
    other_case_id: str
    reason: str
    linked_at: datetime


class PersonalDataErased(Fact, name="personal_data.erased"):
    """A case's personal data were erased: every service nulls its columns and its outbox's `pii`."""

    case_id: str
    reason: str
    erased_at: datetime
