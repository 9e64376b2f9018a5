"""Risk flags and figures that a small linear model proposes beside the signs (see `train_facts`).

The model only proposes: a sign that the cue file counts as certain stands without it, and the colour
follows from the policy alone. Its weights are integers, so that the same text gives the same answer
on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from operator import add

from . import figures, figures_first, heads, sums
from .cues import MAX_SPANS, Cue, Place, Signal
from .figures import Figure

PASSING = "hint_"
"""Signs so named serve the model alone: they are forgotten once it has weighed them."""
CROWD = "crowd"
"""The sign of a crowd: at least `MANY_HEADS`, said exactly or only in size (几百户)."""
MANY_HEADS = 50
Pieces = tuple[int, Sequence[int]]
"""How many pieces of a text are known, and per column the sum of their weights."""
_MONTHS = (7, 13, 25, 37, 61, 121)
_LENGTHS = (40, 80, 160, 320, 640)

type Finder = Callable[[str], list[Figure]]
FINDERS: Mapping[int, tuple[Finder, Finder]] = {
    1: (figures_first.people, figures_first.amounts),
    2: (heads.people, sums.amounts),
}
"""How a model's texts were searched for people and sums, by the number that its file names."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How to choose among the figures of a text: what each mark weighs, the least weight, and how many
    hundredths of the gate's weight (does the text state such a figure at all?) are added.
    """

    weights: Mapping[str, int]
    least: int
    share: int = 0

    def of(self, found: Iterable[Figure], gate: int = 0) -> Figure | None:
        """The figure that the text states, or None where none weighs enough."""
        return figures.weighed(found, self.weights, self.least - self.share * gate // 100)


@dataclass(frozen=True, slots=True)
class Facts:
    """One version of the model.

    `flags`, then `gates`, in the order of every row; `signs` and `grams` give a row of weights for each
    sign's mark and each piece of text; a flag is proposed where its sum reaches `least`. A gate weighs
    whether a text states a figure of its name at all. `finders` number the way of searching figures.
    """

    version: str
    flags: tuple[str, ...]
    gates: tuple[str, ...]
    bias: tuple[int, ...]
    least: tuple[int, ...]
    signs: Mapping[str, tuple[int, ...]]
    grams: Mapping[str, tuple[int, ...]]
    finders: int
    people: Choice
    amount: Choice
    crowd: Choice

    def read(
        self,
        text: str,
        pieces: Pieces,
        cues: Mapping[str, Cue],
        signals: dict[str, Signal],
        months: int | None,
    ) -> tuple[Figure | None, Figure | None]:
        """How many people and how much money the text states; adds to `signals` what is proposed and
        drops from them what serves the model alone.

        `pieces` is how many of `grams` stand in the text, and the sum of their rows.
        """
        weights = self._sums(pieces, marks_of(signals, text, months))
        self._propose(cues, signals, weights)
        for code in [code for code in signals if code.startswith(PASSING)]:
            del signals[code]
        gates = dict(zip(self.gates, weights[len(self.flags) :], strict=True))
        find_heads, find_sums = FINDERS[self.finders]
        crowd = find_heads(text)
        many = _crowd(crowd, self.crowd, gates.get("people", 0))
        if many is not None:
            signals[CROWD] = many
        counted = [figure for figure in crowd if not figure.vague]
        return (
            self.people.of(counted, gates.get("people", 0)),
            self.amount.of(find_sums(text), gates.get("amount", 0)),
        )

    def _propose(
        self, cues: Mapping[str, Cue], signals: dict[str, Signal], weights: Sequence[int]
    ) -> None:
        """Add every flag that some sign hints at, where all words together weigh enough."""
        lent: dict[str | None, list[Signal]] = {}
        for code, signal in sorted(signals.items(), key=_passing):
            if not signal.unsure:
                lent.setdefault(cues[code].hints, []).append(signal)
        for place, flag in enumerate(self.flags):
            hints = lent.get(flag, [])
            if hints and flag not in signals and weights[place] >= self.least[place]:
                signals[flag] = Signal(max([h.count for h in hints]), _spans(hints))

    def _sums(self, pieces: Pieces, marks: Collection[str]) -> list[int]:
        """Per column the weight of all that was found; the pieces' share falls with their number."""
        count, weights = pieces
        signs = [self.signs[mark] for mark in marks if mark in self.signs]
        root = max(isqrt(count * 10_000), 100)
        totals = [sum(column) for column in zip(*signs, strict=True)] or [0] * len(self.bias)
        return [
            bias + sign + weight * 100 // root
            for bias, sign, weight in zip(self.bias, totals, weights, strict=True)
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


def _crowd(found: Iterable[Figure], choice: Choice, gate: int) -> Signal | None:
    """The sign of a crowd, where the text tells of one even without an exact number."""
    many = [f for f in found if f.value >= MANY_HEADS]
    best = choice.of(many, gate)
    return None if best is None else Signal(1, ((best.start, best.end),))
