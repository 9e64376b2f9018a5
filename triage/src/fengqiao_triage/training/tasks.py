"""Other public questions of the field: how far do runs of characters carry?

None of these is part of the service: they are measured because their answers are comparable with what
others published. What is set (run lengths, penalties, cuts) was set by cross-validation.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.svm import LinearSVC

from .fit import Array
from .meaning import meanings, placed, read_vectors
from .pool import loose

_DOMAINS = ("divorce", "labor", "loan")
_TWIN = 0.5
_CUTS = np.linspace(-0.8, 0.4, 25)
_QUESTIONS = ("legal_questions/unlabelled",)
_NEAR = 3
Every = Callable[[Sequence[Any]], Iterable[Any]]
"""Goes through the steps of a task, and may show how far it is."""


def _load(data: Path, name: str) -> list[dict[str, Any]]:
    lines = gzip.decompress((data / f"{name}.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


def _runs(longest: int, least: int) -> TfidfVectorizer:
    single: Any = np.float32
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, longest),
        sublinear_tf=True,
        min_df=least,
        dtype=single,
    )


def seven_classes(data: Path) -> dict[str, float]:
    """The class of a citizen's message, on the public test messages.

    Tokenised rows that share half their runs with a test message are its copies: left out.
    """
    train = _load(data, "teddy2020c/messages_train")
    test = _load(data, "teddy2020c/messages_public_test")
    extra = _load(data, "teddy2020c/messages_tokenised_extra")
    texts = [r["text"] for r in (*train, *test)] + [r["seg"].replace(" ", "") for r in extra]
    first, last = len(train), len(train) + len(test)
    twins = _twins(texts, first, last)
    kept = np.concatenate([np.arange(first), last + np.flatnonzero(~twins)])
    runs = _runs(4, 3)
    rows = runs.fit_transform([texts[i] for i in kept])
    labels = np.array([r["label"] for r in (*train, *test, *extra)])
    model = LinearSVC(C=0.7, random_state=0).fit(rows, labels[kept])
    said = model.predict(runs.transform(texts[first:last]))
    return {
        "seven classes, accuracy": float((said == labels[first:last]).mean()),
        "seven classes, macro-F1": float(f1_score(labels[first:last], said, average="macro")),
        "copies left out": float(twins.sum()),
    }


def _twins(texts: Sequence[str], first: int, last: int) -> Array:
    """Which of the texts from `last` on are copies of those in [first, last)."""
    rows = _runs(2, 3).fit_transform(texts)
    return np.asarray((rows[last:] @ rows[first:last].T).max(axis=1).toarray().ravel() > _TWIN)


def consult_topics(data: Path, vectors: Path | None = None) -> dict[str, float]:
    """The topic of a consultation out of twenty, five-fold.

    With `vectors` of loose questions, the runs carry the meaning that was learned from them.
    """
    asked = _load(data, "lawbench/2-4")
    texts = [r["question"] for r in asked]
    rows = _runs(2, 1).fit_transform(texts)
    if vectors is not None:
        rows = sparse.hstack([rows, _meant(data, vectors, texts)]).tocsr()
    labels = np.array([r["answer"] for r in asked])
    right = np.zeros(len(labels))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for rest, part in folds.split(np.zeros(len(labels)), labels):
        model = LinearSVC(C=0.3, random_state=0).fit(rows[rest], labels[rest])
        right[part] = model.predict(rows[part]) == labels[part]
    return {"20 consult topics, accuracy": float(right.mean())}


def _meant(data: Path, vectors: Path, texts: Sequence[str]) -> sparse.csr_matrix:
    """Where the texts lie among meanings, by what loose questions teach of runs; none of them is one."""
    barred = set(texts)
    questions = [text for text in loose(data, _QUESTIONS) if text not in barred]
    known, places = placed(questions, read_vectors(vectors))
    runs = _runs(3, 3)
    sense = meanings(runs.fit_transform(known).tocsr(), places)
    return sparse.csr_matrix(runs.transform(texts) @ sense)


def elements(data: Path, every: Every = iter) -> dict[str, float]:
    """Case elements of judgment sentences, five-fold by document: mean of micro- and macro-F1."""
    found = {
        f"elements, {name}": _elements(_load(data, f"cail2019_elements/{name}"), every)
        for name in _DOMAINS
    }
    return {**found, "elements, mean": float(np.mean(list(found.values())))}


def _elements(sentences: Sequence[dict[str, Any]], every: Every) -> float:
    rows = _runs(3, 2).fit_transform([r["text"] for r in sentences])
    names = sorted({label for r in sentences for label in r["labels"]})
    truth = np.array([[name in r["labels"] for name in names] for r in sentences])
    documents = np.array([r["doc"] for r in sentences])
    folds = list(GroupKFold(5).split(rows, groups=documents))
    margins = np.full(truth.shape, -9.0)
    for at in every(range(len(names))):
        for rest, part in folds:
            if truth[rest, at].any():
                margins[part, at] = _margins(rows[rest], truth[rest, at], rows[part])
    said = np.zeros_like(truth)
    for rest, part in folds:
        for at in range(len(names)):
            said[part, at] = margins[part, at] > _cut(margins[rest, at], truth[rest, at])
    return float(
        (f1_score(truth, said, average="micro") + f1_score(truth, said, average="macro")) / 2
    )


def _margins(rows: sparse.csr_matrix, truth: Array, asked: sparse.csr_matrix) -> Array:
    model = LinearSVC(C=0.5, class_weight={True: 4.0, False: 1.0}, random_state=0, tol=1e-2)
    return np.asarray(model.fit(rows, truth).decision_function(asked))


def _cut(margins: Array, truth: Array) -> float:
    """From which margin on an element is said, by the texts of the other folds."""
    said = [margins > cut for cut in _CUTS]
    scores = [2 * (s & truth).sum() / max(s.sum() + truth.sum(), 1) for s in said]
    return float(_CUTS[np.argmax(np.convolve(scores, np.ones(_NEAR) / _NEAR, "same"))])
