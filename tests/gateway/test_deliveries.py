from datetime import UTC, datetime, timedelta

import pytest

from fengqiao_gateway.domain.deliveries import Answer, after_answer

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PAUSES = (5, 30)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(status: int) -> None:
    assert after_answer(Answer(status), 1, PAUSES, 0.0, NOW).outcome == "delivered"


@pytest.mark.parametrize("status", [None, 100, 301, 302, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again_after_the_pause(status: int | None) -> None:
    step = after_answer(Answer(status), 2, PAUSES, 0.0, NOW)
    assert step.outcome == "again"
    assert step.at == NOW + timedelta(seconds=30)


def test_chance_spreads_the_tries_by_a_fifth_at_most() -> None:
    step = after_answer(Answer(500), 1, PAUSES, 0.999, NOW)
    assert step.at is not None
    assert timedelta(seconds=5.9) < step.at - NOW < timedelta(seconds=6)


def test_after_the_last_pause_it_has_failed() -> None:
    assert after_answer(Answer(500), 3, PAUSES, 0.0, NOW).outcome == "failed"


def test_gone_ends_the_webhook() -> None:
    assert after_answer(Answer(410), 1, PAUSES, 0.0, NOW).outcome == "gone"
