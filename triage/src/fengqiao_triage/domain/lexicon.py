"""The lexicon: words with weights for type and suitability."""

from __future__ import annotations

import struct
from bisect import bisect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp

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
