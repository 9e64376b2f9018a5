"""The book of places of one transaction: seats for many cases, with load counted in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fengqiao_contracts.values import Alternative

from .choice import Candidate, Want, choose
from .ladder import Ladder, Unit

MAX_ALTERNATIVES = 8
"""Units recorded as alternatives of one decision."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place found for a case, not yet taken in the store."""

    unit: Unit
    mediator: Candidate
    reasons: tuple[str, ...]
    passed: tuple[Alternative, ...]
    others: tuple[Alternative, ...]


@dataclass(slots=True)
class _Crew:
    """The assignable mediators of a unit, with the sums that many cases ask for."""

    members: dict[str, Candidate] = field(default_factory=dict)
    live: int = 0
    capacity: int = 0
    room: int = 0

    def count(self, one: Candidate, sign: int) -> None:
        self.live += sign * one.live
        self.capacity += sign * one.capacity
        self.room += sign * max(0, one.capacity - one.live)

    @property
    def load(self) -> float:
        return self.live / self.capacity if self.capacity else float("inf")


_NOBODY = _Crew()


class Book:
    """The mediators of the units concerned; `seat` counts each place it gives."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        """Take the rows as loaded; mediators that are not assignable are left out."""
        self._unit_of: dict[str, str] = {}
        self._crews: dict[str, _Crew] = {}
        for one in candidates:
            self.put(one)

    def put(self, candidate: Candidate) -> None:
        """Enter a mediator, or what was read again of one."""
        self.drop(candidate.id)
        if candidate.assignable and candidate.capacity > 0:
            crew = self._crews.setdefault(candidate.unit_id, _Crew())
            crew.members[candidate.id] = candidate
            crew.count(candidate, 1)
            self._unit_of[candidate.id] = candidate.unit_id

    def drop(self, mediator_id: str) -> None:
        """Forget a mediator: from now on nothing is given to him."""
        unit_id = self._unit_of.pop(mediator_id, None)
        if unit_id is not None:
            crew = self._crews[unit_id]
            crew.count(crew.members.pop(mediator_id), -1)

    def seat(self, ladder: Ladder, want: Want) -> Seat | None:
        """The first unit with a free place and its best mediator; None when nobody is free."""
        passed = list(ladder.missing)
        for rung in ladder.rungs:
            for unit in self._by_load(rung.units):
                crew = self._crews.get(unit.id, _NOBODY)
                chosen = choose(crew.members.values(), want) if crew.room else None
                if chosen is None:
                    passed.append(Alternative(id=unit.id, reason=self._why_full(unit)))
                    continue
                chosen.mediator.live += 1
                crew.live += 1
                crew.room -= 1
                kept = tuple(passed[:MAX_ALTERNATIVES])
                return Seat(unit, chosen.mediator, chosen.reasons, kept, chosen.alternatives)
        return None

    def room(self, unit_id: str) -> int:
        """How many cases the unit can still take."""
        return self._crews.get(unit_id, _NOBODY).room

    def staffed(self, unit_id: str) -> bool:
        """Whether the unit has any assignable mediator at all."""
        return bool(self._crews.get(unit_id, _NOBODY).members)

    def full(self, ladder: Ladder) -> tuple[Alternative, ...]:
        """Why no rung of the ladder could take the case."""
        units = (unit for rung in ladder.rungs for unit in rung.units)
        full = [Alternative(id=unit.id, reason=self._why_full(unit)) for unit in units]
        return (*ladder.missing, *full)[:MAX_ALTERNATIVES]

    def _by_load(self, units: tuple[Unit, ...]) -> Iterable[Unit]:
        if len(units) == 1:
            return units
        return sorted(units, key=lambda unit: (self._load(unit.id), unit.id))

    def _load(self, unit_id: str) -> float:
        return self._crews.get(unit_id, _NOBODY).load

    def _why_full(self, unit: Unit) -> str:
        why = "调解员均已满负荷" if self.staffed(unit.id) else "没有可指派的调解员"
        return f"{unit.name}：{why}"
