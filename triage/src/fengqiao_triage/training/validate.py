"""How well the model does on texts that it was not fitted on: cross-validation and calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from ..domain.analysis import Reading, choose
from ..domain.lexicon import Scale
from .corpus import Sample, groups
from .fit import Array, Margins, Table, fit

FOLDS = 5
BINS = 10
COUPLINGS = (0.0, 0.25, 0.5, 0.75, 1.0)
FEW_WORDS = 24
_ENOUGH = 100
"""A count of traits that is no "few words"."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Margins of texts by models that never saw them, with the labels; rows as in `at`."""

    at: Array
    types: Margins
    suits: Margins
    type_margins: Array
    suit_margins: Array


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said of each text, how sure, and what is true."""

    types: list[str]
    suits: list[str]
    type_sure: list[float]
    suit_sure: list[float]


def folds(samples: Sequence[Sample]) -> list[tuple[Array, Array]]:
    """Five parts of the real texts, copies kept together; the invented ones always train."""
    real = np.array([i for i, s in enumerate(samples) if s.real])
    invented = np.array([i for i, s in enumerate(samples) if not s.real], dtype=int)
    chosen = [samples[i] for i in real]
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=7).split(
        np.zeros(len(real)), [s.type for s in chosen], groups([s.text for s in chosen])
    )
    return [(np.concatenate([real[a], invented]), real[b]) for a, b in split]


def registers(samples: Sequence[Sample]) -> dict[str, tuple[Array, Array]]:
    """For every register of at least a hundred texts: all others to train on, it to test on."""
    names = sorted({s.register for s in samples})
    split: dict[str, tuple[Array, Array]] = {}
    for name in names:
        held = np.array([s.register == name for s in samples])
        if held.sum() >= _ENOUGH:
            split[name] = (np.flatnonzero(~held), np.flatnonzero(held))
    return split


def unseen(samples: Sequence[Sample], table: Table, train: Array, test: Array) -> Unseen:
    """Fits on `train` and weighs `test`."""
    weight = np.array([s.weight for s in samples])
    types = fit(table, train, [s.type for s in samples], weight, "type")
    suits = fit(table, train, [s.suit for s in samples], weight, "suit")
    part = replace(table, rows=table.rows[test])
    return Unseen(test, types, suits, types.of(part), suits.of(part))


def pooled(parts: Sequence[Unseen]) -> Unseen:
    """All folds as one; their codes are the same."""
    first = parts[0]
    return Unseen(
        np.concatenate([p.at for p in parts]),
        first.types,
        first.suits,
        np.concatenate([p.type_margins for p in parts]),
        np.concatenate([p.suit_margins for p in parts]),
    )


def temperature(margins: Array, codes: Sequence[str], labels: Sequence[str]) -> float:
    """The temperature under which the margins' probabilities explain the labels best."""
    at = np.array([codes.index(label) for label in labels])

    def loss(value: float) -> float:
        z = margins / value
        z -= z.max(axis=1, keepdims=True)
        chance = z[np.arange(len(at)), at] - np.log(np.exp(z).sum(axis=1))
        return float(-chance.mean())

    return round(float(minimize_scalar(loss, bounds=(0.05, 2), method="bounded").x), 3)


def reading_of(samples: Sequence[Sample], seen: Unseen) -> Reading:
    """The scales and the coupling that fit texts which the weights had not seen."""
    types = [samples[i].type for i in seen.at]
    suits = [samples[i].suit for i in seen.at]
    scales = [
        Scale(tuple(m.codes), tuple(float(b) for b in m.bias), temperature(values, m.codes, labels))
        for m, values, labels in (
            (seen.types, seen.type_margins, types),
            (seen.suits, seen.suit_margins, suits),
        )
    ]

    def right(coupling: float) -> int:
        said = answer(Reading(scales[0], scales[1], coupling, FEW_WORDS), seen)
        return _hits(said.types, types) + _hits(said.suits, suits)

    return Reading(scales[0], scales[1], max(COUPLINGS, key=right), FEW_WORDS)


