"""Who may read what of the registry, and the filters of its lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Header, Query
from pydantic import BaseModel, ConfigDict, Field

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, Scope
from fengqiao_chassis.web import AreaCode
from fengqiao_contracts.areas import Areas
from fengqiao_contracts.values import CommitteeKind

from ..handlers.revisions import TAG

PUBLIC = ("partner", "party", "mediator", "auditor", "admin")
"""Roles to which the directory of committees and mediators is open as it is to everybody: parties
may choose their mediator (People's Mediation Law art. 19). Personal data stay masked for them."""

CLEAR = ("city", "district")
"""Roles that see id numbers and phones in clear, each in its own areas, and each time audited."""

_PLAIN = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=_PLAIN)]
CodeText = Annotated[str, Field(min_length=1, max_length=40, pattern=_PLAIN)]
Words = Annotated[
    str | None,
    Query(min_length=1, max_length=80, pattern=_PLAIN, description="part of the name"),
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", json_schema_extra={"pattern": TAG, "examples": ['"1"']}),
]


def reach(who: Principal) -> Scope:
    """What a caller may read: managers their areas, everybody else the whole directory."""
    return SYSTEM if who.role in PUBLIC else who.scope


class _Filter(BaseModel):
    """Filters of a list and the page that is wanted; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    area: AreaCode | None = None
    q: Name | None = Field(None, description="part of the name")
    page: int = Field(1, ge=1, le=10_000, description="counts from 1")
    size: int = Field(20, ge=1, le=200)

    def columns(self, areas: Areas) -> dict[str, Any]:
        """The filters by column; raises Invalid for an unknown area."""
        given = self.model_dump(exclude={"area", "page", "size"})
        return given | {"area_path": areas.path(self.area) if self.area is not None else None}


class CommitteeFilter(_Filter):
    """Filters of committees; `speciality` is a dispute type."""

    kind: CommitteeKind | None = None
    speciality: CodeText | None = None
    active: bool | None = None


class MediatorFilter(_Filter):
    """Filters of mediators; `speciality` is a dispute type."""

    committee_id: CodeText | None = None
    state: Literal["applied", "admitted", "denied", "suspended", "retired"] | None = None
    grade: Annotated[int, Field(ge=1, le=4)] | None = None
    speciality: CodeText | None = None


class ExpertFilter(_Filter):
    """Filters of experts; `field` is a subject code."""

    field: CodeText | None = None
