"""Shanghai days, working days and the holiday table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_mediation.domain.calendar import (
    add_days,
    add_working_days,
    day_of,
    end_of,
    holidays,
    parse_holidays,
    roll_forward,
    start_of,
)

DAYS = st.dates(date(2025, 1, 1), date(2027, 11, 30))


def test_a_shanghai_day_begins_at_16_utc_of_the_day_before() -> None:
    assert day_of(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert day_of(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)
    assert start_of(date(2026, 3, 2)) == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


@given(DAYS)
def test_every_day_has_24_hours_without_summer_time(day: date) -> None:
    assert end_of(day) - start_of(day) == timedelta(hours=24)
    assert day_of(end_of(day) - timedelta(microseconds=1)) == day
    assert day_of(end_of(day)) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),  # Friday before the Spring Festival
        ("2026-02-14", True),  # Saturday worked instead
        ("2026-02-16", False),  # eve
        ("2026-02-23", False),  # last day off, a Monday
        ("2026-02-24", True),
        ("2026-02-28", True),  # Saturday worked instead
        ("2026-03-01", False),  # plain Sunday
        ("2026-10-10", True),  # Saturday worked instead
        ("2025-09-28", True),  # Sunday worked instead
        ("2025-10-08", False),
        ("2028-01-03", True),  # a year without table: a plain Monday
    ],
)
def test_days_of_the_published_tables(day: str, works: bool) -> None:
    assert holidays().works(date.fromisoformat(day)) is works


def test_the_tables_hold_the_published_number_of_days_off() -> None:
    table = holidays()
    for year, off, worked in ((2025, 28, 5), (2026, 33, 6)):
        assert sum(day.year == year for day in table.rest) == off
        assert sum(day.year == year for day in table.work) == worked
    assert table.announced == {2025, 2026}


def test_every_make_up_day_is_a_weekend_day_and_no_day_off() -> None:
    table = holidays()
    assert all(day.weekday() >= 5 for day in table.work)
    assert not table.rest & table.work


@given(DAYS, st.integers(1, 40))
def test_the_last_working_day_counted_is_one_and_the_count_is_right(
    start: date, length: int
) -> None:
    table = holidays()
    last = add_working_days(start, length, table)
    assert table.works(last)
    between = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]
    assert sum(map(table.works, between)) == length


@given(DAYS)
def test_a_day_rolls_forward_only_over_days_off(day: date) -> None:
    table = holidays()
    rolled = roll_forward(day, table)
    assert table.works(rolled)
    skipped = (rolled - day).days
    assert not any(table.works(day + timedelta(days=n)) for n in range(skipped))


def test_thirty_days_from_30_january_pass_the_29th_of_february_in_a_leap_year() -> None:
    assert add_days(date(2028, 1, 30), 30) == date(2028, 2, 29)
    assert add_days(date(2028, 2, 29), 30) == date(2028, 3, 30)
    assert add_days(date(2026, 1, 30), 30) == date(2026, 3, 1)


def test_a_holiday_that_ends_before_it_begins_is_refused() -> None:
    text = 'version="x"\n[2030]\nannounced=true\nrest=[["2030-01-03","2030-01-01"]]\nwork=[]'
    with pytest.raises(ValueError, match="ends before it begins"):
        parse_holidays(text)
