"""Wrong passwords and codes: how many are borne and how long the door then stays shut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_FAILURES = 5
LOCK_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures in a row and until when nothing is let in, not even what is right."""

    failed: int = 0
    locked_until: datetime | None = None


def locked(state: Attempts, now: datetime) -> bool:
    """Whether the lock still holds at `now`."""
    return state.locked_until is not None and now < state.locked_until


def after_attempt(state: Attempts, now: datetime, *, right: bool) -> tuple[bool, Attempts]:
    """Whether to let in, and the state afterwards.

    Under lock nothing counts and nothing is let in. When a lock has run out counting starts anew.
    """
    if locked(state, now):
        return False, state
    if right:
        return True, Attempts()
    failed = (0 if state.locked_until is not None else state.failed) + 1
    if failed >= MAX_FAILURES:
        return False, Attempts(failed, now + LOCK_FOR)
    return False, Attempts(failed)
