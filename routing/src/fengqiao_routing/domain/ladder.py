"""The ladder of units that may take a case, and why a rung is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fengqiao_contracts.values import Alternative, CommitteeKind

from .areas import CITY, COMMUNITY, DISTRICT, STREET, level, prefixes
from .table import Step, Table

_KINDS: dict[Step, frozenset[str]] = {
    "petition": frozenset({"professional"}),
    "professional": frozenset({"professional"}),
    "community": frozenset({"village", "community"}),
    "street": frozenset({"street", "town"}),
    "district": frozenset({"district"}),
}
_DEPTH: dict[Step, int] = {"community": COMMUNITY, "street": STREET, "district": DISTRICT}
_MISSING: dict[Step, str] = {
    "petition": "未登记信访事项专业性调委会",
    "professional": "未登记该纠纷类型的专业性调委会",
    "community": "案发村社未登记调委会或者案件区划未到村社",
    "street": "案发镇街未登记调委会或者案件区划未到镇街",
    "district": "未登记区级调委会",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """An active committee as routing knows it."""

    id: str
    name: str
    kind: CommitteeKind
    area_path: str
    specialities: frozenset[str] = frozenset()

    def serves_petitions(self, words: Iterable[str]) -> bool:
        """Whether it is a committee for petition matters (信访事项), by its own words."""
        return any(word in self.specialities or word in self.name for word in words)


@dataclass(frozen=True, slots=True)
class Rung:
    """Units of equal duty; the one with the most room is asked first."""

    step: Step
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a case, and why steps of its rule have none."""

    rungs: tuple[Rung, ...]
    missing: tuple[Alternative, ...] = ()


class Units:
    """The active committees by area and, for cases known only to the city, by step."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Index `units`; their order does not matter."""
        self.all = tuple(sorted(units, key=lambda unit: unit.id))
        self._at: dict[str, list[Unit]] = {}
        for unit in self.all:
            self._at.setdefault(unit.area_path, []).append(unit)
        self._ladders: dict[tuple[tuple[Step, ...], str, str], Ladder] = {}

    def ladder(self, table: Table, steps: tuple[Step, ...], path: str, type_: str) -> Ladder:
        """The rungs for a case of `type_` in the area `path`.

        A case reaches a unit of its own district. A unit of the whole city serves it only where
        its district has none. A case whose area is the city alone is served by the city's own
        units, then by those of any district.
        """
        key = (steps, path, type_)
        if key not in self._ladders:
            self._ladders[key] = self._build(table, steps, path, type_)
        return self._ladders[key]

    def _build(self, table: Table, steps: tuple[Step, ...], path: str, type_: str) -> Ladder:
        city_only = level(path, DISTRICT) is None
        words = table.petition_words
        rungs: list[Rung] = []
        missing: list[Alternative] = []
        for step in steps:
            groups = self._of_city(step, path) if city_only else self._own(step, path)
            found = [_fitting(step, units, type_, words) for units in groups]
            rungs.extend(Rung(step, units) for units in found if units)
            if not any(found):
                missing.append(Alternative(id=step, reason=_MISSING[step]))
        if not rungs and not city_only:
            top = self._at.get(prefixes(path)[CITY - 1], ())
            last = (Rung(step, _fitting(step, top, type_, words)) for step in steps)
            rungs = [rung for rung in last if rung.units]
        return Ladder(tuple(rungs), tuple(missing))

    def _own(self, step: Step, path: str) -> list[Sequence[Unit]]:
        depth = _DEPTH.get(step)
        if depth is None:
            return [self._at.get(place, ()) for place in prefixes(path)[: CITY - 1 : -1]]
        here = level(path, depth)
        return [self._at.get(here, ()) if here else ()]

    def _of_city(self, step: Step, path: str) -> list[Sequence[Unit]]:
        if step in ("community", "street"):
            return []
        below = [u for u in self.all if u.area_path.startswith(path) and u.area_path != path]
        return [self._at.get(path, ()), below]


def _fitting(
    step: Step, units: Iterable[Unit], type_: str, words: Iterable[str]
) -> tuple[Unit, ...]:
    """The units of the step's kind; a professional one by its type, a petition one by its words."""
    of_kind = (unit for unit in units if unit.kind in _KINDS[step])
    if step == "petition":
        return tuple(unit for unit in of_kind if unit.serves_petitions(words))
    if step == "professional":
        return tuple(
            unit
            for unit in of_kind
            if type_ in unit.specialities and not unit.serves_petitions(words)
        )
    return tuple(of_kind)


def only(unit: Unit, step: Step = "district") -> Ladder:
    """A ladder of one unit: chosen by a human, or bound by its acceptance of the case."""
    return Ladder((Rung(step, (unit,)),))
