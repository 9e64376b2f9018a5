"""The daily summary: issued at 18:00 and by hand; late events make a next issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.areas import Area, Areas
from fengqiao_contracts.facts import DailySummaryIssued

from .. import store
from ..domain.daily import changed
from ..domain.periods import next_issue_at

KIND = "daily"


class DailyReport(BaseModel):
    """An issue of the daily summary; `issue` 0 without `issued_at` = not issued yet, as of now."""

    area: str
    day: date
    issue: int
    counts: dict[str, int]
    issued_at: datetime | None


def report_of(row: Row[Any]) -> DailyReport:
    """An issued summary from its row."""
    day = date.fromisoformat(row.period)
    return DailyReport(
        area=row.area, day=day, issue=row.issue, counts=row.counts, issued_at=row.issued_at
    )


async def issue_daily(tx: Tx, area: Area, day: date, actor: str) -> tuple[DailyReport, bool]:
    """Issue the summary of an area's day; gives it and whether it is new.

    Where nothing has changed since the last issue, that issue is the answer.
    """
    counts = await store.daily_counts(tx, area.path, day, SYSTEM)
    last = await store.last_report(tx, KIND, area.code, day.isoformat(), SYSTEM)
    if last is not None and not changed(last.counts, counts):
        return report_of(last), False
    issue = last.issue + 1 if last else 1
    row = {
        "kind": KIND,
        "area": area.code,
        "period": day.isoformat(),
        "issue": issue,
        "counts": counts,
        "issued_at": tx.now,
        "issued_by": actor,
    }
    await store.add_report(tx, row)
    fact = DailySummaryIssued(area=area.code, day=day, issue=issue, counts=counts, issued_at=tx.now)
    tx.state(fact, area=area.path, actor=actor)
    tx.audit("report.issue", f"daily/{area.code}/{day}/{issue}")
    return (
        DailyReport(area=area.code, day=day, issue=issue, counts=counts, issued_at=tx.now),
        True,
    )


async def issue_due(areas: Areas, back: int, tx: Tx, subject: str, _: object = None) -> None:
    """At 18:00: the day's summary of the city and of each district and zone, and what late events
    have changed of the summaries issued for the `back` days before.
    """
    day = date.fromisoformat(subject)
    earlier = [day - timedelta(days=days) for days in range(1, back + 1)]
    for area in reporting_areas(areas):
        await issue_daily(tx, area, day, "schedule")
        for past in earlier:
            if await store.last_report(tx, KIND, area.code, past.isoformat(), SYSTEM):
                await issue_daily(tx, area, past, "schedule")
    schedule_daily(tx)


async def begin_schedule(tx: Tx) -> None:
    """At the start of the service: make sure that the next daily summary is due."""
    schedule_daily(tx)


def schedule_daily(tx: Tx) -> None:
    """Put the next daily summary on the schedule; the same row however often it is asked."""
    day, at = next_issue_at(tx.now)
    tx.due(KIND, day.isoformat(), at)


def reporting_areas(areas: Areas) -> Sequence[Area]:
    """The city and its districts and functional zones."""
    return (areas.city, *areas.children(areas.city.code))
