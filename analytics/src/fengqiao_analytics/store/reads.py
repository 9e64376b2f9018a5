"""Reading the statistics: numbers from the roll-ups, and the cases behind each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from fengqiao_chassis.store import ReadTx, Scope, visible
from fengqiao_contracts.codes import table

from ..domain.counts import UNKNOWN, Counts, Key, Line, recount_lines
from ..domain.daily import FLOWS
from .lines import all_lines
from .tables import cases, counts, units

_STEP = 5_000
_CASE_DIMENSIONS: dict[str, ColumnElement[Any]] = {
    "status": cases.c.status,
    "type": func.coalesce(cases.c.type, UNKNOWN),
    "grade": func.coalesce(cases.c.grade, UNKNOWN),
    "channel": cases.c.channel,
    "district": cases.c.district,
    "day": cases.c.received_on,
    "area_path": cases.c.area_path,
    "unit": func.coalesce(cases.c.committee_id, UNKNOWN),
}
_FLOW_DAYS = {
    "assigned": cases.c.assigned_on,
    "redirected": cases.c.redirected_on,
    "ended": cases.c.ended_on,
    "overdue": cases.c.overdue_on,
}


@dataclass(frozen=True)
class Wanted:
    """Which cases a number is about; None = all. `direct`: registered for the area itself, not for
    one below it. `flow` of `day` names a number of the daily summary.
    """

    area_path: str | None = None
    direct: bool = False
    bucket: str | None = None
    status: str | None = None
    type: str | None = None
    grade: str | None = None
    channel: str | None = None
    unit: str | None = None
    first: date | None = None
    last: date | None = None
    flow: str | None = None
    day: date | None = None
    overdue: bool | None = None


async def group_cases(
    tx: ReadTx, by: Sequence[str], wanted: Wanted, scope: Scope
) -> dict[tuple[Any, ...], int]:
    """Cases by these dimensions: from the roll-up where it holds them, else from the lines."""
    if _in_rollup(by, wanted, scope):
        columns: list[ColumnElement[Any]] = [counts.c[name] for name in by]
        statement = select(*columns, func.sum(counts.c.n).label("n")).where(
            _rollup_condition(wanted, scope)
        )
    else:
        columns = [_CASE_DIMENSIONS[name].label(name) for name in by]
        statement = select(*columns, func.count().label("n")).where(_case_condition(wanted, scope))
    rows = await tx.all(statement.group_by(*columns))
    return {tuple(row[:-1]): int(row[-1]) for row in rows if row[-1]}


def _in_rollup(by: Sequence[str], wanted: Wanted, scope: Scope) -> bool:
    """The roll-up knows districts, and cases of whole areas only."""
    narrow = wanted.area_path is not None and wanted.area_path.count("/") > 3
    inside = scope.system or (bool(scope.areas) and all(p.count("/") <= 3 for p in scope.areas))
    plain = not (wanted.unit or wanted.direct or wanted.flow or wanted.overdue is not None)
    return inside and plain and not narrow and not {"unit", "area_path"} & set(by)


def _rollup_condition(wanted: Wanted, scope: Scope) -> ColumnElement[bool]:
    c = counts.c
    columns = {name: c[name] for name in ("status", "type", "grade", "channel")}
    found = [c.n > 0, *_equal(columns, wanted), *_between(c.day, wanted)]
    if not scope.system:
        found.append(or_(*(c.district.startswith(path, autoescape=True) for path in scope.areas)))
    found += _inside(c.district, wanted)
    return and_(*found)


def _case_condition(wanted: Wanted, scope: Scope) -> ColumnElement[bool]:
    c = cases.c
    names = ("status", "type", "grade", "channel", "unit")
    columns = {name: _CASE_DIMENSIONS[name] for name in names}
    found = [visible(c, scope), *_equal(columns, wanted), *_between(c.received_on, wanted)]
    found += _inside(c.area_path, wanted)
    if wanted.overdue is not None:
        found.append(c.overdue.is_not(None) if wanted.overdue else c.overdue.is_(None))
    if wanted.flow is not None:
        found.append(_flow(wanted.flow, wanted.day))
    return and_(*found)


def _inside(column: ColumnElement[Any], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """The area and all below it, or `direct`ly the area alone."""
    if wanted.area_path is not None and wanted.direct:
        yield column == wanted.area_path
    elif wanted.area_path is not None:
        yield column.startswith(wanted.area_path, autoescape=True)


def _equal(
    columns: Mapping[str, ColumnElement[Any]], wanted: Wanted
) -> Iterator[ColumnElement[bool]]:
    """The dimensions of which one value is asked; a bucket is a set of statuses."""
    for name, column in columns.items():
        value = getattr(wanted, name)
        if value is not None:
            yield column == value
    if wanted.bucket is not None:
        yield columns["status"].in_(_statuses(wanted.bucket))


def _between(column: ColumnElement[Any], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """The first and last day of registration."""
    if wanted.first is not None:
        yield column >= wanted.first
    if wanted.last is not None:
        yield column <= wanted.last


def _flow(flow: str, day: date | None) -> ColumnElement[bool]:
    if flow in _FLOW_DAYS:
        return _FLOW_DAYS[flow] == day
    registered: ColumnElement[bool] = cases.c.received_on == day
    return registered if flow == "registered" else registered & (cases.c.grade == flow)


def _statuses(bucket: str) -> list[str]:
    rows = table("statuses").rows
    return [row.code for row in rows if row.extra["bucket"] == bucket]


@dataclass(frozen=True)
class Page:
    """A page of a list; `only` keeps these cases, `without` leaves those out."""

    limit: int
    offset: int
    only: Sequence[str] | None = None
    without: Sequence[str] = ()


async def group_kept(
    tx: ReadTx, by: str, wanted: Wanted, scope: Scope, kept: Page
) -> dict[str, int]:
    """Cases by one dimension as `list_cases` would list them, kept and left out alike."""
    column = _CASE_DIMENSIONS[by].label(by)
    statement = select(column, func.count().label("n")).where(_case_condition(wanted, scope))
    rows = await tx.all(_keep(statement, kept).group_by(column))
    return {str(row[0]): int(row[1]) for row in rows}


def _keep[*T](statement: Select[*T], page: Page) -> Select[*T]:
    if page.only is not None:
        statement = statement.where(cases.c.id.in_(page.only))
    if page.without:
        statement = statement.where(cases.c.id.not_in(page.without))
    return statement


async def list_cases(
    tx: ReadTx, wanted: Wanted, scope: Scope, page: Page
) -> tuple[int, Sequence[Row[Any]]]:
    """How many cases a number is about, and a page of them, the newest first."""
    statement = _keep(select(cases).where(_case_condition(wanted, scope)), page)
    total = await tx.scalar(select(func.count()).select_from(statement.subquery()))
    shown = statement.order_by(cases.c.id.desc()).limit(page.limit).offset(page.offset)
    return int(total), await tx.all(shown)


async def group_units(
    tx: ReadTx, area_path: str | None, scope: Scope
) -> dict[tuple[Any, ...], int]:
    """Cases by the body they lie with."""
    wanted = Wanted(area_path=area_path)
    if not _in_rollup((), wanted, scope):
        return await group_cases(tx, ["unit"], wanted, scope)
    found: list[ColumnElement[bool]] = [units.c.n > 0]
    if not scope.system:
        areas = (units.c.district.startswith(path, autoescape=True) for path in scope.areas)
        found.append(or_(*areas))
    if area_path is not None:
        found.append(units.c.district.startswith(area_path, autoescape=True))
    statement = select(units.c.unit, func.sum(units.c.n)).where(*found).group_by(units.c.unit)
    return {(row[0],): int(row[1]) for row in await tx.all(statement)}


async def daily_counts(tx: ReadTx, area_path: str, day: date, scope: Scope) -> dict[str, int]:
    """The flows of a day in an area (see domain.daily)."""
    flows = {}
    for flow in FLOWS:
        wanted = Wanted(area_path=area_path, flow=flow, day=day)
        statement = select(func.count()).where(_case_condition(wanted, scope))
        flows[flow] = int(await tx.scalar(statement.select_from(cases)))
    return flows


async def recount(tx: ReadTx, scope: Scope) -> tuple[Counts, dict[Key, int], dict[Any, int]]:
    """Every count anew from the lines, and what the roll-ups say now."""
    lines: list[Line] = []
    while step := await all_lines(tx, scope, after=lines[-1].case_id if lines else "", limit=_STEP):
        lines += step
    names = Key._fields
    held = await tx.all(select(*(counts.c[name] for name in names), counts.c.n))
    bodies = await tx.all(
        select(units.c.unit, func.sum(units.c.n)).where(units.c.n != 0).group_by(units.c.unit)
    )
    rollup = {Key(*row[:-1]): int(row[-1]) for row in held if row[-1]}
    return recount_lines(lines), rollup, {row[0]: int(row[1]) for row in bodies}
