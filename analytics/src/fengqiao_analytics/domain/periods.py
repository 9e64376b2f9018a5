"""Business days and the hours of the products, all in Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAILY_HOUR = time(18, 0)
"""When the daily summary (日汇总) is issued."""


def business_date(moment: datetime) -> date:
    """The calendar day of a moment in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def next_issue_at(now: datetime) -> tuple[date, datetime]:
    """The next day whose summary falls due after `now`, and the moment (UTC) at which it does."""
    day = business_date(now)
    if now.astimezone(SHANGHAI).time() >= DAILY_HOUR:
        day += timedelta(days=1)
    return day, datetime.combine(day, DAILY_HOUR, SHANGHAI).astimezone(UTC)


def period(today: date, days: int) -> list[date]:
    """The last `days` business days, today the last."""
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
