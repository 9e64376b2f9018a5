"""The lexicon: words with weights for type and suitability, and the scan that finds them."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from operator import add

Weights = Mapping[str, Mapping[str, float]]
"""By code, the weight of each word for it; positive speaks for the code, negative against it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One question answered by words: its codes and their bias, before any word is read."""

    codes: tuple[str, ...]
    bias: tuple[float, ...]
    temperature: float

    def margins(self, sums: Sequence[float], words: int) -> list[float]:
        """The score per code of `sums` over `words` distinct words, independent of text length."""
        share = max(words, 1) ** -0.5
        return [b + s * share for b, s in zip(self.bias, sums, strict=True)]

    def probability(self, margins: Sequence[float], place: int) -> float:
        """How likely the code at `place` is against the others, 0 to 1."""
        sharp, at = 1 / self.temperature, margins[place]
        return 1 / sum([exp(min(60.0, (m - at) * sharp)) for m in margins])


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
    """What a scan found: each weighted word's first place, and each cue word's every place."""

    words: dict[str, int] = field(default_factory=dict)
    cues: list[tuple[str, int]] = field(default_factory=list)


class Matcher:
    """Finds every word of a fixed vocabulary in a text, in time linear in the text.

    Words are indexed by their first two characters, the narrowest key that Chinese words of two
    characters and more share; single characters are asked for by containment.
    """

    def __init__(self, words: Iterable[str], cues: Iterable[str]) -> None:
        self._index: dict[str, list[tuple[str, bool, bool]]] = {}
        known, heard = set(words), set(cues)
        self._single = tuple(sorted(w for w in known if len(w) == 1))
        self._single_cues = tuple(sorted(w for w in heard if len(w) == 1))
        for word in sorted(w for w in known | heard if len(w) > 1):
            entry = (word, word in known, word in heard)
            self._index.setdefault(word[:2], []).append(entry)

    def scan(self, text: str) -> Hits:
        """Every word of the vocabulary that stands in `text`, overlapping ones too."""
        hits = Hits()
        words, cues, index = hits.words, hits.cues, self._index
        pairs = enumerate(map(add, text, text[1:]))
        here = [(at, entry) for at, pair in pairs if pair in index for entry in index[pair]]
        for at, (word, weighted, cue) in here:
            if text.startswith(word, at):
                if weighted and word not in words:
                    words[word] = at
                if cue:
                    cues.append((word, at))
        for word in self._single:
            if word in text:
                words[word] = text.index(word)
        cues += [(word, at) for word in self._single_cues for at in _places(text, word)]
        return hits


def _places(text: str, char: str) -> list[int]:
    return [at for at, c in enumerate(text) if c == char] if char in text else []
