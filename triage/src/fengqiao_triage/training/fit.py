"""Fits the weights of type and suitability: one linear margin per code over the traits of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from ..domain.grams import HEAD_MARK, TAIL_MARK, flat, traits, written
from ..domain.text import fold
from ..domain.weights import STEP
from .mask import masked

Array = np.ndarray[Any, Any]

MIN_TEXTS = 5
"""A trait found in fewer texts may be somebody's own words: it is never kept."""
PENALTY = 0.5
_OFTEN = 12
"""In how many texts, loose ones too, a trait must stand that is rare in the labelled ones."""
_EDGE = 1.5
"""What a run of the title or of the closing words counts more; by cross-validation."""
_MEANT = 0.5
"""What a direction of meaning counts beside the traits; by cross-validation."""
_RARE = {"type": 0.5, "suit": 0.5}
"""How far rare codes are lifted: 0 as they come, 1 all codes alike; by cross-validation."""
_WHOLE = re.compile("[^\\x00\\n\\ud800-\\udfff]+")
_SCALE = 5.0
_LARGEST = 300 * STEP


@dataclass(frozen=True, slots=True)
class Table:
    """Texts by traits: `rows` hold 1 where a text has the trait, `lift` what a rare trait counts more.

    `sense` is what a trait adds to a text's place among meanings (see `meaning`); without columns where
    nothing was learned.
    """

    traits: list[str]
    rows: sparse.csr_matrix
    lift: Array
    sense: Array

    def scaled(self) -> sparse.csr_matrix:
        """The rows as a model is fitted on them: rare traits lifted, long texts evened out."""
        size = np.sqrt(np.maximum(np.asarray(self.rows.sum(axis=1)).ravel(), 1))
        return (sparse.diags(1 / size) @ self.rows @ sparse.diags(self.lift)).tocsr()


def cut(texts: Sequence[str]) -> list[set[int]]:
    """The traits of each text, after masking."""
    return [traits(flat(fold(text))) for text in masked(texts)]


def tabulate(cuts: Sequence[set[int]], loose: Sequence[set[int]] = ()) -> Table:
    """The table of texts, loose ones last, by those traits that stand in at least five of them.

    A trait that is rare in the labelled texts must stand in more of all. None is kept that touches
    what was masked, or that cuts a rare character in two.
    """
    seen = Counter(trait for one in cuts for trait in one)
    often = {trait for trait, texts in seen.items() if texts >= MIN_TEXTS}
    cuts = [*cuts, *loose]
    seen.update(trait for one in loose for trait in one)
    often.update(trait for trait, texts in seen.items() if loose and texts >= _OFTEN)
    kept = sorted(trait for trait in often if trait and _WHOLE.fullmatch(written(trait)))
    place = {trait: i for i, trait in enumerate(kept)}
    columns = [sorted(place[t] for t in one if t in place) for one in cuts]
    ends = np.cumsum([0, *[len(c) for c in columns]])
    flatly = np.fromiter((c for row in columns for c in row), dtype=np.int32, count=int(ends[-1]))
    ones = np.ones(len(flatly), dtype=np.float32)
    rows = sparse.csr_matrix((ones, flatly, ends), shape=(len(cuts), len(kept)))
    lift = np.log(len(cuts) / np.maximum(np.asarray(rows.sum(axis=0)).ravel(), 1)) + 1
    names = [written(trait) for trait in kept]
    lift *= [_EDGE if name[0] in (HEAD_MARK, TAIL_MARK) else 1.0 for name in names]
    none = np.zeros((len(names), 0), dtype=np.float32)
    return Table(names, rows, (lift / _SCALE).astype(np.float32), none)


@dataclass(frozen=True, slots=True)
class Margins:
    """One fitted question: its codes, the weight of each trait for each code, and the bias."""

    codes: list[str]
    weights: Array
    bias: Array

    def of(self, table: Table) -> Array:
        """The margin of each text for each code, as the service computes it."""
        size = np.sqrt(np.maximum(np.asarray(table.rows.sum(axis=1)).ravel(), 1))
        return np.asarray(table.rows @ self.weights) / size[:, None] + self.bias


def fit(table: Table, rows: Array, labels: Sequence[str], weight: Array, task: str) -> Margins:
    """The margins for `labels`, fitted on the given rows of the table; rounded as they are stored."""
    seen = Counter(labels[i] for i in rows)
    mean = sum(seen.values()) / len(seen)
    rare = np.array([(mean / seen[labels[i]]) ** _RARE[task] for i in rows])
    model = LinearSVC(C=PENALTY, tol=1e-3, random_state=0)
    scaled = table.scaled()[rows]
    meant = sparse.csr_matrix(_MEANT * np.asarray(scaled @ table.sense))
    model.fit(
        sparse.hstack([scaled, meant]).tocsr(),
        [labels[i] for i in rows],
        sample_weight=rare * weight[rows],
    )
    own, lent = np.split(model.coef_.T, [len(table.traits)])
    both = own + _MEANT * (table.sense @ lent)
    stored = np.rint(both * table.lift[:, None] * STEP).clip(-_LARGEST, _LARGEST)
    return Margins([str(c) for c in model.classes_], stored / STEP, np.round(model.intercept_, 2))
