from datetime import UTC, datetime, timedelta

from fengqiao_gateway.domain.lockout import LOCK_FOR, Attempts, after_attempt, locked

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def wrong(times: int, start: Attempts | None = None) -> Attempts:
    state = start or Attempts()
    for _ in range(times):
        let_in, state = after_attempt(state, NOW, right=False)
        assert not let_in
    return state


def test_four_wrong_ones_are_borne_and_a_right_one_forgets_them() -> None:
    assert after_attempt(wrong(4), NOW, right=True) == (True, Attempts())


def test_after_the_fifth_even_the_right_one_is_refused_for_fifteen_minutes() -> None:
    state = wrong(5)
    assert locked(state, NOW)
    almost = NOW + LOCK_FOR - timedelta(seconds=1)
    assert after_attempt(state, almost, right=True) == (False, state)
    assert timedelta(minutes=15) == LOCK_FOR


def test_guessing_under_lock_does_not_lengthen_it() -> None:
    state = wrong(5)
    assert wrong(100, state) == state


def test_when_the_lock_has_run_out_counting_starts_anew() -> None:
    later = NOW + LOCK_FOR
    state = wrong(5)
    assert after_attempt(state, later, right=True) == (True, Attempts())
    assert after_attempt(state, later, right=False) == (False, Attempts(1))
