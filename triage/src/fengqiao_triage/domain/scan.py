"""The scans of a text: which words of a vocabulary stand in it and where, what its pieces weigh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter

import numpy as np

from .runs import LONGEST, Ids, Page, Places, Table, keys_of, once

_MOST = 50
"""Places kept of one word: a text that repeats it a thousand times says no more."""
_AT = itemgetter(1, 0)


@dataclass(slots=True)
class Hits:
    """What a scan found: the weighted words that stand in the text, each cue word's every place, how
    many pieces stand in it and the sum of their rows.
    """

    words: set[str] = field(default_factory=set)
    cues: list[tuple[str, int]] = field(default_factory=list)
    pieces: tuple[int, list[int]] = (0, [])


class Scanner:
    """Finds every word of a fixed vocabulary in texts, overlapping ones too, and weighs their pieces.

    A word is looked up as the run of its first four characters; what is longer is compared only where
    that run stands. `pieces` are words of two to four characters with a row of integers each. Cost is
    linear in the text and hardly depends on the vocabulary.
    """

    def __init__(
        self, words: Iterable[str], cues: Iterable[str], pieces: Mapping[str, Sequence[int]]
    ) -> None:
        self._known, self._heard = frozenset(words), frozenset(cues)
        begun: dict[str, list[str]] = {piece: [] for piece in pieces}
        for word in sorted(self._known | self._heard):
            begun.setdefault(word[:LONGEST], []).append(word)
        self._table = Table(keys_of(begun))
        self._begun = [(), *map(tuple, begun.values())]
        self._asked = np.array([bool(words) for words in self._begun])
        self._sizes = np.array([0, *map(len, begun)])
        self._pieces = len(pieces)
        rows = [*pieces.values()] or [()]
        self._rows = np.array(rows, np.int32)

    def scan(self, page: Page) -> list[Hits]:
        """What stands in each text."""
        runs, owners = page.runs()
        where, ids = self._table.find(np.concatenate(runs))
        ends = np.cumsum([0, 0, *map(len, runs[:-1])])
        places = where - ends.take(self._sizes.take(ids))
        found = [Hits() for _ in page.texts]
        whose = owners.take(places)
        self._words(page, found, np.flatnonzero(self._asked.take(ids)), (whose, places, ids))
        self._weigh(found, np.flatnonzero(ids <= self._pieces), whose, ids)
        return found

    def _words(
        self, page: Page, found: list[Hits], asked: Places, hits: tuple[Ids, Places, Ids]
    ) -> None:
        """Note the words that stand where a word's first characters do."""
        starts = page.starts.tolist()
        for number, at, begun in zip(
            *[column.take(asked).tolist() for column in hits], strict=True
        ):
            start, hit = at - starts[number], found[number]
            for word in self._begun[begun]:
                if len(word) <= LONGEST or page.texts[number].startswith(word, start):
                    if word in self._known:
                        hit.words.add(word)
                    if word in self._heard:
                        hit.cues.append((word, start))
        for hit in found:
            hit.cues.sort(key=_AT)
            if len(hit.cues) > _MOST:
                hit.cues = _some(hit.cues)

    def _weigh(self, found: list[Hits], pieces: Places, whose: Ids, ids: Ids) -> None:
        """Sum up the rows of the pieces that stand in a text, each once."""
        known, bounds = once(whose.take(pieces), ids.take(pieces), len(found))
        rows = self._rows.take(known - 1, axis=0)
        for hit, (start, end) in zip(found, pairwise(bounds.tolist()), strict=True):
            hit.pieces = end - start, np.einsum("ij->j", rows[start:end]).tolist()


def _some(cues: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first places of each word."""
    seen: dict[str, int] = {}
    kept: list[tuple[str, int]] = []
    for word, at in cues:
        seen[word] = seen.get(word, 0) + 1
        if seen[word] <= _MOST:
            kept.append((word, at))
    return kept
