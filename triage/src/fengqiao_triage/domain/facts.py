"""Risk flags and figures that a small linear model proposes beside the signs (see `train_facts`).

The model only proposes: a sign that the cue file counts as certain stands without it, and the colour
follows from the policy alone. Its weights are integers, so that the same text gives the same answer
on every machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from operator import add

from . import figures
from .cues import MAX_SPANS, Cue, Place, Signal
from .figures import Figure

PASSING = "hint_"
"""Signs so named serve the model alone: they are forgotten once it has weighed them."""
CROWD = "crowd"
"""The sign of a crowd: at least `MANY_HEADS`, said exactly or only in size (几百户)."""
MANY_HEADS = 50
Weighed = tuple[int, Sequence[int]]
"""How many pieces of a text are known, and per flag the sum of their weights."""
_MONTHS = (7, 13, 25, 37, 61, 121)
_LENGTHS = (40, 80, 160, 320, 640)


@dataclass(frozen=True, slots=True)
class Choice:
    """How to choose among the figures of a text: what each mark weighs, and the least weight."""

    weights: Mapping[str, int]
    least: int

    def of(self, found: Iterable[Figure]) -> Figure | None:
        """The figure that the text states, or None where none weighs enough."""
        return figures.weighed(found, self.weights, self.least)


@dataclass(frozen=True, slots=True)
class Facts:
    """One version of the model.

    `flags` in the order of every row; `signs` and `grams` give a row of weights for each sign's
    mark and each piece of text; a flag is proposed where its sum reaches `least`.
    """

    version: str
    flags: tuple[str, ...]
    bias: tuple[int, ...]
    least: tuple[int, ...]
    signs: Mapping[str, tuple[int, ...]]
    grams: Mapping[str, tuple[int, ...]]
    people: Choice
    amount: Choice
    crowd: Choice

    def propose(
        self,
        pieces: Weighed,
        cues: Mapping[str, Cue],
        signals: dict[str, Signal],
        marks: Collection[str],
    ) -> None:
        """Add to `signals` every flag that some sign hints at, where all words together weigh enough.

        `pieces` is how many of `grams` stand in the text, and the sum of their rows.
        """
        lent: dict[str | None, list[Signal]] = {}
        for code, signal in sorted(signals.items(), key=_passing):
            if not signal.unsure:
                lent.setdefault(cues[code].hints, []).append(signal)
        if not lent.keys() - {None, *signals}:
            return
        sums = self._sums(pieces, marks)
        for place, flag in enumerate(self.flags):
            hints = lent.get(flag, [])
            if hints and flag not in signals and sums[place] >= self.least[place]:
                signals[flag] = Signal(max([h.count for h in hints]), _spans(hints))

    def _sums(self, pieces: Weighed, marks: Collection[str]) -> list[int]:
        """Per flag the weight of all that was found; the pieces' share falls with their number."""
        count, weights = pieces
        signs = [self.signs[mark] for mark in marks if mark in self.signs]
        root = max(isqrt(count * 10_000), 100)
        return [
            bias + sum([row[i] for row in signs]) + weights[i] * 100 // root
            for i, bias in enumerate(self.bias)
        ]


def _passing(item: tuple[str, Signal]) -> bool:
    return item[0].startswith(PASSING)


def _spans(hints: Sequence[Signal]) -> tuple[Place, ...]:
    """The first places of several signs, the surer signs first; none overlap."""
    spans: list[Place] = []
    for start, end in [span for hint in hints for span in hint.spans]:
        if all(end <= s or e <= start for s, e in spans):
            spans.append((start, end))
    return tuple(sorted(spans[:MAX_SPANS]))


def grams_of(text: str) -> set[str]:
    """Every piece of two, three and four characters of the text."""
    pairs = [*map(add, text, text[1:])]
    return {*pairs, *map(add, pairs, text[2:]), *map(add, pairs, pairs[2:])}


def marks_of(signals: Mapping[str, Signal], text: str, months: int | None) -> list[str]:
    """What the model weighs beside pieces of text: which signs were found, how often, how long."""
    marks: list[str] = []
    for code, signal in signals.items():
        if signal.unsure:
            marks.append(f"{code}?")
            continue
        marks.append(code)
        marks += [f"{code}#{n}" for n in (2, 3) if signal.count >= n]
        marks += [f"{code}@{n}" for n in (2, 3) if len(signal.spans) >= n]
    marks += [f"months{n}" for n in _MONTHS if months is not None and months >= n]
    return marks + [f"length{n}" for n in _LENGTHS if len(text) >= n]


def crowd_of(found: Iterable[Figure], choice: Choice) -> Signal | None:
    """The sign of a crowd, where the text tells of one even without an exact number."""
    many = [f for f in found if f.value >= MANY_HEADS]
    best = choice.of(many)
    return None if best is None else Signal(1, ((best.start, best.end),))
