"""The daily summary: read it, or issue it by hand."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Answer, AreaCode, Body, Day, Who
from fengqiao_contracts.errors import Invalid

from .. import store
from ..domain.daily import FLOWS
from ..domain.periods import business_date
from ..handlers.daily import KIND, DailyReport, issue_daily, report_of
from .models import CodedNumber, address
from .scope import area_for


class NewDaily(Body):
    """Which day's summary of which area to issue; nothing given = today, your area."""

    day: Day | None = None
    area: AreaCode | None = None


class DailyView(DailyReport):
    """A summary with its words, its numbers' cases, and all its issues."""

    numbers: list[CodedNumber]
    issues: list[DailyReport]


def add_routes(r: APIRouter, ctx: Context) -> None:
    """GET and POST /reports/daily."""
    _get_daily(r, ctx)
    _post_daily(r, ctx)


def _get_daily(r: APIRouter, ctx: Context) -> None:
    @r.get("/reports/daily", response_model=DailyView, tags=["reports"])
    async def get_daily(
        who: Who,
        day: Day | None = None,
        area: AreaCode | None = None,
    ) -> DailyView:
        """The latest issue of a day's summary (日汇总); before the first issue, the numbers as of
        now under issue 0.
        """
        place = area_for(ctx, who, area)
        when = _day(ctx, day)
        async with ctx.db.read() as tx:
            rows = await store.issues_of(tx, KIND, place.code, when.isoformat(), who.scope)
            issues = [report_of(row) for row in rows]
            if issues:
                current = issues[-1]
            else:
                counts = await store.daily_counts(tx, place.path, when, who.scope)
                current = DailyReport(
                    area=place.code, day=when, issue=0, counts=counts, issued_at=None
                )
        numbers = [
            CodedNumber(
                code=flow,
                zh=zh,
                en=en,
                n=current.counts[flow],
                list=address(area=place.code, flow=flow, day=when),
            )
            for flow, (zh, en) in FLOWS.items()
        ]
        return DailyView(**current.model_dump(), numbers=numbers, issues=issues)


def _post_daily(r: APIRouter, ctx: Context) -> None:
    @r.post(
        "/reports/daily",
        status_code=201,
        response_model=DailyReport,
        responses={200: {"model": DailyReport, "description": "Nothing has changed since"}},
        tags=["reports"],
    )
    async def post_daily(body: NewDaily, request: Request, who: Who) -> Response:
        """Issue a day's summary by hand: the next issue (201), or the last one where nothing has
        changed since (200).
        """
        who.require("admin", "city", "district")
        place = area_for(ctx, who, body.area)
        when = _day(ctx, body.day)

        async def work(tx: Tx) -> Answer:
            report, new = await issue_daily(tx, place, when, who.id)
            return Answer(report, status=201 if new else 200)

        return await ctx.command(request, work, status=201)


def _day(ctx: Context, day: date | None) -> date:
    today = business_date(ctx.now())
    if day is not None and day > today:
        raise Invalid(
            "bad-date",
            "日汇总的日期不能晚于今天：请改正 day",
            "a daily summary cannot be of a day to come: correct day",
            "day",
        )
    return day or today
