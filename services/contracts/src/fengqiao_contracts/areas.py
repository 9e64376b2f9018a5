"""The area tree of the city: divisions by code, and the functional zones that manage some streets.

A path names an area and all above it, `/510100/510104/510104020/`; scope is a prefix of it. A street
that a functional zone manages hangs under the zone (`/510100/gaoxin/510107063/`), not under the
district whose statistical code it carries: the prefix of a code says nothing about scope.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from .errors import Invalid

Level = Literal["city", "district", "zone", "street", "community"]

_DATA = resources.files(__package__) / "data"
_LEVELS: Mapping[int, tuple[Level, int]] = {
    6: ("district", 0),
    9: ("street", 6),
    12: ("community", 9),
}
"""By the length of a code: its level, and how many of its digits are its parent's code."""


class Area(NamedTuple):
    """One area; frozen.

    `parent` is the code of the area that manages it ("" for the city), `zone` the code of its
    functional zone or None where an ordinary district manages it.
    """

    code: str
    name: str
    level: Level
    parent: str
    path: str
    zone: str | None


class Areas:
    """The areas of one city, looked up by code. Every look-up of an unknown code raises Invalid."""

    def __init__(self, rows: Iterable[Area]) -> None:
        """Index `rows`, which name every parent before its children; the first is the city."""
        self._by_code = {row.code: row for row in rows}
        self._children: dict[str, list[Area]] = {}
        for row in self._by_code.values():
            self._children.setdefault(row.parent, []).append(row)
        (self.city,) = self._children.pop("")

    def get(self, code: str) -> Area:
        """The area of `code`; raises Invalid (`unknown-area`, field `area`)."""
        try:
            return self._by_code[code]
        except KeyError:
            raise _unknown() from None

    def path(self, code: str) -> str:
        """Its path from the city down, with a slash at both ends."""
        return self.get(code).path

    def name(self, code: str) -> str:
        """Its Chinese name."""
        return self.get(code).name

    def full_name(self, code: str) -> str:
        """All names from the city down, as an address begins: 成都市锦江区东湖街道."""
        return "".join(self.name(step) for step in self.path(code).split("/") if step)

    def district(self, code: str) -> Area:
        """The district or functional zone that manages it; the city for the city itself."""
        steps = self.path(code).split("/")
        return self.get(steps[2] or steps[1])

    def children(self, code: str) -> tuple[Area, ...]:
        """The areas directly below: functional zones first, then by code; none below a community."""
        return tuple(self._children.get(self.get(code).code, ()))

    def all(self) -> tuple[Area, ...]:
        """Every area, each after its parent."""
        return tuple(self._by_code.values())


def under(path: str, scope_path: str) -> bool:
    """Whether the area of `path` is that of `scope_path` or lies below it."""
    return path.startswith(scope_path)


@cache
def areas() -> Areas:
    """The city's areas, read from the package's data at the first call (a few milliseconds)."""
    return Areas(_read())


@cache
def zone_names() -> Mapping[str, str]:
    """What people call each functional zone, by its code: 高新区, 天府新区."""
    return {zone["code"]: zone["short"] for zone in _zones()}


def _zones() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((_DATA / "zones.json").read_text("utf-8"))["zones"]
    return found


def _read() -> list[Area]:
    text = gzip.decompress((_DATA / "chengdu.csv.gz").read_bytes()).decode()
    zones = _zones()
    zone_of = {street: zone["code"] for zone in zones for street in zone["streets"]}
    lines = text.splitlines()[1:]
    city_code, _, city_name = lines[0].partition(",")
    found = {city_code: Area(city_code, city_name, "city", "", f"/{city_code}/", None)}
    for zone in zones:
        path = f"/{city_code}/{zone['code']}/"
        found[zone["code"]] = Area(
            zone["code"], zone["name"], "zone", city_code, path, zone["code"]
        )
    for line in lines[1:]:
        code, _, name = line.partition(",")
        found[code] = _division(code, name, city_code, zone_of, found)
    return list(found.values())


def _division(
    code: str, name: str, city: str, zone_of: Mapping[str, str], found: Mapping[str, Area]
) -> Area:
    """A row of the division file; the length of its code tells its level."""
    level, digits = _LEVELS[len(code)]
    parent = found[zone_of.get(code, code[:digits] or city)]
    return Area(code, name, level, parent.code, f"{parent.path}{code}/", parent.zone)


def _unknown() -> Invalid:
    return Invalid(
        "unknown-area",
        "没有这个区划代码：请填六位、九位或十二位区划代码，或功能区代码（见 GET /v1/codes/areas）",
        "no area has this code: give a division code of 6, 9 or 12 digits or the code of a"
        " functional zone (see GET /v1/codes/areas)",
        "area",
    )
