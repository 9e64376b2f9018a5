"""Invented persons for the demo city: each has a name, id number and phone nobody else has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fengqiao_contracts.resident_id import check_character

_SURNAMES = (
    "蒲滕佘晏隗游骆向席钟邬焦甄解冷尤瞿贡欧谭苟阚简芮尚岑符谷鲍左甘戚沙龚施翟"
    "阮闵鄢殷缪祁臧樊漆阙谌蔺柯巩储宣仝鞠濮盛雍邝辛娄应"
)
_FIRST = "砚澜屿栩泓沐汐岑霁珩琮瑄昀晞晗旸曦栎桁楹槿樾沄洛浔涧淞渟湛溯漪潞澈澍濯炜煦熠"
_SECOND = "舟野禾榆柘棠梧桐杉桉岫峤崖嵘川渡渊汀洲浦帆棹笙筝箫笛磬钟鼓铎铮锵镝锷铉钧鉴璞"

_DIVISION = "510199"
"""No division has this code: an id number that begins so belongs to nobody."""

_PHONE_PREFIX = "154"
"""No operator gives out numbers of this prefix."""

_STEP = 7919
"""A prime that divides no range below: walking by it visits every place once, far neighbours first."""

_OLDEST = date(1957, 1, 1)
_BIRTH_DAYS = 15_000
_NAMES = len(_SURNAMES) * len(_FIRST) * len(_SECOND)
_PHONES = 10**8


@dataclass(frozen=True, slots=True)
class Person:
    """A person who does not exist; an adult since 2016."""

    name: str
    id_number: str
    phone: str
    born_on: date


class People:
    """A numbered crowd: the same seed and number give the same person, two numbers never share a
    name, an id number or a phone. `taken` names (of texts) are left out.
    """

    def __init__(self, seed: int = 0, start: int = 0, taken: Iterable[str] = ()) -> None:
        """Begin at number `start`; crowds of one seed that do not overlap share nothing."""
        self._seed, self._next, self._taken = seed, start, set(taken)

    def take(self, surname: str | None = None) -> Person:
        """The next person; of that family name where one is given."""
        while True:
            number = self._next
            self._next += 1
            name = _name(number + self._seed * 101, surname)
            if name not in self._taken:
                self._taken.add(name)
                return _person(number, self._seed, name)


def _person(number: int, seed: int, name: str) -> Person:
    born_on = _OLDEST + timedelta(days=(number * _STEP + seed) % _BIRTH_DAYS)
    first = f"{_DIVISION}{born_on:%Y%m%d}{number // _BIRTH_DAYS + 1:03d}"
    phone = (number * 7_368_787 + seed * 1_000_003) % _PHONES
    return Person(name, first + check_character(first), f"{_PHONE_PREFIX}{phone:08d}", born_on)


def _name(number: int, surname: str | None) -> str:
    place = number * _STEP % _NAMES
    place, second = divmod(place, len(_SECOND))
    family, first = divmod(place, len(_FIRST))
    if surname:  # the given name turned round: no member of another crowd has it
        return f"{surname}{_SECOND[second]}{_FIRST[first]}"
    return f"{_SURNAMES[family]}{_FIRST[first]}{_SECOND[second]}"
