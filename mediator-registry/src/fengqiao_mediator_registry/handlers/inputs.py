"""The bodies of commands and the records of an import; strict, every unknown field is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fengqiao_chassis.web import AreaCode, Body, Code, Day, Text
from fengqiao_contracts.values import CommitteeKind

from ..domain import DISPUTE_TYPES

if TYPE_CHECKING:
    type Title = str
    type Line = str
    type Number = str
    type Address = str
    type PersonName = str
    type Word = str
    type Note = str
else:
    Title = Text(2, 200)
    Line = Text(1, 200)
    Number = Text(1, 64)
    Address = Text(1, 300)
    PersonName = Text(2, 80)
    Word = Text(1, 80)
    Note = Text(1, 500)

Grade = Annotated[int, Field(ge=1, le=4)]
"""1 is the highest grade, 4 the lowest."""

Capacity = Annotated[int, Field(ge=0, le=200)]
Headcount = Annotated[int, Field(ge=0, le=1000)]
DisputeType = Annotated[Code, Field(json_schema_extra={"enum": [*sorted(DISPUTE_TYPES)]})]
"""The document lists the types; `check_specialities` refuses others with words of its own."""

Types = Annotated[list[DisputeType], Field(max_length=20)]
IdKind = Literal[
    "resident_id",
    "passport",
    "taiwan_permit",
    "hk_macao_permit",
    "foreign_passport",
    "household_register",
    "other",
]
Employment = Literal["full_time", "part_time"]
Tag = Literal[
    "party_member",
    "informant",
    "grid",
    "five_elders",
    "three_officers",
    "red_armband",
    "gentry",
    "chief",
    "court_roster",
]
"""What else a mediator is: 三员合一, 五老, 三大员, 红袖套, 新乡贤, 首席, 特邀."""

ExternalId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,64}$")]
IdNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{5,30}$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9-]{5,20}$")]


class NewCommittee(Body):
    """A committee as it is filed (备案)."""

    name: Title
    kind: CommitteeKind
    area: AreaCode
    specialities: Types = []
    setter: Line | None = None
    filing_number: Number | None = None
    filed_on: Day | None = None
    address: Address | None = None
    phone: Phone | None = None
    members: Headcount | None = None
    women: Headcount | None = None
    term_ends_on: Day | None = None


class PutCommittee(NewCommittee):
    """The whole entry anew."""

    active: bool = True


class PatchCommittee(Body):
    """Fields that change; what is left out stays."""

    name: Title | None = None
    kind: CommitteeKind | None = None
    area: AreaCode | None = None
    specialities: Types | None = None
    setter: Line | None = None
    filing_number: Number | None = None
    filed_on: Day | None = None
    address: Address | None = None
    phone: Phone | None = None
    members: Headcount | None = None
    women: Headcount | None = None
    term_ends_on: Day | None = None
    active: bool | None = None


class _Person(Body):
    """A person who mediates or wants to."""

    name: PersonName
    id_kind: IdKind = "resident_id"
    id_number: IdNumber
    born_on: Day | None = None
    phone: Phone | None = None
    employment: Employment = "part_time"
    tags: Annotated[list[Tag], Field(max_length=9)] = []
    specialities: Types = []
    certificate_number: Number | None = None
    certificate_expires_on: Day | None = None


class Application(_Person):
    """An application to become a mediator of a committee."""

    committee_id: Code


class Admission(Body):
    """The review's decision; a denial names its reason."""

    decision: Literal["approve", "deny"]
    reason: Code | None = None
    note: Note | None = None
    grade: Grade | None = None
    capacity: Capacity | None = None


class StandingChange(Body):
    """Suspension or retirement with its reason code (`suspension_reasons`, `retirement_reasons`)."""

    reason: Code
    note: Note | None = None


class Reinstatement(Body):
    """Back from a suspension."""

    note: Note | None = None


class PutMediator(Body):
    """Fields of an entry that change; what is left out stays."""

    committee_id: Code | None = None
    specialities: Types | None = None
    grade: Grade | None = None
    capacity: Capacity | None = None
    phone: Phone | None = None
    employment: Employment | None = None
    tags: Annotated[list[Tag], Field(max_length=9)] | None = None
    certificate_number: Number | None = None
    certificate_expires_on: Day | None = None


SubjectCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,10}$")]
"""Too short for a phone or an id number, and no name: it is stated to everybody."""


class NewExpert(Body):
    """An expert to enrol; `fields` are dispute types or the bureau's own subject codes."""

    name: PersonName
    title: Word | None = None
    organisation: Line | None = None
    fields: Annotated[list[SubjectCode], Field(min_length=1, max_length=20)]
    area: AreaCode
    phone: Phone | None = None


class CommitteeRecord(NewCommittee):
    """A committee of an import."""

    record: Literal["committee"]
    external_id: ExternalId
    active: bool = True


class MediatorRecord(_Person):
    """A mediator of an import, admitted at once; `committee` is the committee's external id."""

    record: Literal["mediator"]
    external_id: ExternalId
    committee: ExternalId
    grade: Grade | None = None
    capacity: Capacity | None = None


class ExpertRecord(NewExpert):
    """An expert of an import."""

    record: Literal["expert"]
    external_id: ExternalId


ImportRecord = Annotated[
    CommitteeRecord | MediatorRecord | ExpertRecord, Field(discriminator="record")
]