def certainty(
    sure: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> tuple[tuple[float, float], ...]:
    """What the computed probabilities are worth: by bin of equally many texts, said and true."""
    order = np.argsort(sure, kind="stable")
    at, hit = np.asarray(sure), np.asarray(right, dtype=float)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    said = [round(float(at[part].mean()), 4) for part in parts]
    true = np.maximum.accumulate([hit[part].mean() for part in parts])
    points = dict(zip(said, [round(float(share), 4) for share in true], strict=True))
    return tuple(sorted(points.items()))


def calibrated(samples: Sequence[Sample], reading: Reading, seen: Unseen) -> Reading:
    """The reading with what its probabilities are worth on these texts."""
    said = answer(reading, seen)
    types = [samples[i].type == code for i, code in zip(seen.at, said.types, strict=True)]
    suits = [samples[i].suit == code for i, code in zip(seen.at, said.suits, strict=True)]
    return replace(
        reading,
        types=replace(reading.types, certainty=certainty(said.type_sure, types)),
        suits=replace(reading.suits, certainty=certainty(said.suit_sure, suits)),
    )


def answer(reading: Reading, seen: Unseen) -> Answers:
    """What the service would say, from the same margins by the same joint choice."""
    said = Answers([], [], [], [])
    for types, suits in zip(seen.type_margins.tolist(), seen.suit_margins.tolist(), strict=True):
        kind, suit = choose(reading, types, suits, _ENOUGH, {})
        said.types.append(reading.types.codes[kind])
        said.suits.append(suit)
        said.type_sure.append(reading.types.probability(types, kind))
        said.suit_sure.append(reading.suits.probability(suits, reading.suits.codes.index(suit)))
    return said


def _hits(said: Sequence[str], labels: Sequence[str]) -> int:
    return sum(a == b for a, b in zip(said, labels, strict=True))


def expected_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins of equally many texts."""
    order = np.argsort(sure, kind="stable")
    at, hit = np.asarray(sure), np.asarray(right, dtype=float)
    gaps = [
        abs(at[b].mean() - hit[b].mean()) * len(b) for b in np.array_split(order, BINS) if len(b)
    ]
    return float(sum(gaps) / len(order))


def crossed(samples: Sequence[Sample], reading: Reading, parts: Sequence[Unseen]) -> dict[str, Any]:
    """The scores of all folds, each fold's probabilities corrected by the other folds only."""
    found = [
        scores(samples, calibrated(samples, reading, pooled(rest)), part)
        for at, part in enumerate(parts)
        if (rest := [other for place, other in enumerate(parts) if place != at])
    ]
    whole = scores(samples, reading, pooled(parts))
    sizes = np.array([one["texts"] for one in found])
    for name in ("type_ece", "suit_ece"):
        whole[name] = float(np.average([one[name] for one in found], weights=sizes))
    return whole


def scores(samples: Sequence[Sample], reading: Reading, seen: Unseen) -> dict[str, float]:
    """Accuracy, macro-F1 and calibration of type and suitability."""
    said = answer(reading, seen)
    found: dict[str, float] = {"texts": len(seen.at)}
    pick: Callable[[Sample], str]
    for name, pick, codes, sure in (
        ("type", lambda s: s.type, said.types, said.type_sure),
        ("suit", lambda s: s.suit, said.suits, said.suit_sure),
    ):
        labels = [pick(samples[i]) for i in seen.at]
        right = [a == b for a, b in zip(codes, labels, strict=True)]
        found[f"{name}_accuracy"] = float(np.mean(right))
        found[f"{name}_macro_f1"] = float(
            f1_score(labels, codes, average="macro", labels=sorted(set(labels)))
        )
        found[f"{name}_ece"] = expected_error(sure, right)
    return found


def rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Scores with three digits."""
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()}
