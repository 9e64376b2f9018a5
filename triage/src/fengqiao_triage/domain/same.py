"""Are two cases one dispute: the evidence, each piece with its points, and what follows from the sum.

Telling words in common carry most; the same parties, place and time add or take away. The constants
were set on one half of the synthetic narratives (docs/triage-same.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from .signature import Parties

JOIN = 0.12
"""Points from which a case joins a dispute by itself; a human may undo it."""
SUGGEST = 0.06
"""Points from which a human is asked."""
MERGE = 0.06
"""Likeness of two whole disputes from which a case that fits both makes them one."""
COPY = 0.6
"""Share of the weightiest words that a near copy has in common with what it copies."""
LEAST_WORDS = 8
"""Fewer telling words than this make no copy: short complaints are alike without being one."""

SAME_PARTIES = 0.10
SAME_COUNTERPART = {"firm": 0.02, "person": 0.04}
SAME_APPLICANT = 0.03
NEAR_COPY = 0.10
SAME_PLACE, OTHER_DISTRICT = 0.02, -0.03
LONG_AGO = ((365, -0.03), (120, -0.01))
_COMMON_AFTER = 8
_DISTRICT, _STREET = 2, 3

Points = dict[str, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a case may belong to a dispute: points by reason, the sum, and the case most alike."""

    points: Mapping[str, float]
    score: float
    other_case_id: str
    copy: bool = False

    @property
    def reason(self) -> str:
        """The reason that says most to a human."""
        for code in ("same_words", "near_copy", "same_parties"):
            if code in self.points:
                return code
        if self.points.get("same_counterpart", 0) >= self.points.get("same_dispute", 0):
            return "same_counterpart"
        return "same_dispute"


@cache
def damping(disputes: int) -> float:
    """What is left of a word's weight that so many disputes use: a city's own common words."""
    return 1 / (1 + math.log2(1 + disputes / _COMMON_AFTER))


def likeness(
    one: Mapping[int, float], other: Mapping[int, float], used: Callable[[int], int]
) -> float:
    """How much two vectors have in common; `used` tells how many disputes use a word."""
    if len(one) > len(other):
        one, other = other, one
    return sum([one[key] * other[key] * damping(used(key)) for key in one.keys() & other.keys()])


def by_parties(case: Parties, dispute: Parties) -> Points:
    """Points for parties in common. Who complains of whom may be told from either side."""
    ours = case.ours & dispute.ours
    theirs = case.theirs & dispute.theirs
    if (ours and theirs) or (case.ours & dispute.theirs and case.theirs & dispute.ours):
        return {"same_parties": SAME_PARTIES}
    if theirs:
        kind = "firm" if theirs <= case.firms else "person"
        return {"same_counterpart": SAME_COUNTERPART[kind]}
    return {"same_applicant": SAME_APPLICANT} if ours else {}


def by_place(path: str, known: tuple[str, ...]) -> Points:
    """Points for the place: one street or closer; or no district in common, where all name one."""
    here = path.strip("/").split("/")
    shared = [_shared(here, other.strip("/").split("/")) for other in known]
    if max(shared) >= _STREET:
        return {"same_place": SAME_PLACE}
    named = len(here) >= _DISTRICT and all(other.count("/") > _DISTRICT for other in known)
    return {"other_district": OTHER_DISTRICT} if named and max(shared) < _DISTRICT else {}


def _shared(one: list[str], other: list[str]) -> int:
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        depth += 1
    return depth


def by_time(day: int, first: int, last: int) -> Points:
    """Points taken away where the dispute was last heard of long ago (or begins long after)."""
    gap = max(day - last, first - day, 0)
    for days, points in LONG_AGO:
        if gap > days:
            return {"long_ago": points}
    return {}


def copied(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether the weightiest words of two texts are so much the same that one is a copy."""
    most = max(len(one), len(other))
    return most >= LEAST_WORDS and len(one & other) >= COPY * most
