"""Overview, trend, and the list behind each number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import ReadTx
from fengqiao_chassis.web import AreaCode, Day, Principal, Who
from fengqiao_contracts.areas import Area
from fengqiao_contracts.codes import CodeRow, table
from fengqiao_contracts.life import bucket_of
from fengqiao_contracts.values import Channel, Status

from .. import store
from ..domain.counts import Line
from ..domain.periods import business_date, period
from ..store.parked import parked_lines
from .models import (
    ByArea,
    CaseList,
    CodedNumber,
    Number,
    Overview,
    Point,
    Series,
    Trend,
    address,
    area_words,
    case_line,
    coded,
    unit_words,
    words_of,
)
from .scope import CODE, area_for

Bucket = Literal["pending", "assigned", "waiting", "redirected", "parked", "ended"]
Dimension = Literal["status", "type", "grade", "channel", "area", "unit"]
Flow = Literal["registered", "red", "yellow", "assigned", "redirected", "ended", "overdue"]
Grades = Literal["red", "yellow", "blue", "none", "unknown"]


class CaseQuery(BaseModel):
    """Which cases; the parameters that a number's `list` names."""

    model_config = ConfigDict(extra="forbid")

    area: AreaCode | None = None
    direct: bool = False
    bucket: Bucket | None = None
    status: Status | None = None
    type: str | None = Field(None, max_length=8, pattern=CODE)
    risk: Grades | None = None
    channel: Channel | None = None
    unit: str | None = Field(None, max_length=64, pattern=CODE)
    first: Day | None = None
    last: Day | None = None
    flow: Flow | None = None
    day: Day | None = None
    overdue: bool | None = None
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(50, ge=1, le=1000)


class AreasQuery(BaseModel):
    """Which number is asked for each area."""

    model_config = ConfigDict(extra="forbid")

    area: AreaCode | None = None
    bucket: Bucket | None = None
    risk: Grades | None = None
    overdue: bool | None = None


_TABLES = {"status": "statuses", "type": "types", "grade": "grades", "channel": "channels"}
_PARAMETER = {"grade": "risk"}


def add_routes(r: APIRouter, ctx: Context) -> None:
    """GET /stats/overview, /stats/areas, /stats/trend, /stats/cases."""
    _get_overview(r, ctx)
    _get_areas(r, ctx)
    _get_trend(r, ctx)
    _get_cases(r, ctx)


def _get_overview(r: APIRouter, ctx: Context) -> None:
    @r.get("/stats/overview", response_model=Overview, tags=["statistics"])
    async def get_overview(who: Who, area: AreaCode | None = None) -> Overview:
        """The case sum and every dimension of it, for an area of yours."""
        place = area_for(ctx, who, area)
        async with ctx.db.read() as tx:
            return await _overview(ctx, tx, who, place)


def _get_areas(r: APIRouter, ctx: Context) -> None:
    @r.get("/stats/areas", response_model=ByArea, tags=["statistics"])
    async def get_areas(who: Who, asked: Annotated[AreasQuery, Query()]) -> ByArea:
        """One number area by area: all cases, those of a bucket or a grade, those overdue."""
        place = area_for(ctx, who, asked.area)
        async with ctx.db.read() as tx:
            found = await _asked_by_area(tx, who, place, asked)
        filters: dict[str, str | None] = {"bucket": asked.bucket, "risk": asked.risk}
        if asked.overdue is not None:
            filters["overdue"] = "true" if asked.overdue else "false"
        return ByArea(
            area=place.code,
            areas=coded(
                found,
                area_words(ctx.areas),
                lambda child: address(area=child, direct=_direct(place, child), **filters),
            ),
        )


def _get_trend(r: APIRouter, ctx: Context) -> None:
    @r.get("/stats/trend", response_model=Trend, tags=["statistics"])
    async def get_trend(
        who: Who,
        days: Annotated[int, Query(ge=1, le=366)] = 30,
        by: Dimension = "type",
        area: AreaCode | None = None,
    ) -> Trend:
        """Registrations of the last days (Shanghai), today the last, by one dimension."""
        place = area_for(ctx, who, area)
        async with ctx.db.read() as tx:
            return await _trend(ctx, tx, who, place, (by, days))


def _get_cases(r: APIRouter, ctx: Context) -> None:
    @r.get("/stats/cases", response_model=CaseList, tags=["statistics"])
    async def get_cases(who: Who, asked: Annotated[CaseQuery, Query()]) -> CaseList:
        """The cases behind a number: the same filters, the same total."""
        wanted = _wanted(ctx, asked, area_for(ctx, who, asked.area))
        page = store.Page(asked.size, (asked.page - 1) * asked.size)
        async with ctx.db.read() as tx:
            held = [line.case_id for line in await parked_lines(tx, who.scope)]
            if asked.bucket == "parked":
                page = replace(page, only=held)
            elif asked.bucket is not None:
                page = replace(page, without=held)
            total, rows = await store.list_cases(tx, wanted, who.scope, page)
        lines = [case_line(row) for row in rows]
        return CaseList(items=lines, total=total, page=asked.page, size=asked.size)


def _wanted(ctx: Context, asked: CaseQuery, place: Area) -> store.Wanted:
    return store.Wanted(
        area_path=place.path,
        direct=asked.direct,
        bucket=None if asked.bucket == "parked" else asked.bucket,
        status=asked.status,
        type=asked.type,
        grade=asked.risk,
        channel=asked.channel,
        unit=asked.unit,
        first=asked.first,
        last=asked.last,
        flow=asked.flow,
        day=asked.day or business_date(ctx.now()),
        overdue=asked.overdue,
    )


