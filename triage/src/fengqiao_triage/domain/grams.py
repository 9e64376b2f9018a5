"""The traits of a text that the model weighs: runs of characters, and those of its first and last words.

A trait is kept as one number, its UTF-16 units side by side: cheaper to cut out of a text, to hash and
to compare than a string.
"""

from __future__ import annotations

import re
import string
import sys
from array import array
from itertools import pairwise

HEAD, TAIL = 24, 16
"""How many characters count as what a text opens with (its title) and ends with (what it asks)."""
HEAD_MARK, TAIL_MARK = "^", "$"
BLANK = "\x00"
_BLANKS = re.compile(f"{BLANK}+")
_UTF16 = "utf-16-le"
_UNIT, _MASK3 = 16, (1 << 48) - 1
_FLAT = str.maketrans(
    string.ascii_uppercase + string.digits + HEAD_MARK + TAIL_MARK,
    string.ascii_lowercase + "0" * 10 + "  ",
)
_TO_FLATTEN = re.compile(r"[A-Z0-9^$]+")
"""A Chinese text has few of them: to look each character up would take longer."""


def flat(text: str) -> str:
    """The text as traits are cut from it, character for character.

    One digit is as good as another, and the marks of the ends cannot be forged.
    """
    return _TO_FLATTEN.sub(_flattened, text)


def _flattened(found: re.Match[str]) -> str:
    return found.group().translate(_FLAT)


def traits(text: str) -> set[int]:
    """Every trait of a text made `flat`: its runs of one to four characters, marked ones of its ends.

    White space is passed over: a line break inside a word does not hide it. What was blanked out counts
    as one character however long it was, so that exchanging one barred word for another moves nothing.
    """
    text = "".join(text.split())
    if BLANK in text:
        text = _BLANKS.sub(BLANK, text)
    data = (text + BLANK * 3).encode(_UTF16, "surrogatepass")
    quads = [*_numbers("Q", data), *_numbers("Q", data[2:]), *_numbers("Q", data[4:])]
    quads += _numbers("Q", data[6:])
    found = set(quads)
    found.update([quad & _MASK3 for quad in quads])
    found.update(_numbers("I", data))
    found.update(_numbers("I", data[2:]))
    found.update(_numbers("H", data))
    found.update(_edge(HEAD_MARK, text[:HEAD]), _edge(TAIL_MARK, text[-TAIL:]))
    return found


def _numbers(code: str, data: bytes) -> array[int]:
    """The bytes as numbers of the code's size, lowest byte first; a rest is left out."""
    size = array(code).itemsize
    numbers = array(code, data[: len(data) // size * size])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _edge(mark: str, edge: str) -> list[int]:
    units = _numbers("H", edge.encode(_UTF16, "surrogatepass"))
    pairs = [a | b << _UNIT for a, b in pairwise(units)]
    triples = [pair | c << 2 * _UNIT for pair, c in zip(pairs, units[2:], strict=False)]
    sign = ord(mark)
    return [sign | run << _UNIT for run in pairs + triples]


def number_of(written: str) -> int:
    """The trait that is written so."""
    return int.from_bytes(written.encode(_UTF16, "surrogatepass"), "little")


def written(trait: int) -> str:
    """How a trait is written, with the mark of its end."""
    size = (trait.bit_length() + 15) // 16 * 2
    return trait.to_bytes(size, "little").decode(_UTF16, "surrogatepass")


def characters(name: str) -> str:
    """The characters of a written trait as they stand in a text."""
    return name[1:] if name[0] in (HEAD_MARK, TAIL_MARK) else name
