"""What analytics states: issued summaries."""

from __future__ import annotations

from datetime import date, datetime

from .base import INSIGHTS, Fact


class DailySummaryIssued(Fact, name="daily_summary.issued", topic=INSIGHTS, subject="area"):
    """The daily summary (日汇总) of an area was issued; late events make a next issue."""

    area: str
    day: date
    issue: int
    counts: dict[str, int]
    issued_at: datetime