async def _overview(ctx: Context, tx: ReadTx, who: Principal, place: Area) -> Overview:
    wanted = store.Wanted(area_path=place.path)
    numbers = {
        name: _single(await store.group_cases(tx, [name], wanted, who.scope)) for name in _TABLES
    }
    held = [
        line for line in await parked_lines(tx, who.scope) if line.area_path.startswith(place.path)
    ]
    code = place.code
    return Overview(
        area=code,
        as_of=ctx.now(),
        registered=Number(n=sum(numbers["status"].values()), list=address(area=code)),
        buckets=_buckets(numbers["status"], held, code),
        areas=coded(
            await _by_area(tx, who, place, store.Wanted(area_path=place.path)),
            area_words(ctx.areas),
            lambda child: address(area=child, direct=_direct(place, child)),
        ),
        units=coded(
            _single(await store.group_units(tx, place.path, who.scope)),
            unit_words(await store.committee_names(tx, who.scope)),
            lambda unit: address(area=code, unit=unit),
        ),
        **{
            name: coded(counts, words_of(_TABLES[name]), _link(name, code))
            for name, counts in numbers.items()
        },
    )


def _single(groups: Mapping[tuple[Any, ...], int]) -> dict[str, int]:
    return {str(key[0]): n for key, n in groups.items()}


def _link(name: str, area: str) -> Any:
    parameter = _PARAMETER.get(name, name)
    return lambda code: address(area=area, **{parameter: code})


def _buckets(
    by_status: Mapping[str, int], held: Sequence[Line], area: str
) -> dict[str, CodedNumber]:
    """The buckets of the case sum; a parked case counts as parked, whatever its status."""
    counts: Counter[str] = Counter()
    for status, n in by_status.items():
        counts[bucket_of(status)] += n
    for line in held:
        counts[bucket_of(line.state.status)] -= 1
        counts["parked"] += 1
    return {
        row.code: CodedNumber(
            code=row.code,
            zh=row.zh,
            en=row.en,
            n=counts[row.code],
            list=address(area=area, bucket=row.code),
        )
        for row in table("buckets").rows
    }


async def _asked_by_area(
    tx: ReadTx, who: Principal, place: Area, asked: AreasQuery
) -> dict[str, int]:
    """The number by area; as in the case sum, a parked case is in no other bucket."""
    wanted = store.Wanted(
        area_path=place.path,
        bucket=None if asked.bucket == "parked" else asked.bucket,
        grade=asked.risk,
        overdue=asked.overdue,
    )
    if asked.bucket is None:
        return await _by_area(tx, who, place, wanted)
    held = [line.case_id for line in await parked_lines(tx, who.scope)]
    kept = store.Page(0, 0, only=held) if asked.bucket == "parked" else store.Page(0, 0, None, held)
    return _below_all(place, await store.group_kept(tx, _by(place), wanted, who.scope, kept))


async def _by_area(tx: ReadTx, who: Principal, place: Area, wanted: store.Wanted) -> dict[str, int]:
    """Cases by the areas directly below; those of the area itself count under it."""
    groups = await store.group_cases(tx, [_by(place)], wanted, who.scope)
    return _below_all(place, _single(groups))


def _by(place: Area) -> str:
    return "district" if place.level == "city" else "area_path"


def _below_all(place: Area, groups: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for path, n in groups.items():
        found[_below(place, path)] += n
    return dict(found)


async def _trend(
    ctx: Context, tx: ReadTx, who: Principal, place: Area, asked: tuple[Dimension, int]
) -> Trend:
    by, span = asked
    days = period(business_date(ctx.now()), span)
    wanted = store.Wanted(area_path=place.path, first=days[0], last=days[-1])
    column = by if by != "area" else _by(place)
    groups = await store.group_cases(tx, ["day", column], wanted, who.scope)
    numbers: dict[str, Counter[date]] = {}
    for (day, code), n in groups.items():
        key = _below(place, code) if by == "area" else code
        numbers.setdefault(key, Counter())[day] += n
    words = await _words(ctx, tx, who, by)
    return Trend(
        area=place.code,
        by=by,
        first=days[0],
        last=days[-1],
        total=Number(
            n=sum(groups.values()), list=address(area=place.code, first=days[0], last=days[-1])
        ),
        series=[
            _series(_filters(place, by, code), CodeRow(code, *words(code), {}), days, counts)
            for code, counts in sorted(numbers.items(), key=lambda item: -item[1].total())
        ],
    )


async def _words(
    ctx: Context, tx: ReadTx, who: Principal, by: Dimension
) -> Callable[[str], tuple[str, str]]:
    """The names of a dimension's codes."""
    if by == "area":
        return area_words(ctx.areas)
    if by == "unit":
        return unit_words(await store.committee_names(tx, who.scope))
    return words_of(_TABLES[by])


def _direct(place: Area, child: str) -> str | None:
    """What marks the number of the cases registered for an area itself."""
    return "true" if child == place.code else None


def _below(place: Area, path: str) -> str:
    return path.removeprefix(place.path).split("/")[0] or place.code


def _series(
    filters: Mapping[str, str | None],
    row: CodeRow,
    days: Sequence[date],
    counts: Mapping[date, int],
) -> Series:
    points = [
        Point(day=day, n=counts.get(day, 0), list=address(**filters, first=day, last=day))
        for day in days
    ]
    total = sum(counts.values())
    return Series(code=row.code, zh=row.zh, en=row.en, total=total, points=points)


def _filters(place: Area, by: Dimension, code: str) -> dict[str, str | None]:
    """The parameters that keep one code of a dimension."""
    if by == "area":
        return {"area": code, "direct": _direct(place, code)}
    return {"area": place.code, _PARAMETER.get(by, by): code}
