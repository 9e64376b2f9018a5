"""The choice of a mediator: speciality, load, grade, nearness; the same input, the same answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from fengqiao_contracts.values import Alternative

from .areas import distance

ALTERNATIVES = 3
"""How many mediators that were not chosen are recorded, with the reason."""

WEAKEST_GRADE = 9
"""Grades count from 1, the highest; larger numbers are all alike."""


@dataclass(slots=True)
class Candidate:
    """A mediator with the live load known to this transaction; `live` grows as places are given."""

    id: str
    unit_id: str
    area_path: str
    specialities: frozenset[str]
    grade: int
    capacity: int
    live: int
    sequence: int
    assignable: bool = True

    @property
    def free(self) -> bool:
        """Whether one more case may be given to him."""
        return self.assignable and self.live < self.capacity


class Want(NamedTuple):
    """What a case asks of its mediator."""

    type: str
    grade: str
    area_path: str


class Key(NamedTuple):
    """The order of candidates, smallest first; `id` makes it total."""

    foreign: bool
    first: float
    second: float
    distance: int
    id: str


class Chosen(NamedTuple):
    """The mediator chosen, why, and who else could have been."""

    mediator: Candidate
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...]


def rank(candidate: Candidate, want: Want) -> Key:
    """Where a candidate stands for a case.

    Red asks for the highest grade before the lightest load (chief mediator), yellow and blue for
    the lightest load; blue keeps the highest grades free for others (domain.md §5.3).
    """
    load = candidate.live / candidate.capacity
    grade = min(candidate.grade, WEAKEST_GRADE)
    if want.grade == "red":
        first, second = float(grade), load
    else:
        first, second = load, float(grade if want.grade == "yellow" else -grade)
    away = distance(want.area_path, candidate.area_path)
    return Key(want.type not in candidate.specialities, first, second, away, candidate.id)


def choose(candidates: Iterable[Candidate], want: Want) -> Chosen | None:
    """The best mediator with a free place, or None; never one at capacity or not assignable."""
    free = ((rank(one, want), one) for one in candidates if one.free)
    best = nsmallest(ALTERNATIVES + 1, free, key=_key)
    if not best:
        return None
    key, chosen = best[0]
    others = tuple(
        Alternative(id=other.id, reason=_why_not(key, other_key, want))
        for other_key, other in best[1:]
    )
    return Chosen(chosen, _reasons(chosen, key), others)


def _key(pair: tuple[Key, Candidate]) -> Key:
    return pair[0]


def _reasons(chosen: Candidate, key: Key) -> tuple[str, ...]:
    speciality = "擅长类型不符，单位内无专长人员空闲" if key.foreign else "擅长该类纠纷"
    load = f"在办{chosen.live}件、上限{chosen.capacity}件"
    return (speciality, load, f"调解员等级{chosen.grade}级")


def _why_not(best: Key, other: Key, want: Want) -> str:
    if other.foreign != best.foreign:
        return "专长不符"
    if other.first != best.first:
        return "等级较低" if want.grade == "red" else "在办负荷较高"
    if other.second != best.second:
        if want.grade == "red":
            return "在办负荷较高"
        return "等级较低" if want.grade == "yellow" else "等级较高，留给疑难纠纷"
    return "距离较远" if other.distance != best.distance else "条件相同，按编号在后"
