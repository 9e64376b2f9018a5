"""A text as numbers: its runs of one to four characters, and tables in which runs are looked up.

A run is kept as one 64-bit number, its UTF-16 units side by side, the first one lowest: all runs of a
text are cut and looked up by a few operations on whole arrays.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.uint16]
Runs = NDArray[np.uint64]
Ids = NDArray[np.int32]
Places = NDArray[np.intp]

LONGEST = 4
"""Characters of the longest run."""
END, STRANGE = 0xFFFF, 0xFFFE
"""The units that part two texts, and that stand for a character that no vocabulary has: beyond the
basic plane, or half of one that is.
"""
_STRANGE = re.compile("[\\x00\\ud800-\\udfff\\ufffe-\\U0010ffff]")
_ALL = 1 << 16
_UNIT = np.uint64(16)


def units_of(text: str) -> Units:
    """The text's characters, one unit each, so that places in both are the same."""
    data = text.encode("utf-16-le", "surrogatepass")
    if len(data) == 2 * len(text):
        return np.frombuffer(data, "<u2")
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return np.where(points < _ALL, points, STRANGE).astype(np.uint16)


def runs_of(units: Units) -> tuple[Runs, Runs, Runs, Runs]:
    """Every run of one, two, three and four neighbours, in the order in which they begin."""
    one = units.astype(np.uint64)
    two = one[:-1] | (one[1:] << _UNIT)
    three = two[:-1] | (one[2:] << np.uint64(32))
    return one, two, three, two[:-2] | (two[2:] << np.uint64(32))


class Table:
    """Distinct runs, numbered from 1 in the order given; finds those of a text among them.

    Runs of one slot are chained: there are four slots and more to a run, so that chains are short.
    """

    _MIX = np.uint64(0x9E37_79B9_7F4A_7C15)

    def __init__(self, keys: Runs) -> None:
        bits = max(8, (len(keys) * 4).bit_length())
        self._shift = np.uint64(64 - bits)
        self.keys = np.concatenate([np.zeros(1, np.uint64), keys])
        self._next = np.zeros(len(keys) + 1, np.int32)
        self._head = np.zeros(1 << bits, np.int32)
        slots = self._slots(keys)
        order = np.argsort(slots, kind="stable")
        slots, ids = slots[order], (order + 1).astype(np.int32)
        after = np.flatnonzero(slots[1:] == slots[:-1])
        self._next[ids[after + 1]] = ids[after]
        self._head[slots] = ids  # of equal slots the last one stands
        self._chained = bool(len(after))

    def _slots(self, runs: Runs) -> Places:
        return ((runs * self._MIX) >> self._shift).view(np.intp)

    def find(self, runs: Runs) -> tuple[Places, Ids]:
        """Where among `runs` a known one stands, and its number; in no set order."""
        ids = self._head.take(self._slots(runs))
        where = np.flatnonzero(ids)
        ids = ids.take(where)
        hit = self.keys.take(ids) == runs.take(where)
        places, found = where[hit], ids[hit]
        while self._chained:
            missed = np.flatnonzero(~hit)
            ids = self._next.take(ids.take(missed))
            going = np.flatnonzero(ids)
            if not len(going):
                break
            ids, where = ids.take(going), where.take(missed.take(going))
            hit = self.keys.take(ids) == runs.take(where)
            places = np.concatenate([places, where[hit]])
            found = np.concatenate([found, ids[hit]])
        return places, found


def keys_of(words: Iterable[str]) -> Runs:
    """The numbers of words of one to four characters of the basic plane.

    Raises ValueError for any other word.
    """
    joined = "\n".join(words)
    units = units_of(joined)
    ends = np.append(np.flatnonzero(units == ord("\n")), len(units))
    starts = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - starts
    if sizes.min() < 1 or sizes.max() > LONGEST or _STRANGE.search(joined):
        raise ValueError("a word of no or of more than four characters, or one with a strange one")
    padded = np.concatenate([units, np.zeros(LONGEST, np.uint16)]).astype(np.uint64)
    keys = np.zeros(len(starts), np.uint64)
    for place in range(LONGEST):
        keys |= np.where(place < sizes, padded[starts + place], 0) << np.uint64(16 * place)
    return keys


def once(owners: Ids, ids: Ids, texts: int) -> tuple[Ids, Places]:
    """The numbers found, each once a text, text by text in rising order; where each text's begin."""
    pairs = (owners.astype(np.int64) << 32) | ids
    pairs.sort()
    if len(pairs):
        pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    bounds = np.searchsorted(pairs, np.arange(texts + 1, dtype=np.int64) << 32)
    return (pairs & 0xFFFF_FFFF).astype(np.int32), bounds


def _flattened() -> Units:
    """What each unit is read as by the model: see `grams.flat`."""
    units = np.arange(_ALL, dtype=np.uint16)
    for upper, lower in zip(string.ascii_uppercase, string.ascii_lowercase, strict=True):
        units[ord(upper)] = ord(lower)
    units[[ord(c) for c in string.digits]] = ord("0")
    units[[ord(c) for c in "^$"]] = ord(" ")
    units[0xD800:0xE000] = STRANGE
    return units


_FLAT = _flattened()
_SPACE = np.array([chr(unit).isspace() for unit in range(_ALL)])


class Page:
    """Some texts read together: their units one after another, `END` behind each.

    `starts` is where each text begins; four more ends close the page, so that a run of any length
    begins at every character.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        end, strange = chr(END), chr(STRANGE)
        plain = [t.replace(end, strange) if end in t else t for t in texts]
        self.units = units_of(end.join([*plain, end * LONGEST]))
        self.starts = np.cumsum([0, *[len(t) + 1 for t in texts]])

    @cached_property
    def flat(self) -> tuple[Units, Sequence[str]]:
        """The units as the model reads them, and each text so read, character for character."""
        units = _FLAT.take(self.units)
        whole = units.tobytes().decode("utf-16-le")
        starts = self.starts.tolist()
        return units, [whole[a : b - 1] for a, b in pairwise(starts)]

    def runs(self) -> tuple[tuple[Runs, Runs, Runs, Runs], Ids]:
        """The runs of the texts as they stand, and which text each character belongs to.

        What was blanked out is in none that is known.
        """
        units = self.units
        if not units.all():
            units = np.where(units == 0, STRANGE, units).astype(np.uint16)
        return runs_of(units), _owners(np.diff(self.starts), len(units))

    def packed(self) -> tuple[Units, Places, Ids]:
        """The units as the model reads them, without white space, each blank counting once; where
        each text ends, and which text each unit belongs to.
        """
        units, _ = self.flat
        units = units[~_SPACE.take(units)]
        empty = units == 0
        if empty.any():
            again = np.concatenate([[False], empty[1:] & empty[:-1]])
            units = units[~again]
        ends = np.flatnonzero(units == END)[: len(self.texts)]
        return units, ends, _owners(np.diff(ends, prepend=-1), len(units))


def _owners(sizes: Places, units: int) -> Ids:
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return np.concatenate([owners, np.zeros(units - len(owners), np.int32)])


def pages(texts: Sequence[str], size: int = 8_000) -> Iterator[Page]:
    """The texts, as many to a page as stay in the processor's nearest memory."""
    begin, chars = 0, 0
    for place, text in enumerate(texts):
        if chars and chars + len(text) > size:
            yield Page(texts[begin:place])
            begin, chars = place, 0
        chars += len(text) + 1
    if begin < len(texts):
        yield Page(texts[begin:])
