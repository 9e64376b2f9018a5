"""What routing answers: the routing of a case with its history, the waiting list, a dry run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_contracts.values import Alternative, CommitteeKind, Grade, Outlet, WaitReason

from .domain.ladder import Unit
from .domain.life import State


class UnitView(BaseModel):
    """A committee."""

    id: str
    name: str
    kind: CommitteeKind
    area_path: str


class MediatorView(BaseModel):
    """A mediator; his name is the registry's to tell."""

    id: str


class WaitView(BaseModel):
    """Why a case waits, and since when."""

    reason: WaitReason
    since: datetime


class DecisionView(BaseModel):
    """One decision of the history. `note` is a dispatcher's own words."""

    decision: int
    action: str
    outlet: Outlet | None
    unit_id: str | None
    mediator_id: str | None
    type: str
    suitability: str
    grade: Grade
    rule: str
    table_version: str
    reasons: list[str]
    alternatives: list[Alternative]
    guidance: str
    actor: str | None
    note: str | None
    decided_at: datetime


class RoutingView(BaseModel):
    """Where a case goes and why (`GET /cases/{case_id}/routing`)."""

    case_id: str
    state: State
    outlet: Outlet | None
    unit: UnitView | None
    mediator: MediatorView | None
    waiting: WaitView | None
    rule: str | None
    reasons: list[str]
    alternatives: list[Alternative]
    guidance: str
    table_version: str
    history: list[DecisionView]

    def has_notes(self) -> bool:
        """Whether a dispatcher's own words are in it."""
        return any(one.note for one in self.history)

    def without_notes(self) -> RoutingView:
        """The same without them, for whoever is not a dispatcher."""
        plain = [one.model_copy(update={"note": None}) for one in self.history]
        return self.model_copy(update={"history": plain})


class WaitingCase(BaseModel):
    """A row of the dispatcher's list."""

    case_id: str
    number: str
    area_path: str
    channel: str
    type: str | None
    grade: Grade | None
    suitability: str | None
    reason: WaitReason
    unit: UnitView | None
    waiting_since: datetime


class WaitingPage(BaseModel):
    """A page of the waiting list in the order of service; `total` counts all pages."""

    total: int
    page: int
    size: int
    items: list[WaitingCase]


class Step(BaseModel):
    """A rung of the ladder: the units that would be asked, in this order of duty."""

    step: str
    units: list[UnitView]


class Explanation(BaseModel):
    """What the table would decide now, without deciding it (`POST /route`)."""

    action: str
    outlet: Outlet | None
    rule: str
    source: str
    table_version: str
    reasons: list[str]
    alternatives: list[Alternative]
    guidance: str
    ladder: list[Step]
    unit: UnitView | None
    mediator: MediatorView | None
    waiting: WaitReason | None


def unit_view(unit: Unit | None) -> UnitView | None:
    """A unit as it is shown."""
    if unit is None:
        return None
    return UnitView(id=unit.id, name=unit.name, kind=unit.kind, area_path=unit.area_path)


def routing_view(
    case: Row[Any], decisions: Sequence[Row[Any]], unit: Unit | None, table_version: str
) -> RoutingView:
    """The case's routing; the reasons are those of the latest decision that moved it."""
    history = [DecisionView(**_fields(row)) for row in decisions]
    moved = [one for one in history if one.action != "kept"]
    last = moved[-1] if moved else None
    waits = case.state == "waiting"
    return RoutingView(
        case_id=case.case_id,
        state=case.state,
        outlet=case.outlet,
        unit=unit_view(unit),
        mediator=MediatorView(id=case.mediator) if case.mediator else None,
        waiting=WaitView(reason=case.wait_reason, since=case.waiting_since) if waits else None,
        rule=last.rule if last else None,
        reasons=last.reasons if last else [],
        alternatives=last.alternatives if last else [],
        guidance=last.guidance if last else "",
        table_version=last.table_version if last else table_version,
        history=history,
    )


def waiting_page(
    rows: Iterable[Row[Any]], units: Mapping[str, Unit], total: int, page: int, size: int
) -> WaitingPage:
    """One page of the waiting list."""
    items = [
        WaitingCase(
            case_id=row.case_id,
            number=row.number,
            area_path=row.area_path,
            channel=row.channel,
            type=row.type,
            grade=row.grade,
            suitability=row.suitability,
            reason=row.wait_reason,
            unit=unit_view(units.get(row.unit_id or "")),
            waiting_since=row.waiting_since,
        )
        for row in rows
    ]
    return WaitingPage(total=total, page=page, size=size, items=items)


def _fields(row: Row[Any]) -> dict[str, Any]:
    names = DecisionView.model_fields
    return {name: getattr(row, name) for name in names}
