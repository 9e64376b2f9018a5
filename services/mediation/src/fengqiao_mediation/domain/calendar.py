"""Days in Shanghai: which are worked, and how days and working days are counted."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Rest days and the weekend days worked instead (调休). `announced`: the years that are official."""

    version: str
    rest: frozenset[date]
    work: frozenset[date]
    announced: frozenset[int]

    def works(self, day: date) -> bool:
        """Whether `day` is a working day; a plain weekday where no table speaks of the year."""
        if day in self.work:
            return True
        return day.weekday() < 5 and day not in self.rest

    def official(self, first: date, last: date) -> bool:
        """Whether every year from `first` to `last` is announced, not forecast."""
        return all(year in self.announced for year in range(first.year, last.year + 1))


def parse_holidays(text: str) -> Holidays:
    """The holiday table of a TOML text; raises ValueError for a range that ends before it begins."""
    data: dict[str, Any] = tomllib.loads(text)
    years: Mapping[str, Any] = {k: v for k, v in data.items() if isinstance(v, dict)}
    rest: set[date] = set()
    for year in years.values():
        for first, last in year["rest"]:
            rest.update(_range(date.fromisoformat(first), date.fromisoformat(last)))
    work = {date.fromisoformat(day) for year in years.values() for day in year["work"]}
    announced = frozenset(int(name) for name, year in years.items() if year["announced"])
    return Holidays(data["version"], frozenset(rest), frozenset(work), announced)


@cache
def holidays() -> Holidays:
    """The package's holiday table, read once."""
    folder = resources.files("fengqiao_mediation") / "data"
    return parse_holidays((folder / "holidays.toml").read_text("utf-8"))


def day_of(moment: datetime) -> date:
    """The business date of a moment: its date in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first moment of a Shanghai day, in UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The moment at which a Shanghai day is over (the next midnight), in UTC."""
    return start_of(day + _DAY)


def add_days(day: date, length: int) -> date:
    """The last of `length` calendar days counted from the day after `day`."""
    return day + length * _DAY


def add_working_days(day: date, length: int, table: Holidays) -> date:
    """The last of `length` working days counted from the day after `day`."""
    while length > 0:
        day += _DAY
        length -= table.works(day)
    return day


def roll_forward(day: date, table: Holidays) -> date:
    """`day`, or the first working day after it where it is a rest day (CPL 85)."""
    while not table.works(day):
        day += _DAY
    return day


def _range(first: date, last: date) -> list[date]:
    if last < first:
        raise ValueError(f"a holiday ends before it begins: {first}..{last}")
    return [first + n * _DAY for n in range((last - first).days + 1)]
