"""When a webhook delivery is tried again, when it is given up, and what holds what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Outcome = Literal["delivered", "again", "failed", "gone"]

GONE = 410
"""Standard Webhooks: the receiver wants no more; the webhook is switched off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: the receiver's status, or the kind of failure without one."""

    status: int | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What to do with a delivery after an attempt."""

    outcome: Outcome
    at: datetime | None = None


def after_answer(
    answer: Answer, attempts: int, pauses: tuple[int, ...], jitter: float, now: datetime
) -> Next:
    """What follows attempt number `attempts` (1..); `pauses` in seconds, `jitter` in [0, 1).

    Every 2xx is success. After the last pause the delivery is failed: it keeps holding its case's
    later facts, so that order is never broken, until somebody replays it.
    """
    if answer.status is not None and 200 <= answer.status < 300:
        return Next("delivered")
    if answer.status == GONE:
        return Next("gone")
    if attempts > len(pauses):
        return Next("failed")
    pause = pauses[attempts - 1] * (1 + 0.2 * jitter)
    return Next("again", now + timedelta(seconds=pause))
