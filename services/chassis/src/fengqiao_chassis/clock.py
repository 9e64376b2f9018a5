"""The one clock: every time the platform reads comes from here, so that tests can set it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """The system's clock, in aware UTC."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The business date in Shanghai."""
        return business_date(self.now())


class SetClock(Clock):
    """A clock for tests: stands where it was set until moved; offset mode follows real time."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """The set moment, or real time plus the offset."""
        return self._fixed or datetime.now(UTC) + self._offset

    def set(self, moment: datetime) -> None:
        """Stand still at `moment`."""
        self._fixed = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`."""
        if self._fixed is not None:
            self._fixed += by
        else:
            self._offset += by


def business_date(moment: datetime) -> date:
    """The calendar date of an aware moment in Shanghai."""
    return moment.astimezone(SHANGHAI).date()
