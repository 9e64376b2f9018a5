"""Counting cases: a case's line, the roll-up it belongs to, and the recount from the facts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from fengqiao_contracts import facts as f
from fengqiao_contracts.life import CHANGING, CaseState, advance, bucket_of

from .periods import business_date

UNKNOWN = "unknown"
"""The code for what is not known yet: type and grade before the assessment, unit before routing."""


class Key(NamedTuple):
    """A row of the roll-up: cases registered on a day in a district, alike in all that is counted."""

    day: date
    district: str
    type: str
    grade: str
    channel: str
    status: str


@dataclass(frozen=True, slots=True)
class Line:
    """A case as the statistics count it. `district` is the path of the district or functional zone;
    the days are those on which something first happened (the last time, for overdue).
    """

    case_id: str
    channel: str
    area_path: str
    district: str
    received_on: date
    state: CaseState = field(default_factory=CaseState)
    assigned_on: date | None = None
    redirected_on: date | None = None
    ended_on: date | None = None
    overdue_on: date | None = None


def key_of(line: Line) -> Key:
    """The roll-up row in which a case counts."""
    state = line.state
    return Key(
        line.received_on,
        line.district,
        state.type or UNKNOWN,
        state.grade or UNKNOWN,
        line.channel,
        state.status,
    )


def unit_of(line: Line) -> str:
    """The body that the case lies with."""
    return line.state.committee_id or UNKNOWN


def begin(fact: f.CaseRegistered) -> Line:
    """The line of a case that was registered."""
    steps = fact.area_path.split("/")
    return Line(
        case_id=fact.case_id,
        channel=fact.channel,
        area_path=fact.area_path,
        district="/".join(steps[:3] if len(steps) > 3 else steps[:2]) + "/",
        received_on=business_date(fact.received_at),
    )


COUNTED: frozenset[type[f.Fact]] = CHANGING | {f.CaseRegistered}
"""The facts that can change a number."""


def follow(line: Line, fact: f.Fact, at: datetime) -> Line:
    """The line after a fact stated at `at`; the same object where nothing counted has changed."""
    state = advance(line.state, fact)
    changes: dict[str, Any] = {}
    if isinstance(fact, f.MediatorAssigned) and line.assigned_on is None:
        changes["assigned_on"] = business_date(at)
    if isinstance(fact, f.DeadlineMissed) and state.overdue:
        changes["overdue_on"] = business_date(at)
    if state.status != line.state.status:
        changes |= _days_of_move(line, state.status, at)
    if state == line.state and not changes:
        return line
    return replace(line, state=state, **changes)


def _days_of_move(line: Line, status: str, at: datetime) -> dict[str, Any]:
    bucket = bucket_of(status)
    changes: dict[str, Any] = {}
    if bucket == "redirected" and line.redirected_on is None:
        changes["redirected_on"] = business_date(at)
    if bucket == "ended" and line.ended_on is None:
        changes["ended_on"] = business_date(at)
    if bucket != "ended" and line.ended_on is not None:
        changes["ended_on"] = None
    return changes


class Stated(Protocol):
    """What a recount needs of a fact: an envelope, or a line of an export read back."""

    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True)
class Counts:
    """Every number of the overview: cases by each dimension's codes, and the roll-up itself."""

    registered: int
    buckets: Mapping[str, int]
    status: Mapping[str, int]
    type: Mapping[str, int]
    grade: Mapping[str, int]
    channel: Mapping[str, int]
    district: Mapping[str, int]
    unit: Mapping[str, int]
    rollup: Mapping[Key, int]


def recount_lines(lines: Iterable[Line]) -> Counts:
    """All counts, from the lines of cases alone."""
    held = list(lines)
    rollup = Counter(key_of(line) for line in held)
    units = Counter(unit_of(line) for line in held)
    by: dict[str, Counter[str]] = {name: Counter() for name in Key._fields}
    buckets: Counter[str] = Counter()
    for key, count in rollup.items():
        buckets[bucket_of(key.status)] += count
        for name in ("status", "type", "grade", "channel", "district"):
            by[name][getattr(key, name)] += count
    return Counts(
        registered=len(held),
        buckets=buckets,
        status=by["status"],
        type=by["type"],
        grade=by["grade"],
        channel=by["channel"],
        district=by["district"],
        unit=units,
        rollup=rollup,
    )


def recount_facts(stated: Iterable[Stated]) -> Counts:
    """All counts from the facts alone, each case's in their order; a repeated fact is harmless.

    Raises UnknownFact for a fact this code does not know.
    """
    return recount_lines(replay(stated).values())


def replay(stated: Iterable[Stated]) -> dict[str, Line]:
    """The lines of all cases after these facts."""
    lines: dict[str, Line] = {}
    for item in stated:
        if item.topic != f.CASES:
            continue
        fact = f.decode(item.type, json.loads(item.data))
        line = lines.get(item.subject)
        if line is not None:
            lines[item.subject] = follow(line, fact, item.time)
        elif isinstance(fact, f.CaseRegistered):
            lines[item.subject] = begin(fact)
    return lines
