"""The request bodies of intake: strict, each field with its form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fengqiao_chassis.web import AreaCode, Body, Code, Day, Instant, MoneyIn, Text
from fengqiao_contracts.values import Channel, PartyKind, PartyRole

from ..domain.registration import NARRATIVE_MAX

IdKind = Literal[
    "resident_id",
    "passport",
    "taiwan_permit",
    "hk_macao_permit",
    "foreign_passport",
    "household_register",
    "credit_code",
    "other",
]
People = Annotated[int, Field(ge=1, le=10_000_000)]


class NewParty(Body):
    """A party of the dispute (当事人)."""

    role: PartyRole
    kind: PartyKind
    name: Text(1, 200)  # type: ignore[valid-type]
    id_kind: IdKind | None = None
    id_number: Text(1, 64) | None = None  # type: ignore[valid-type]
    phone: Text(1, 32) | None = None  # type: ignore[valid-type]
    address: Text(1, 300) | None = None  # type: ignore[valid-type]


class ExternalNumber(Body):
    """A referrer's own number; `system` must be the key's own."""

    system: Text(1, 64)  # type: ignore[valid-type]
    number: Text(1, 128)  # type: ignore[valid-type]


class NewCase(Body):
    """A dispute as it is reported (受理登记)."""

    narrative: Text(1, NARRATIVE_MAX)  # type: ignore[valid-type]
    channel: Channel
    area: AreaCode
    occurred_on: Day | None = None
    parties: Annotated[list[NewParty], Field(max_length=500)] = []
    people_count: People | None = None
    amount: MoneyIn | None = None
    claims: Annotated[list[Text(1, 500)], Field(max_length=50)] = []  # type: ignore[valid-type]
    external_ref: ExternalNumber | None = None
    reported_at: Instant | None = None


class NewSupplement(Body):
    """Later facts, a correction, or an answer to a question."""

    text: Text(1, NARRATIVE_MAX)  # type: ignore[valid-type]
    kind: Literal["facts", "correction", "answer"] = "facts"
    people_count: People | None = None
    amount: MoneyIn | None = None
    parties: Annotated[list[NewParty], Field(max_length=500)] = []


class NewReferral(Body):
    """A referral: for a case that exists (`case_id`), or with the case to register (`case`)."""

    external_ref: ExternalNumber
    case_id: Code | None = None
    channel: Channel | None = None
    note: Text(1, NARRATIVE_MAX) | None = None  # type: ignore[valid-type]
    case: NewCase | None = None


class ReferralReturn(Body):
    """Why a referral goes back (退回), and who should have it."""

    reason: Text(1, 200)  # type: ignore[valid-type]
    suggested_unit: Text(1, 200) | None = None  # type: ignore[valid-type]


class Erasure(Body):
    """Why a case's personal data are erased (PIPL art. 47)."""

    reason: Text(1, 200)  # type: ignore[valid-type]


class PartyCheck(Body):
    """A case number and the code printed on its receipt."""

    number: Text(1, 40)  # type: ignore[valid-type]
    code: Text(1, 20)  # type: ignore[valid-type]
