"""Train the model of flags and figures (`facts-v…`) offline; nothing here runs in a service."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import rules
from .domain import figures
from .domain.facts import MANY_HEADS, grams_of
from .domain.figures import Figure
from .domain.text import Text, fold
from .evaluate import day_of, load

FLAGS = [
    "collective_petition",
    "death",
    "failed",
    "gathering",
    "livelihood",
    "long",
    "media",
    "minor",
    "missing",
    "multi_agency",
    "repeat",
    "serious_injury",
    "vulnerable",
    "wages",
]
"""Threats, blows, self-harm and violence at home are left to the cue file: no model guesses them."""
WARY = {"death": 1.0, "serious_injury": 0.9, "collective_petition": 0.6, "crowd": 0.9}
"""How far below the best F1 a cut stands, in log-odds, where the flag alone makes a case red: a missed
one costs more than a false one. Chosen out of fold, so that red keeps a precision of .70.
"""
FOLDS = 5
MIN_TEXTS = 5
"""A piece of text that fewer texts hold could give one of them away."""
GRAMS_PER_FLAG = 300
_GRAM_SCALE, _C_FLAGS, _C_FIGURES = 2.0, 0.3, 0.3
_STEP = 100
"""Weights are kept in hundredths."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")

type Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """The least weight and what it is worth out of fold."""

    least: float
    precision: float
    recall: float
    f1: float


def train(annotated: Sequence[Path], invented: Sequence[Path]) -> dict[str, Any]:
    """The model and its card; thresholds are set on the annotated texts, each left out once."""
    own = [r for path in annotated for r in load(path)]
    others = [r for path in invented for r in load(path)]
    model = fit(own, others)
    model["card"]["files"] = [p.name for p in (*annotated, *invented)]
    return model


def fit(own: Sequence[Row], others: Sequence[Row]) -> dict[str, Any]:
    """The model from labelled texts: cuts are set out of fold on `own`; `others` only teach."""
    rows = [*own, *others]
    folds = [fold_of(r["text"]) for r in own] + [-1] * len(others)
    model, card = _flags(rows, folds)
    for name, field, find in (
        ("people", "people", figures.people),
        ("amount", "amount", figures.amounts),
        ("crowd", "people", figures.people),
    ):
        model[name], card[name] = _figures(rows, folds, name, field, find)
    model["card"] = {
        "texts": {"annotated": len(own), "invented": len(others)},
        "out_of_fold": card,
    }
    return model


