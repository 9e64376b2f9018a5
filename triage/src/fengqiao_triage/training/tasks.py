"""Other public questions of the field, asked of the same traits: how far do runs of characters carry?

None of these is part of the service: they are measured because their answers are comparable with what
others published.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from ..domain.grams import flat, traits
from ..domain.text import fold
from .fit import Array

_DOMAINS = ("divorce", "labor", "loan")
_TWIN = 0.5
_NEVER_RARE = 2


def _load(data: Path, name: str) -> list[dict[str, Any]]:
    lines = gzip.decompress((data / f"{name}.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


def _cut(texts: Sequence[str]) -> list[set[int]]:
    return [traits(flat(fold(text))) for text in texts]


def table(cuts: Sequence[set[int]], least: int = _NEVER_RARE) -> sparse.csr_matrix:
    """Texts by traits that stand in at least `least` of them, rare ones lifted, rows of length one."""
    seen: dict[int, int] = {}
    for one in cuts:
        for trait in one:
            seen[trait] = seen.get(trait, 0) + 1
    place = {trait: i for i, trait in enumerate(sorted(t for t, n in seen.items() if n >= least))}
    columns = [sorted(place[t] for t in one if t in place) for one in cuts]
    ends = np.cumsum([0, *[len(c) for c in columns]])
    flatly = np.fromiter((c for row in columns for c in row), dtype=np.int32, count=int(ends[-1]))
    rows = sparse.csr_matrix(
        (np.ones(len(flatly), dtype=np.float32), flatly, ends), shape=(len(cuts), len(place))
    )
    lift = np.log(len(cuts) / np.maximum(np.asarray(rows.sum(axis=0)).ravel(), 1)) + 1
    return normalize(rows @ sparse.diags(lift.astype(np.float32))).tocsr()


def seven_classes(data: Path) -> dict[str, float]:
    """The class of a citizen's message, on the public test messages.

    Tokenised rows that share half their traits with a test message are its copies: left out.
    """
    train = _load(data, "teddy2020c/messages_train")
    test = _load(data, "teddy2020c/messages_public_test")
    extra = _load(data, "teddy2020c/messages_tokenised_extra")
    texts = [r["text"] for r in (*train, *test)] + [r["seg"].replace(" ", "") for r in extra]
    rows = table(_cut(texts), least=3)
    first, last = len(train), len(train) + len(test)
    twins = (rows[last:] @ rows[first:last].T).max(axis=1).toarray().ravel() > _TWIN
    kept = np.concatenate([np.arange(first), last + np.flatnonzero(~twins)])
    labels = np.array([r["label"] for r in (*train, *test, *extra)])
    model = LinearSVC(C=0.7, random_state=0).fit(rows[kept], labels[kept])
    said = model.predict(rows[first:last])
    return {
        "seven classes, accuracy": float((said == labels[first:last]).mean()),
        "seven classes, macro-F1": float(f1_score(labels[first:last], said, average="macro")),
        "copies left out": float(twins.sum()),
    }


def consult_topics(data: Path) -> dict[str, float]:
    """The topic of a consultation out of twenty, five-fold, with directions learned from loose questions."""
    asked = _load(data, "lawbench/2-4")
    loose = [r["text"] for r in _load(data, "legal_questions/unlabelled")]
    rows = table(_cut([r["question"] for r in asked] + loose), least=3)
    shared = TruncatedSVD(200, n_iter=3, random_state=0).fit(rows).transform(rows[: len(asked)])
    mixed = sparse.hstack([rows[: len(asked)], normalize(shared)]).tocsr()
    labels = np.array([r["answer"] for r in asked])
    right = np.zeros(len(labels))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for rest, part in folds.split(np.zeros(len(labels)), labels):
        model = LinearSVC(C=0.5, random_state=0).fit(mixed[rest], labels[rest])
        right[part] = model.predict(mixed[part]) == labels[part]
    return {"20 consult topics, accuracy": float(right.mean())}


def elements(data: Path) -> dict[str, float]:
    """Case elements of judgment sentences, five-fold by document: mean of micro- and macro-F1."""
    found = {
        f"elements, {name}": _elements(_load(data, f"cail2019_elements/{name}"))
        for name in _DOMAINS
    }
    return {**found, "elements, mean": float(np.mean(list(found.values())))}


def _elements(sentences: Sequence[dict[str, Any]]) -> float:
    rows = table(_cut([r["text"] for r in sentences]), least=3)
    names = sorted({label for r in sentences for label in r["labels"]})
    truth = np.array([[name in r["labels"] for name in names] for r in sentences])
    documents = np.array([r["doc"] for r in sentences])
    said = np.zeros_like(truth)
    for rest, part in GroupKFold(5).split(rows, groups=documents):
        for at in range(len(names)):
            if truth[rest, at].any():
                said[part, at] = _said(rows[rest], truth[rest, at], rows[part])
    return float(
        (f1_score(truth, said, average="micro") + f1_score(truth, said, average="macro")) / 2
    )


def _said(rows: sparse.csr_matrix, truth: Array, asked: sparse.csr_matrix) -> Array:
    model = LinearSVC(C=0.5, class_weight={True: 4.0, False: 1.0}, random_state=0, tol=1e-3)
    return np.asarray(model.fit(rows, truth).decision_function(asked) > 0)
