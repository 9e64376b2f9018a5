"""What the statistics answer: every number with the list of cases behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_contracts.areas import Areas
from fengqiao_contracts.codes import table

from ..domain.counts import UNKNOWN


class Number(BaseModel):
    """A number, and the address of exactly the cases that it counts."""

    n: int
    list: str


class CodedNumber(Number):
    """A number of a code, with the code's words."""

    code: str
    zh: str
    en: str


class Overview(BaseModel):
    """The case sum (registered = the sum of the buckets) and every dimension, each of which sums
    to the same total.
    """

    area: str
    as_of: datetime
    registered: Number
    buckets: dict[str, CodedNumber]
    status: list[CodedNumber]
    type: list[CodedNumber]
    grade: list[CodedNumber]
    channel: list[CodedNumber]
    areas: list[CodedNumber]
    units: list[CodedNumber]


class Point(Number):
    """A number of a day."""

    day: date


class Series(BaseModel):
    """One code's numbers, day by day; `total` is their sum."""

    code: str
    zh: str
    en: str
    total: int
    points: list[Point]


class Trend(BaseModel):
    """Registrations day by day (Shanghai), by one dimension."""

    area: str
    by: str
    first: date
    last: date
    total: Number
    series: list[Series]


class ByArea(BaseModel):
    """One number for each of the areas directly below an area, and for the area itself."""

    area: str
    areas: list[CodedNumber]


class CaseLine(BaseModel):
    """A case behind a number."""

    id: str
    number: str
    status: str
    type: str | None
    risk: str | None
    channel: str
    area: str
    unit: str
    committee_id: str | None
    mediator_id: str | None
    waiting_reason: str | None
    overdue: str | None
    received_on: date
    ended_on: date | None


class CaseList(BaseModel):
    """The cases behind a number: `total` equals it."""

    items: list[CaseLine]
    total: int
    page: int
    size: int


def case_line(row: Row[Any]) -> CaseLine:
    """A case's line from its row."""
    same = set(CaseLine.model_fields) - {"risk", "mediator_id"}
    values = {name: getattr(row, name) for name in same}
    return CaseLine(**values, risk=row.grade, mediator_id=row.mediator)


def address(**filters: Any) -> str:
    """The address of the cases of these filters."""
    asked = {k: v for k, v in filters.items() if v is not None}
    return "/v1/stats/cases" + (f"?{urlencode(asked)}" if asked else "")


def coded(
    counts: Mapping[str, int],
    words: Callable[[str], tuple[str, str]],
    link: Callable[[str], str],
) -> list[CodedNumber]:
    """Numbers by code, the largest first; codes without cases are left out."""
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = []
    for code, n in order:
        if n:
            zh, en = words(code)
            rows.append(CodedNumber(code=code, zh=zh, en=en, n=n, list=link(code)))
    return rows


def words_of(name: str) -> Callable[[str], tuple[str, str]]:
    """The words of a code table; what is not known yet says so."""
    known = table(name).by_code

    def words(code: str) -> tuple[str, str]:
        if code == UNKNOWN or code not in known:
            return ("尚未研判", "not known yet") if code == UNKNOWN else (code, code)
        return known[code].zh, known[code].en

    return words


def area_words(areas: Areas) -> Callable[[str], tuple[str, str]]:
    """The names of areas."""
    return lambda code: (areas.name(code), areas.name(code))


def unit_words(names: Mapping[str, str]) -> Callable[[str], tuple[str, str]]:
    """The names of committees, as the registry entered them; a case that none has yet says so."""

    def words(unit: str) -> tuple[str, str]:
        if unit == UNKNOWN:
            return "尚未分派", "not routed yet"
        return names.get(unit, unit), names.get(unit, unit)

    return words