def save(model: Mapping[str, Any], path: Path) -> None:
    """Write the model as gzipped JSON, the same bytes for the same model."""
    text = json.dumps(model, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def fold_of(text: str) -> int:
    """The fold of a text: copies and near copies begin alike and fall into the same one."""
    head = re.sub(r"[\W\d_]", "", text)[:25]
    return int(hashlib.sha256(head.encode()).hexdigest(), 16) % FOLDS


def _learn(c: float) -> Any:
    linear: Any = importlib.import_module("sklearn.linear_model")
    return linear.LogisticRegression(C=c, solver="liblinear")


def _matrix(rows: Sequence[Mapping[str, float]], keys: Sequence[str]) -> Any:
    sparse: Any = importlib.import_module("scipy.sparse")
    at = {key: i for i, key in enumerate(keys)}
    places = [(i, at[k], v) for i, row in enumerate(rows) for k, v in row.items() if k in at]
    i, j, v = zip(*places, strict=True) if places else ((), (), ())
    return sparse.csr_matrix((v, (i, j)), shape=(len(rows), len(keys)))


def _best_cut(scores: Sequence[float], truth: Sequence[bool], lost: int = 0) -> Cut:
    """The cut with the best F1; `lost` counts true ones that no score stands for."""
    total, right, best = sum(truth) + lost, 0, Cut(float("inf"), 0.0, 0.0, 0.0)
    for n, (score, true) in enumerate(sorted(zip(scores, truth, strict=True), reverse=True), 1):
        right += true
        f1 = 2 * right / (n + total)
        if f1 > best.f1:
            best = Cut(score, right / n, right / total, f1)
    return best


def _flags(rows: Sequence[Row], folds: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    analyser = rules.reader(f"{rules.READING}+{rules.CUES}")
    seen = [analyser.weigh(Text(0, r["text"], day_of(r["text"]))) for r in rows]
    grams = [{g for g in grams_of(words) if _HAN.fullmatch(g)} for words, _ in seen]
    signs = [dict.fromkeys(marks, 1.0) for _, marks in seen]
    truths = {flag: [flag in r["flags"] for r in rows] for flag in FLAGS}
    known = _telling(grams, truths)
    shares = [_shares(g & known) for g in grams]
    keys = sorted({mark for row in signs for mark in row})
    words = sorted(known)
    matrix = _matrix([s | g for s, g in zip(signs, shares, strict=True)], keys + words)
    weights: list[Sequence[float]] = []
    bias: list[float] = []
    cuts: list[Cut] = []
    for flag in FLAGS:
        cuts.append(_out_of_fold(matrix, truths[flag], folds))
        learnt = _learn(_C_FLAGS).fit(matrix, truths[flag])
        weights.append(learnt.coef_[0])
        bias.append(float(learnt.intercept_[0]))
    columns = list(zip(*weights, strict=True))
    rounded = [[round(float(w) * _STEP) for w in column] for column in columns]
    gram_rows = [[round(float(w) * _STEP * _GRAM_SCALE) for w in c] for c in columns[len(keys) :]]
    model = {
        "version": rules.FACTS,
        "flags": FLAGS,
        "bias": [round(b * _STEP) for b in bias],
        "least": [
            round((cut.least - WARY.get(flag, 0)) * _STEP)
            for flag, cut in zip(FLAGS, cuts, strict=True)
        ],
        "signs": dict(zip(keys, rounded, strict=False)),
        "grams": dict(zip(words, gram_rows, strict=True)),
    }
    return model, {flag: _card(cut) for flag, cut in zip(FLAGS, cuts, strict=True)}


def _card(cut: Cut) -> dict[str, float]:
    said = {"precision": cut.precision, "recall": cut.recall, "f1": cut.f1}
    return {name: float(f"{value:.3f}") for name, value in said.items()}


def _shares(found: set[str]) -> dict[str, float]:
    """Each piece's share, which falls with the number of pieces (as in `Facts`)."""
    share: float = _GRAM_SCALE / max(len(found), 1) ** 0.5
    return dict.fromkeys(found, share)


def _telling(grams: Sequence[set[str]], truths: Mapping[str, Sequence[bool]]) -> set[str]:
    """Per flag the pieces of text that tell most of it (chi-squared)."""
    select: Any = importlib.import_module("sklearn.feature_selection")
    texts = Counter(g for row in grams for g in row)
    words = sorted(g for g, n in texts.items() if n >= MIN_TEXTS)
    matrix = _matrix([dict.fromkeys(row, 1.0) for row in grams], words)
    known: set[str] = set()
    for truth in truths.values():
        scores, _ = select.chi2(matrix, truth)
        ranked = sorted(zip(map(float, scores), words, strict=True), reverse=True)
        known.update(word for _, word in ranked[:GRAMS_PER_FLAG])
    return known


def _out_of_fold(matrix: Any, truth: Sequence[bool], folds: Sequence[int]) -> Cut:
    scores: list[float] = []
    labels: list[bool] = []
    for fold_no in range(FOLDS):
        held = [i for i, f in enumerate(folds) if f == fold_no]
        rest = [i for i, f in enumerate(folds) if f != fold_no]
        learnt = _learn(_C_FLAGS).fit(matrix[rest], [truth[i] for i in rest])
        scores += [float(s) for s in learnt.decision_function(matrix[held])]
        labels += [truth[i] for i in held]
    return _best_cut(scores, labels)


def _figures(
    rows: Sequence[Row],
    folds: Sequence[int],
    name: str,
    field: str,
    find: Callable[[str], list[Figure]],
) -> tuple[dict[str, Any], dict[str, float]]:
    """Learn which figure of a text is the stated one, or for `crowd` tells of a crowd."""
    found = [[f for f in find(fold(r["text"])) if _asked(name, f)] for r in rows]
    owners = [i for i, row in enumerate(found) for _ in row]
    truth = [_true(name, rows[i], f) for i, row in enumerate(found) for f in row]
    marks = [dict.fromkeys(f.marks, 1.0) for row in found for f in row]
    texts = Counter(key for row in marks for key in row)
    keys = sorted(key for key, n in texts.items() if n >= MIN_TEXTS)
    matrix = _matrix(marks, keys)
    scores: dict[int, tuple[float, bool]] = {}
    for fold_no in range(FOLDS):
        held = [j for j, i in enumerate(owners) if folds[i] == fold_no]
        rest = [j for j, i in enumerate(owners) if folds[i] != fold_no]
        learnt = _learn(_C_FIGURES).fit(matrix[rest], [truth[j] for j in rest])
        for j, score in zip(held, learnt.decision_function(matrix[held]), strict=True):
            best = scores.get(owners[j])
            if best is None or score > best[0]:
                scores[owners[j]] = (float(score), truth[j])
    dispute = {i: s for i, s in scores.items() if rows[i]["type"] != "00"}
    stated = sum(_stated(name, rows[i], field) for i, f in enumerate(folds) if f >= 0)
    reached = sum(true for _, true in dispute.values())
    pairs = [*dispute.values()]
    lost = stated - reached
    cut = _best_cut([score for score, _ in pairs], [true for _, true in pairs], lost)
    learnt = _learn(_C_FIGURES).fit(matrix, truth)
    bias = float(learnt.intercept_[0])
    weights = {k: round(float(w) * _STEP) for k, w in zip(keys, learnt.coef_[0], strict=True)}
    least = round((cut.least - WARY.get(name, 0) - bias) * _STEP)
    return {"weights": {k: w for k, w in weights.items() if w}, "least": least}, _card(cut)


def _asked(name: str, figure: Figure) -> bool:
    if name == "crowd":
        return figure.value >= MANY_HEADS
    return name != "people" or not figure.vague


def _true(name: str, row: Row, figure: Figure) -> bool:
    if name == "crowd":
        return _stated(name, row, "people")
    field = "people" if name == "people" else "amount"
    return row[field] is not None and float(row[field]) == float(figure.value)


def _stated(name: str, row: Row, field: str) -> bool:
    """Whether the label states a number, or for `crowd` one of at least that many heads."""
    if name != "crowd":
        return row[field] is not None
    calm = not {"threat", "violence", "selfharm", "death", "serious_injury"} & {*row["flags"]}
    return (row["people"] or 0) >= MANY_HEADS or (
        row["colour"] == "red" and calm and not row["flags"]
    )
