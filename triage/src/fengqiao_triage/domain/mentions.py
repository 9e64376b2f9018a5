"""What a text names beside its words of dispute: places of the city, identity and phone numbers.

Found when somebody looks at a case, never in the pipeline: no grade and no route rests on them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from fengqiao_contracts.areas import Area, areas, zone_names
from fengqiao_contracts.resident_id import is_resident_id

Kind = Literal["place", "id_number", "phone"]

_OFFICE = "街道"
_TELLING_STEM = 3
"""From how many characters a name without 区, 市 or 县 is a place of its own: 都江堰, not 锦江 (宾馆)."""
_ID = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-?\d{7,8})(?!\d)")


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing named in a text, [start, end).

    `areas`: the codes that a place may mean, one where it is clear. `valid`: whether an identity
    number's date and check character are right.
    """

    kind: Kind
    start: int
    end: int
    areas: tuple[str, ...] = ()
    valid: bool = True


def mentions(text: str) -> list[Mention]:
    """All of them, in the order of the text; a number that is an identity number is no phone."""
    ids = [
        Mention("id_number", m.start(), m.end(), valid=is_resident_id(m.group().upper()))
        for m in _ID.finditer(text)
    ]
    phones = [Mention("phone", m.start(1), m.end(1)) for m in _PHONE.finditer(text)]
    return sorted([*_places(text), *ids, *phones], key=lambda mention: mention.start)


def location(found: Iterable[Mention]) -> str | None:
    """The lowest area that all places of a text agree on; None where they name several or none."""
    clear = {m.areas[0] for m in found if m.kind == "place" and len(m.areas) == 1}
    paths = {code: areas().path(code) for code in clear}
    lowest = [
        code
        for code in clear
        if not any(other != code and paths[other].startswith(paths[code]) for other in clear)
    ]
    return lowest[0] if len(lowest) == 1 else None


def masked(words: str) -> str:
    """A number of which only the last four characters are shown."""
    return "*" * max(len(words) - 4, 0) + words[-4:]


def _places(text: str) -> list[Mention]:
    names = _names()
    spans = [(m.start(), m.end(), names[m.group()]) for m in _pattern().finditer(text)]
    around = {areas().path(codes[0]) for *_, codes in spans if len(codes) == 1}
    return [Mention("place", start, end, _meant(codes, around)) for start, end, codes in spans]


def _meant(codes: Sequence[str], around: Collection[str]) -> tuple[str, ...]:
    """Of streets with one name those in a district that the text names too; else all of them."""
    if len(codes) == 1:
        return tuple(codes)
    inside = [c for c in codes if any(areas().path(c).startswith(path) for path in around)]
    return tuple(inside or codes)


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Every way in which districts, zones, streets and towns are written, with what it may mean."""
    short = zone_names()
    found: dict[str, list[str]] = defaultdict(list)
    for area in areas().all():
        if area.level in ("district", "zone", "street"):
            for name in _ways(area, short.get(area.code)):
                found[name].append(area.code)
    return {name: tuple(codes) for name, codes in found.items()}


def _ways(area: Area, short: str | None) -> set[str]:
    name, stem = area.name, area.name[:-1]
    ways = {name, short or name}
    if area.level == "district" and len(stem) >= _TELLING_STEM:
        ways.add(stem)
    if name.endswith(_OFFICE):
        ways |= {name.removesuffix(_OFFICE) + office for office in ("街办", "办事处")}
    return ways


@cache
def _pattern() -> re.Pattern[str]:
    """The names, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(_names(), key=len, reverse=True))))
