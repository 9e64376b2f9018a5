"""Learn which figure of a text is the stated one; nothing here runs in a service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .domain.facts import FINDERS, MANY_HEADS
from .domain.figures import Figure
from .domain.text import fold
from .linear_fit import STEP, Cut, Row, best_cut, learn, matrix_of, out_of_fold

FINDER = 2
GATES = ("people", "amount")
"""Of each is learnt too, from the whole text, whether the text states such a figure at all."""
CHOICES = ("people", "amount", "crowd")
SHARES = (0, 30, 60, 100)
"""How many hundredths of the gate's weight may be added to a figure's; the best is chosen out of fold."""
WARY_OF_CROWDS = 0.9
"""How far below the best F1 the cut for a crowd stands: it alone makes red, a missed one costs more."""
_C, _MIN_TEXTS = 0.3, 3
_INVENTED = 0.4
"""What an invented text counts for: its figures are stated more plainly than in real ones."""
_CALM = frozenset({"threat", "violence", "selfharm", "death", "serious_injury"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is learnt of one choice, as the model file keeps it, and its worth out of fold."""

    weights: dict[str, int]
    least: int
    share: int
    cut: Cut

    def as_json(self) -> dict[str, Any]:
        """The choice as `Choice` reads it."""
        return {"weights": self.weights, "least": self.least, "share": self.share}


def states(name: str, row: Row) -> bool:
    """Whether the label states a number of that name, or for `crowd` one of at least so many heads."""
    if name != "crowd":
        return row[name] is not None
    calm = not (_CALM & {*row["flags"]})
    return (row["people"] or 0) >= MANY_HEADS or (
        row["colour"] == "red" and calm and not row["flags"]
    )


def has_figure(name: str, text: str) -> bool:
    """Whether a text holds any figure from which one of that name could be chosen."""
    return bool(_found(name, text))


def learn_choice(
    name: str, rows: Sequence[Row], folds: Sequence[int], gates: Sequence[float]
) -> Chosen:
    """Which figure of a text is the one of that name; `gates` are the texts' gate scores, out of fold
    where they have one.
    """
    found = [_found(name, row["text"]) for row in rows]
    owners = [i for i, row in enumerate(found) for _ in row]
    truth = [_true(name, rows[i], f) for i, row in enumerate(found) for f in row]
    marks = [dict.fromkeys(f.marks, 1.0) for row in found for f in row]
    texts = Counter(key for row in marks for key in row)
    keys = sorted(key for key, n in texts.items() if n >= _MIN_TEXTS)
    matrix = matrix_of(marks, keys)
    weights = [_INVENTED if folds[i] < 0 else 1.0 for i in owners]
    scores = out_of_fold(_C, matrix, truth, [folds[i] for i in owners], weights)
    best = _best_of(owners, scores, truth)
    stated = sum(states(name, rows[i]) for i, f in enumerate(folds) if f >= 0)
    cut, share = _cut(best, stated, rows, gates)
    learnt = learn(_C, matrix, truth, weights)
    bias = float(learnt.intercept_[0])
    rounded = {k: round(float(w) * STEP) for k, w in zip(keys, learnt.coef_[0], strict=True)}
    wary = WARY_OF_CROWDS if name == "crowd" else 0.0
    least = round((cut.least - wary - bias) * STEP)
    return Chosen({k: w for k, w in rounded.items() if w}, least, share, cut)


def _best_of(
    owners: Sequence[int], scores: Sequence[float | None], truth: Sequence[bool]
) -> dict[int, tuple[float, bool]]:
    """By text the score of its best figure, and whether that is the right one."""
    best: dict[int, tuple[float, bool]] = {}
    for owner, score, true in zip(owners, scores, truth, strict=True):
        if score is not None and (owner not in best or score > best[owner][0]):
            best[owner] = (score, true)
    return best


def _cut(
    best: Mapping[int, tuple[float, bool]],
    stated: int,
    rows: Sequence[Row],
    gates: Sequence[float],
) -> tuple[Cut, int]:
    """The cut and the gate's share that are worth most where there is a dispute."""
    disputes = {i: s for i, s in best.items() if rows[i]["type"] != "00"}
    truth = [true for _, true in disputes.values()]
    lost = stated - sum(truth)
    cuts = [
        (
            best_cut([s + share * gates[i] / 100 for i, (s, _) in disputes.items()], truth, lost),
            share,
        )
        for share in SHARES
    ]
    return max(cuts, key=lambda one: one[0].f1)


def _found(name: str, text: str) -> list[Figure]:
    heads, sums = FINDERS[FINDER]
    found = (sums if name == "amount" else heads)(fold(text))
    if name == "crowd":
        return [f for f in found if f.value >= MANY_HEADS]
    return [f for f in found if not f.vague] if name == "people" else found


def _true(name: str, row: Row, figure: Figure) -> bool:
    if name == "crowd":
        return states(name, row)
    return row[name] is not None and float(row[name]) == float(figure.value)
