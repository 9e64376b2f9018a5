"""Train the model of flags and figures (`facts-v…`) offline; nothing here runs in a service."""

from __future__ import annotations

import gzip
import importlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import rules
from .domain.facts import grams_of
from .domain.text import Text
from .evaluate import day_of, load
from .linear_fit import MIN_TEXTS, STEP, Cut, Row, best_cut, fold_of, learn, matrix_of, out_of_fold
from .train_figures import CHOICES, FINDER, GATES, has_figure, learn_choice, states

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
WARY = {"death": 1.0, "serious_injury": 0.9, "collective_petition": 0.6}
"""How far below the best F1 a cut stands, in log-odds, where the flag alone makes a case red: a missed
one costs more than a false one. Chosen out of fold, so that red keeps a precision of .70.
"""
GRAMS_PER_FLAG = 300
_GRAM_SCALE, _C_FLAGS = 2.0, 0.3
_HAN = re.compile(r"[\u4e00-\u9fff]+")


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
    model, cuts, gates = _flags(rows, folds)
    for name in CHOICES:
        chosen = learn_choice(name, rows, folds, gates["amount" if name == "amount" else "people"])
        model[name], cuts[name] = chosen.as_json(), chosen.cut
    model["card"] = {
        "texts": {"annotated": len(own), "invented": len(others)},
        "out_of_fold": {name: cut.card() for name, cut in cuts.items()},
    }
    return model


def save(model: Mapping[str, Any], path: Path) -> None:
    """Write the model as gzipped JSON, the same bytes for the same model."""
    text = json.dumps(model, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _flags(
    rows: Sequence[Row], folds: Sequence[int]
) -> tuple[dict[str, Any], dict[str, Cut], dict[str, list[float]]]:
    """The rows of weights for flags and gates, the flags' cuts, and the texts' gate scores."""
    analyser = rules.reader(f"{rules.READING}+{rules.CUES}")
    seen = [analyser.weigh(Text(0, r["text"], day_of(r["text"]))) for r in rows]
    grams = [{g for g in grams_of(words) if _HAN.fullmatch(g)} for words, _ in seen]
    signs = [dict.fromkeys(marks, 1.0) for _, marks in seen]
    truths = {flag: [flag in r["flags"] for r in rows] for flag in FLAGS}
    truths |= {f"?{gate}": [states(gate, r) for r in rows] for gate in GATES}
    known = _telling(grams, truths)
    shares = [_shares(g & known) for g in grams]
    keys = sorted({mark for row in signs for mark in row})
    words = sorted(known)
    matrix = matrix_of([s | g for s, g in zip(signs, shares, strict=True)], keys + words)
    columns = [_column(matrix, truths[flag], folds) for flag in FLAGS]
    cuts = {flag: column[2] for flag, column in zip(FLAGS, columns, strict=True)}
    gated = {gate: _gate(matrix, gate, rows, folds) for gate in GATES}
    columns += [(weights, bias, Cut(0, 0, 0, 0)) for weights, bias, _ in gated.values()]
    model = _rows(columns, keys, words) | {
        "version": rules.FACTS,
        "finders": FINDER,
        "flags": FLAGS,
        "gates": list(GATES),
        "least": [round((cuts[flag].least - WARY.get(flag, 0)) * STEP) for flag in FLAGS],
    }
    return model, cuts, {gate: scores for gate, (_, _, scores) in gated.items()}


type Column = tuple[Sequence[float], float, Cut]
"""What is learnt of one flag: a weight per key, the bias, and the cut out of fold."""


def _column(matrix: Any, truth: Sequence[bool], folds: Sequence[int]) -> Column:
    weights = [1.0] * len(folds)
    scores = out_of_fold(_C_FLAGS, matrix, truth, folds, weights)
    held = [(s, t) for s, t in zip(scores, truth, strict=True) if s is not None]
    learnt = learn(_C_FLAGS, matrix, truth, weights)
    cut = best_cut([s for s, _ in held], [t for _, t in held])
    return learnt.coef_[0], float(learnt.intercept_[0]), cut


def _gate(
    matrix: Any, gate: str, rows: Sequence[Row], folds: Sequence[int]
) -> tuple[Sequence[float], float, list[float]]:
    """Learnt on the texts that hold any such figure; their scores, out of fold where they have one."""
    with_figure = [i for i, row in enumerate(rows) if has_figure(gate, row["text"])]
    truth = [states(gate, rows[i]) for i in with_figure]
    part, weights = matrix[with_figure], [0.3 if folds[i] < 0 else 1.0 for i in with_figure]
    held = out_of_fold(_C_FLAGS, part, truth, [folds[i] for i in with_figure], weights)
    learnt = learn(_C_FLAGS, part, truth, weights)
    scores = [0.0] * len(rows)
    for i, score in zip(with_figure, held, strict=True):
        scores[i] = score or 0.0
    return learnt.coef_[0], float(learnt.intercept_[0]), scores


def _rows(columns: Sequence[Column], keys: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    """The weights by key, in hundredths; a piece of text weighs by its share."""
    by_key = list(zip(*[weights for weights, _, _ in columns], strict=True))
    rounded = [[round(float(w) * STEP) for w in row] for row in by_key[: len(keys)]]
    pieces = [[round(float(w) * STEP * _GRAM_SCALE) for w in row] for row in by_key[len(keys) :]]
    return {
        "bias": [round(bias * STEP) for _, bias, _ in columns],
        "signs": dict(zip(keys, rounded, strict=True)),
        "grams": dict(zip(words, pieces, strict=True)),
    }


def _shares(found: set[str]) -> dict[str, float]:
    """Each piece's share, which falls with the number of pieces (as in `Facts`)."""
    share: float = _GRAM_SCALE / max(len(found), 1) ** 0.5
    return dict.fromkeys(found, share)


def _telling(grams: Sequence[set[str]], truths: Mapping[str, Sequence[bool]]) -> set[str]:
    """Per flag and gate the pieces of text that tell most of it (chi-squared)."""
    select: Any = importlib.import_module("sklearn.feature_selection")
    texts = Counter(g for row in grams for g in row)
    words = sorted(g for g, n in texts.items() if n >= MIN_TEXTS)
    matrix = matrix_of([dict.fromkeys(row, 1.0) for row in grams], words)
    known: set[str] = set()
    for truth in truths.values():
        scores, _ = select.chi2(matrix, truth)
        ranked = sorted(zip(map(float, scores), words, strict=True), reverse=True)
        known.update(word for _, word in ranked[:GRAMS_PER_FLAG])
    return known
