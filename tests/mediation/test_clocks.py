"""The clocks of the law: when each ends and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_contracts.values import Grade
from fengqiao_mediation.domain import clocks
from fengqiao_mediation.domain.model import Agreement, Casework, Extension

type Make[T] = Callable[..., T]

MOMENTS = st.integers(0, 1000 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("grade", "assigned", "due"),
    [
        ("red", "2026-02-16T23:50", "2026-02-17T00:20"),  # no holiday stops a red case
        ("yellow", "2026-03-02T22:00", "2026-03-03T02:00"),
        ("blue", "2026-03-06T10:00", "2026-03-10T00:00"),  # Friday: by the end of Monday
        ("blue", "2026-02-13T17:00", "2026-02-15T00:00"),  # the Saturday after is worked
        ("none", "2026-02-14T09:00", "2026-02-25T00:00"),  # then the Spring Festival
    ],
)
def test_the_time_to_sign_for_follows_the_grade(grade: Grade, assigned: str, due: str) -> None:
    assert clocks.sign_for("s1", at(assigned), grade).due_at == at(due)


def test_a_higher_grade_shortens_the_time_to_sign_from_the_regrading_on() -> None:
    assigned, regraded = at("2026-03-02T09:00"), at("2026-03-02T10:00")
    blue = clocks.sign_for("s1", assigned, "blue").due_at
    red = clocks.stricter_sign_for(blue, "s1", regraded, "red")
    assert red == at("2026-03-02T10:30")
    assert clocks.stricter_sign_for(red, "s1", regraded, "blue") == red


@pytest.mark.parametrize(
    ("accepted", "due_on"),
    [
        ("2026-03-01T23:59:59", "2026-03-31"),
        ("2026-03-02T00:00:00", "2026-04-01"),
        ("2028-01-30T12:00:00", "2028-02-29"),
        ("2026-01-15T12:00:00", "2026-02-14"),
    ],
)
def test_the_general_term_is_thirty_days_from_the_shanghai_day_of_acceptance(
    accepted: str, due_on: str
) -> None:
    term = clocks.term("02", at(accepted))
    assert term.due_on == date.fromisoformat(due_on)
    assert "第三十三条" in term.why_zh
    assert due_on in term.why_zh
    assert due_on in term.why_en


def test_a_medical_term_counts_thirty_working_days_over_the_spring_festival() -> None:
    term = clocks.term("13", at("2026-01-26T09:00"))
    # 27-30 January 4, 2-6 February 5, 9-14 February 6 (a worked Saturday), festival, 24-28 February
    # 5 (a worked Saturday), 2-6 March 5, 9-13 March 5: the 30th is Friday, 13 March.
    assert term.due_on == date(2026, 3, 13)
    assert not term.provisional
    assert "30个工作日" in term.why_zh


def test_a_date_counted_through_an_unannounced_year_says_so() -> None:
    term = clocks.term("13", at("2026-12-20T09:00"))
    assert term.provisional
    assert "尚未公布" in term.why_zh


def test_the_confirmation_clock_is_thirty_days_from_effect_and_closes_on_a_working_day() -> None:
    found = clocks.confirmation("g1", date(2026, 1, 22))
    assert found.due_on == date(2026, 2, 21)  # inside the Spring Festival
    assert clocks.confirmation_closes_on(found.due_on) == date(2026, 2, 24)
    assert clocks.confirmation_closes_on(date(2026, 3, 31)) == date(2026, 3, 31)


def test_only_a_labour_dispute_has_the_day_from_which_arbitration_is_open() -> None:
    notice = clocks.labour_notice("c1", "10", at("2026-03-02T12:00"))
    assert notice is not None
    assert notice.due_on == date(2026, 3, 17)
    assert clocks.labour_notice("c1", "02", at("2026-03-02T12:00")) is None


@given(MOMENTS)
def test_a_dated_clock_ends_at_a_shanghai_midnight(moment: datetime) -> None:
    for deadline in (clocks.term("02", moment), clocks.term("13", moment)):
        assert deadline.due_at.astimezone(UTC).hour == 16
        assert deadline.due_at > moment


def kinds(work: Casework) -> list[str]:
    return sorted(d.kind for d in clocks.running(work))


def test_the_clocks_that_run_follow_the_state(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    signing = casework("assigned", sign_due_at=at("2026-03-04T00:00"))
    assert kinds(signing) == ["sign_for"]
    assert kinds(casework("mediating")) == ["term"]
    assert kinds(casework("mediating", type="10")) == ["labour_notice", "term"]
    assert kinds(casework("agreed", agreements=(agreement(),))) == []
    bound = agreement(effective_on=date(2026, 3, 2), confirmation_due_on=date(2026, 4, 1))
    assert kinds(casework("effective", agreements=(bound,))) == ["confirmation", "performance"]
    applied = replace(bound, confirmation="applied")
    assert kinds(casework("effective", agreements=(applied,))) == ["performance"]
    for state in ("terminated", "closed", "archived", "refused", "redirected"):
        assert kinds(casework(state, agreements=(bound,))) == []


def test_an_extended_term_names_the_consent_and_is_a_clock_of_its_own(
    casework: Make[Casework], noon: datetime
) -> None:
    first = clocks.running(casework("mediating"))[0]
    longer = Extension("e1", 1, date(2026, 4, 20), ("a", "b"), noon)
    work = casework("mediating", term_due_on=date(2026, 4, 20), extensions=(longer,))
    (after,) = clocks.running(work)
    assert after.due_on == date(2026, 4, 20)
    assert after.ref != first.ref
    assert "各方当事人同意" in after.why_zh


def test_a_type_changed_after_acceptance_moves_no_term(casework: Make[Casework]) -> None:
    (term,) = clocks.running(casework("mediating", type="13"))
    assert term.due_on == date(2026, 4, 1)
    assert "受理时" in term.why_zh


def test_a_regraded_case_explains_its_shorter_time(
    casework: Make[Casework], noon: datetime
) -> None:
    work = casework("assigned", grade="red", sign_due_at=noon + timedelta(hours=2))
    (clock,) = clocks.running(work)
    assert clock.due_at == noon + timedelta(hours=2)
    assert "风险等级调整" in clock.why_zh
