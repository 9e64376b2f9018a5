"""The lexicon: words with weights for type and suitability, and the scan that finds them."""

from __future__ import annotations

import struct
import sys
from bisect import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from operator import itemgetter

Weights = Mapping[str, Mapping[str, float]]
"""By code, the weight of each word for it; positive speaks for the code, negative against it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One question answered by words: its codes and their bias, before any word is read.

    `certainty` corrects the probability by what was seen on texts not trained on: (said, true share)
    in rising order; between two of them it is interpolated. Empty: as computed.
    """

    codes: tuple[str, ...]
    bias: tuple[float, ...]
    temperature: float
    certainty: tuple[tuple[float, float], ...] = ()

    def margins(self, sums: Sequence[float], words: int) -> list[float]:
        """The score per code of `sums` over `words` distinct words, independent of text length."""
        share = max(words, 1) ** -0.5
        return [b + s * share for b, s in zip(self.bias, sums, strict=True)]

    def probability(self, margins: Sequence[float], place: int) -> float:
        """How likely the code at `place` is against the others, 0 to 1."""
        sharp, at = 1 / self.temperature, margins[place]
        return self._corrected(1 / sum([exp((m - at) * sharp) for m in margins]))

    def _corrected(self, said: float) -> float:
        known = self.certainty
        if not known:
            return said
        place = bisect(known, (said, 1.0))
        if place in {0, len(known)}:
            return known[min(place, len(known) - 1)][1]
        (left, low), (right, high) = known[place - 1], known[place]
        return low + (high - low) * (said - left) / (right - left)


_STEP = 10
"""Weights are kept in tenths, so that sums are exact on every machine."""
_SHIFT = 1_000
"""Added to every lane of a row, so that no lane ever goes below zero and borrows."""


class Rows:
    """Per word, its weights for every code side by side in one integer of 32-bit lanes.

    Adding up the words of a text is then one integer addition per word instead of one per word
    and code: fourfold the speed, the same sums to the last digit.
    """

    def __init__(self, scales: Sequence[Scale], weights: Sequence[Weights]) -> None:
        self.size = sum(len(scale.codes) for scale in scales)
        self._lanes = struct.Struct(f"<{self.size}I")
        plain: dict[str, list[int]] = {}
        offset = 0
        for scale, by_code in zip(scales, weights, strict=True):
            for place, code in enumerate(scale.codes, offset):
                for word, weight in by_code.get(code, {}).items():
                    plain.setdefault(word, [0] * self.size)[place] = round(weight * _STEP)
            offset += len(scale.codes)
        self.plain = {word: tuple(row) for word, row in plain.items()}
        self._packed = {word: self._pack(row) for word, row in plain.items()}

    def _pack(self, row: Sequence[int]) -> int:
        return int.from_bytes(self._lanes.pack(*[w + _SHIFT for w in row]), "little")

    def sums(self, words: Collection[str]) -> list[float]:
        """The sum per code of the weights of `words`, all of which must be known."""
        total = sum(map(self._packed.__getitem__, words))
        lanes = self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))
        shift = len(words) * _SHIFT
        return [(lane - shift) / _STEP for lane in lanes]


@dataclass(slots=True)
class Hits:
    """What a scan found: the weighted words that stand in the text, each cue word's every place."""

    words: list[str] = field(default_factory=list)
    cues: list[tuple[str, int]] = field(default_factory=list)


class Matcher:
    """Finds every word of a fixed vocabulary in a text, overlapping ones too.

    The text is cut once into its pairs of characters, as numbers: cheaper to make and to compare
    than strings. A word of two characters stands where its pair does; longer ones are asked for only
    where their first pair stands, the narrowest key that Chinese words share. Cost is linear in the
    text and hardly depends on the vocabulary.
    """

    def __init__(self, words: Iterable[str], cues: Iterable[str]) -> None:
        known, heard = set(words), set(cues)
        self._single = sorted(w for w in known if len(w) < _PAIR)
        self._single_cues = sorted(w for w in heard if len(w) < _PAIR)
        two, longer, asked = (
            _by_pair(w for w in known if len(w) == _PAIR),
            _by_pair(w for w in known if len(w) > _PAIR),
            _by_pair(w for w in heard if len(w) >= _PAIR),
        )
        self._keys = frozenset((*two, *longer, *asked))
        self._at = {
            key: (two.get(key, ()), longer.get(key, ()), asked.get(key, ())) for key in self._keys
        }

    def scan(self, text: str) -> Hits:
        """Every word of the vocabulary that stands in `text`."""
        words: list[str] = []
        asked = [w for w in self._single_cues if w in text]
        for key in _pairs(text) & self._keys:
            two, longer, cues = self._at[key]
            words += two
            if longer:
                words += [w for w in longer if w in text]
            if cues:
                asked += [w for w in cues if w in text]
        words += [w for w in self._single if w in text]
        places = [(w, at) for w in asked for at in _places(text, w)]
        return Hits(words, sorted(places, key=_AT))


_PAIR = 2
_AT = itemgetter(1, 0)
_UTF16 = f"utf-16-{sys.byteorder[0]}e"
"""Two bytes a character (rare ones and emoji four, which never meet a word's pair by chance)."""


def _pairs(text: str) -> set[int]:
    """Every two neighbouring characters of the text as one number."""
    data = memoryview(text.encode(_UTF16, "surrogatepass"))
    even, odd = len(data) // 4 * 4, (len(data) - 2) // 4 * 4
    pairs = set(data[:even].cast("I"))
    if odd > 0:
        pairs.update(data[2 : 2 + odd].cast("I"))
    return pairs


def _key(word: str) -> int:
    return int.from_bytes(word[:_PAIR].encode(_UTF16), sys.byteorder)


def _by_pair(words: Iterable[str]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for word in sorted(words):
        found[_key(word)] = (*found.get(_key(word), ()), word)
    return found


def _places(text: str, word: str) -> list[int]:
    """Every place where the word begins, at most `_MOST` of them."""
    places: list[int] = []
    at = text.find(word)
    while at >= 0 and len(places) < _MOST:
        places.append(at)
        at = text.find(word, at + 1)
    return places


_MOST = 50
"""Places kept of one word: a text that repeats it a thousand times says no more."""
