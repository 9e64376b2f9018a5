"""Judicial confirmation: day 28 passes, day 31 does not, a day off moves the end (CPL 85, 205)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from fengqiao_contracts.errors import Conflict, Invalid
from fengqiao_mediation.domain.confirmation import enter
from fengqiao_mediation.domain.model import Agreement

type Make[T] = Callable[..., T]

EFFECT = date(2026, 3, 2)


@pytest.fixture
def bound(agreement: Make[Agreement]) -> Agreement:
    return agreement(effective_on=EFFECT, confirmation_due_on=date(2026, 4, 1))


def test_an_application_within_thirty_days_is_recorded_and_decided_later(bound: Agreement) -> None:
    applied = enter(bound, EFFECT + timedelta(days=28), None, date(2026, 5, 1))
    assert (applied.confirmation, applied.applied_on, applied.decided_on) == (
        "applied",
        date(2026, 3, 30),
        None,
    )
    waiting = replace(bound, confirmation="applied", confirmation_applied_on=applied.applied_on)
    decided = enter(waiting, None, "valid", date(2026, 4, 20))
    assert (decided.confirmation, decided.applied_on) == ("valid", date(2026, 3, 30))


def test_an_application_on_day_31_is_refused(bound: Agreement) -> None:
    with pytest.raises(Conflict, match="confirmation-term-lapsed"):
        enter(bound, EFFECT + timedelta(days=31), None, date(2026, 5, 1))


def test_a_last_day_in_the_spring_festival_moves_to_the_next_working_day(
    agreement: Make[Agreement],
) -> None:
    bound = agreement(effective_on=date(2026, 1, 22), confirmation_due_on=date(2026, 2, 21))
    assert enter(bound, date(2026, 2, 24), None, date(2026, 3, 1)).confirmation == "applied"
    with pytest.raises(Conflict, match="confirmation-term-lapsed"):
        enter(bound, date(2026, 2, 25), None, date(2026, 3, 1))


def test_a_decision_inside_the_term_needs_no_application_day_and_a_later_one_does(
    bound: Agreement,
) -> None:
    assert enter(bound, None, "refused", date(2026, 4, 1)).applied_on == date(2026, 4, 1)
    with pytest.raises(Invalid) as refused:
        enter(bound, None, "valid", date(2026, 4, 2))
    assert refused.value.field == "applied_on"


def test_entries_that_contradict_are_refused(bound: Agreement, agreement: Make[Agreement]) -> None:
    with pytest.raises(Conflict, match="not-effective"):
        enter(agreement(), EFFECT, None, EFFECT)
    with pytest.raises(Conflict, match="already-decided"):
        enter(replace(bound, confirmation="valid"), None, "valid", EFFECT)
    with pytest.raises(Invalid, match="invalid-applied-on"):
        enter(bound, EFFECT - timedelta(days=1), None, EFFECT)
    with pytest.raises(Invalid, match="invalid-decided-on"):
        enter(bound, EFFECT + timedelta(days=2), "valid", EFFECT)
    with pytest.raises(Invalid, match="applied-on-missing"):
        enter(bound, None, None, EFFECT)
    waiting = replace(bound, confirmation="applied", confirmation_applied_on=EFFECT)
    with pytest.raises(Conflict, match="already-applied"):
        enter(waiting, EFFECT + timedelta(days=1), "valid", EFFECT + timedelta(days=3))
    with pytest.raises(Conflict, match="already-applied"):
        enter(waiting, None, None, EFFECT + timedelta(days=3))
