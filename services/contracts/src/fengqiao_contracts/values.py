"""Small published values that more than one fact carries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer

Channel = Literal[
    "self", "grid", "patrol", "hotline", "department", "court", "police", "petition", "traffic"
]
PartyRole = Literal["applicant", "respondent", "third"]
PartyKind = Literal["person", "company", "organisation"]
Grade = Literal["red", "yellow", "blue", "none"]
Suitability = Literal["M", "A", "C", "J", "D", "N", "U"]
Outlet = Literal[
    "mediation",
    "expert_panel",
    "department",
    "court",
    "arbitration",
    "administrative_ruling",
    "reconsideration",
    "notary",
    "police",
    "procuratorate",
    "petition",
    "legal_aid",
    "consultation",
]
Status = Literal[
    "registered",
    "assessed",
    "waiting",
    "assigned",
    "redirected",
    "refused",
    "accepted",
    "mediating",
    "agreed",
    "effective",
    "performed",
    "breached",
    "terminated",
    "closed",
    "archived",
]
CommitteeKind = Literal[
    "village", "community", "town", "street", "district", "enterprise", "professional", "social"
]
WaitReason = Literal["no_mediator_free", "human_decision", "no_unit"]

Money = Annotated[Decimal, PlainSerializer(lambda v: format(v, "f"), return_type=str)]
"""An amount in yuan; decimal string in JSON, never a float."""


class Value(BaseModel):
    """A frozen value inside a fact; unknown fields of a later writer are ignored by a reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PartyRef(Value):
    """A party without its personal data."""

    party_id: str
    role: PartyRole
    kind: PartyKind


class PartyIdentity(Value):
    """Who a party is: class 2 (name) and class 1 (the rest) personal data."""

    party_id: str
    name: str
    id_kind: str | None = None
    id_number: str | None = None
    phone: str | None = None
    address: str | None = None


class ExternalRef(Value):
    """A referrer's own number for the case."""

    system: str
    number: str


class Span(Value):
    """Where a text says something: characters [start, end) of the text of `part`.

    Part 0 is the narrative, part n the n-th supplement.
    """

    start: int
    end: int
    part: int = 0


class Factor(Value):
    """One reason of a grade: its code in the policy, points, whether it alone makes red, evidence."""

    code: str
    points: int
    hard: bool = False
    spans: tuple[Span, ...] = ()


class Screening(Value):
    """A rule that keeps the case from mediation or demands a report: its source and what instead."""

    rule: str
    article: str
    instead: Outlet | None = None
    spans: tuple[Span, ...] = ()


class Alternative(Value):
    """What else could have been chosen, and why it was not."""

    id: str
    reason: str


class Obligation(Value):
    """One promised performance of an agreement; its wording is in the fact's personal part."""

    obligation_id: str
    debtor: str
    creditor: str | None = None
    amount: Money | None = None
    due_on: date
