"""What a case is recognised by: keyed marks of its telling words and parties, its place and day.

Marks are 64-bit keyed hashes: equal where the words are equal, telling nothing without the key.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .rarity import Words

Mark = Callable[[str, str], int]
"""Gives the mark of a kind (`word`, `name`, `id`, `phone`) and a text."""
Vector = dict[int, float]
Side = Literal["ours", "theirs"]

INDEXED = 12
"""Telling words, the weightiest, under which a case can be found again."""
ENOUGH = 40.0
"""Length of the weights of a text that tells enough, about 24 rare words."""
_SCALE = 10_000
_SHORT = 0xFFFF_FFFF
_NO_NAME = re.compile(r"[某等0-9*×?？]|人$|业主|职工|群众|村民|居民")
"""Not a name that tells one from another: 张某, 投诉消费者15人, 全体业主."""
_SPACE = re.compile(r"[\s()（）·,，.。]")


@dataclass(frozen=True, slots=True)
class Party:
    """One party as it was named: what it may be recognised by."""

    side: Side
    firm: bool
    name: str
    id_number: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """The marks of the parties: who brings the dispute, against whom, which marks are firms' names.

    `persons` has one mark for each person who brings it, the surest there is.
    """

    ours: frozenset[int] = frozenset()
    theirs: frozenset[int] = frozenset()
    firms: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Signature:
    """What one case is recognised by. `words` has length 1 at most; `index` are its weightiest marks,
    `voice` the same, shortened: enough to see that one text copies another.
    """

    case_id: str
    words: Mapping[int, float]
    index: tuple[int, ...]
    parties: Parties
    area_path: str
    day: int
    copy_of: str | None = None
    voice: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        """Shorten the marks once: they are compared often."""
        object.__setattr__(self, "voice", frozenset([mark & _SHORT for mark in self.index]))

    @property
    def keys(self) -> tuple[int, ...]:
        """All marks under which the case can be found again."""
        return (*self.index, *sorted(self.parties.ours | self.parties.theirs))


def marker(key: bytes) -> Mark:
    """The keyed hash of the deployment: a signed 64-bit number."""

    def mark(kind: str, text: str) -> int:
        digest = hashlib.blake2b(f"{kind}\x1f{text}".encode(), digest_size=8, key=key).digest()
        return int.from_bytes(digest, "little", signed=True)

    return mark


def vector_of(words: Words, mark: Mark) -> Vector:
    """The marks of telling words with their weights, the weightiest first.

    The length is 1, and less where a text tells little: two short complaints in common words are not
    alike enough to be one dispute.
    """
    length = max(ENOUGH, math.sqrt(sum(weight * weight for _, weight in words)))
    return {mark("word", word): weight / length for word, weight in words}


def parties_of(parties: Sequence[Party], mark: Mark) -> Parties:
    """The marks of all parties that can be told from others."""
    sides: dict[Side, set[int]] = {"ours": set(), "theirs": set()}
    firms, persons = set[int](), set[int]()
    for party in parties:
        marks = [
            mark(kind, value)
            for kind, value in (("id", party.id_number), ("phone", party.phone))
            if value
        ]
        name = _SPACE.sub("", party.name)
        if len(name) > 1 and not _NO_NAME.search(name):
            marks.append(mark("name", name))
            if party.firm:
                firms.add(marks[-1])
        sides[party.side].update(marks)
        if marks and party.side == "ours" and not party.firm:
            persons.add(marks[0])
    ours, theirs = frozenset(sides["ours"]), frozenset(sides["theirs"])
    return Parties(ours, theirs, frozenset(firms), frozenset(persons))


def pack(words: Mapping[int, float]) -> bytes:
    """A vector as it is stored."""
    n = len(words)
    return struct.pack(f"<{n}q{n}H", *words, *[round(w * _SCALE) for w in words.values()])


def unpack(stored: bytes) -> Vector:
    """A vector from its stored form."""
    n = len(stored) // 10
    values = struct.unpack(f"<{n}q{n}H", stored)
    return {key: weight / _SCALE for key, weight in zip(values[:n], values[n:], strict=True)}
