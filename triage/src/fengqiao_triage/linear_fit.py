"""What the offline training of flags and of figures shares: folds, matrices, cuts. No service runs it."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FOLDS = 5
MIN_TEXTS = 5
"""A piece of text that fewer texts hold could give one of them away."""
STEP = 100
"""Weights are kept in hundredths."""

type Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """The least weight and what it is worth out of fold."""

    least: float
    precision: float
    recall: float
    f1: float

    def card(self) -> dict[str, float]:
        """The worth, to three places."""
        said = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: float(f"{value:.3f}") for name, value in said.items()}


def fold_of(text: str) -> int:
    """The fold of a text: copies and near copies begin alike and fall into the same one."""
    head = re.sub(r"[\W\d_]", "", text)[:25]
    return int(hashlib.sha256(head.encode()).hexdigest(), 16) % FOLDS


def learn(c: float, matrix: Any, truth: Sequence[bool], weights: Sequence[float]) -> Any:
    """A logistic regression of that strength, each row with its weight."""
    linear: Any = importlib.import_module("sklearn.linear_model")
    model = linear.LogisticRegression(C=c, solver="liblinear")
    return model.fit(matrix, truth, sample_weight=weights)


def matrix_of(rows: Sequence[Mapping[str, float]], keys: Sequence[str]) -> Any:
    """A sparse matrix of rows of named values; unknown names are left out."""
    sparse: Any = importlib.import_module("scipy.sparse")
    at = {key: i for i, key in enumerate(keys)}
    places = [(i, at[k], v) for i, row in enumerate(rows) for k, v in row.items() if k in at]
    i, j, v = zip(*places, strict=True) if places else ((), (), ())
    return sparse.csr_matrix((v, (i, j)), shape=(len(rows), len(keys)))


def out_of_fold(
    c: float, matrix: Any, truth: Sequence[bool], folds: Sequence[int], weights: Sequence[float]
) -> list[float | None]:
    """Each row's score by a model that was not shown its fold; None for rows that only teach (-1)."""
    scores: list[float | None] = [None] * len(folds)
    for fold_no in {f for f in folds if f >= 0}:
        held = [i for i, f in enumerate(folds) if f == fold_no]
        rest = [i for i, f in enumerate(folds) if f != fold_no]
        learnt = learn(c, matrix[rest], [truth[i] for i in rest], [weights[i] for i in rest])
        for i, score in zip(held, learnt.decision_function(matrix[held]), strict=True):
            scores[i] = float(score)
    return scores


def best_cut(scores: Sequence[float], truth: Sequence[bool], lost: int = 0) -> Cut:
    """The cut with the best F1; `lost` counts true ones that no score stands for."""
    total, right, best = sum(truth) + lost, 0, Cut(float("inf"), 0.0, 0.0, 0.0)
    for n, (score, true) in enumerate(sorted(zip(scores, truth, strict=True), reverse=True), 1):
        right += true
        f1 = 2 * right / (n + total)
        if f1 > best.f1:
            best = Cut(score, right / n, right / total, f1)
    return best
