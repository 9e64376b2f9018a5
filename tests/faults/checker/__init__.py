"""The one checker of the invariants I1-I7, I9 and I10: evidence in, violations out; no I/O."""

from __future__ import annotations

from collections.abc import Mapping

from .answers import CLOSED, KEPT
from .healing import HEALING
from .model import Check, Entry, Evidence, Numbers, Reader, Stated, Violation
from .moves import MOVES
from .order import ORDER
from .places import CAPACITY, NOT_LOST, ONCE
from .sums import SUMS
from .trail import TRAIL

CHECKS: Mapping[str, tuple[Check, ...]] = {
    "I1": KEPT,
    "I2": NOT_LOST,
    "I3": ONCE,
    "I4": (*ORDER, *MOVES),
    "I5": CAPACITY,
    "I6": SUMS,
    "I7": TRAIL,
    "I9": CLOSED,
    "I10": HEALING,
}
"""By invariant; each check judges one thing after the other."""


def check(evidence: Evidence) -> list[Violation]:
    """Every violation; an empty list when all invariants hold."""
    return [
        found for checks in CHECKS.values() for one in checks for found in one(evidence) if found
    ]


def judged(evidence: Evidence) -> dict[str, int]:
    """How many things each check judged: a check that judged nothing proves nothing."""
    return {
        f"{invariant}.{one.__name__}": sum(1 for _ in one(evidence))
        for invariant, checks in CHECKS.items()
        for one in checks
    }


__all__ = [
    "CHECKS",
    "Check",
    "Entry",
    "Evidence",
    "Numbers",
    "Reader",
    "Stated",
    "Violation",
    "check",
    "judged",
]
