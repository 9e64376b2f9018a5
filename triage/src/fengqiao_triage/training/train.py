"""Trains the model by one call: cross-validates, calibrates, fits on all texts, writes the files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from skops import io as skops

from ..domain.analysis import Reading
from ..domain.lexicon import Scale
from ..domain.weights import STEP
from .corpus import INVENTED, REAL, Sample, labelled
from .fit import Margins, Table, cut, fit, tabulate
from .meaning import meanings, placed, read_vectors
from .pool import loose
from .validate import (
    calibrated,
    crossed,
    folds,
    pooled,
    reading_of,
    registers,
    rounded,
    scores,
    unseen,
)

Say = Callable[[str], object]
_SOURCE = (
    "trained by `fengqiao triage train`, see docs/model-card.md; the weights stand in {name}.skops. "
    "Never edited: an assessment made with it must be repeatable."
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with what was measured of it: on unseen folds, and on registers it had never seen."""

    table: Table
    types: Margins
    suits: Margins
    reading: Reading
    folds: dict[str, Any]
    registers: dict[str, dict[str, Any]]


def train(
    data: Path, say: Say, *, by_register: bool = True, vectors: Path | None = None
) -> Trained:
    """The model for the labelled sets under `data`, never the test set nor the contrasts.

    `vectors` are those of loose texts, from which the traits learn their meaning.
    """
    samples = labelled(data)
    table = _table(data, [s.text for s in samples], vectors, say)
    say(f"{len(samples)} texts, {len(table.traits)} traits")
    parts = [unseen(samples, table, a, b) for a, b in folds(samples)]
    seen = pooled(parts)
    plain = reading_of(samples, seen)
    found = rounded(crossed(samples, plain, parts))
    reading = calibrated(samples, plain, seen)
    say(f"cross-validated on the real texts: {found}")
    held: dict[str, dict[str, Any]] = {}
    for name, (rest, part) in (registers(samples) if by_register else {}).items():
        held[name] = rounded(scores(samples, reading, unseen(samples, table, rest, part)))
        say(f"without any text of the register {name!r}: {held[name]}")
    every, weight = np.arange(len(samples)), np.array([s.weight for s in samples])
    types = fit(table, every, [s.type for s in samples], weight, "type")
    suits = fit(table, every, [s.suit for s in samples], weight, "suit")
    return Trained(table, types, suits, reading, found, held)


def _table(data: Path, texts: Sequence[str], vectors: Path | None, say: Say) -> Table:
    """The labelled texts by traits, with the meaning that loose texts taught."""
    if vectors is None:
        return tabulate(cut(texts))
    known, places = placed(loose(data), read_vectors(vectors))
    say(f"{len(known)} loose texts with a vector")
    table = tabulate(cut(texts), cut(known))
    sense = meanings(table.scaled()[len(texts) :], places)
    return replace(table, rows=table.rows[: len(texts)], sense=sense)


def write(model: Trained, folder: Path, name: str) -> Sequence[Path]:
    """Writes NAME.skops and NAME.yaml. Raises FileExistsError: a version is never overwritten."""
    weights = np.hstack([model.types.weights, model.suits.weights]) * STEP
    arrays, sheet = folder / f"{name}.skops", folder / f"{name}.yaml"
    for path in (arrays, sheet):
        if path.exists():
            raise FileExistsError(f"{path}: a version is never overwritten; choose the next name")
    content = {
        "version": name,
        "traits": "\n".join(model.table.traits),
        "weights": np.rint(weights).astype("<i2"),
    }
    skops.dump(content, arrays, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    sheet.write_text(
        yaml.safe_dump(_sheet(model, name), allow_unicode=True, sort_keys=False), "utf-8"
    )
    return arrays, sheet


def _sheet(model: Trained, name: str) -> dict[str, Any]:
    reading = model.reading
    return {
        "version": name,
        "source": _SOURCE.format(name=name),
        "lexicon": "lexicon-v1",
        "trained_on": [*REAL, *INVENTED],
        "cross_validated": model.folds,
        "register_left_out": model.registers,
        "coupling": reading.coupling,
        "few_words": reading.few_words,
        "types": _scale(model.types, reading.types),
        "suitability": _scale(model.suits, reading.suits),
    }


def _scale(margins: Margins, scale: Scale) -> dict[str, Any]:
    bias = {code: float(b) for code, b in zip(margins.codes, margins.bias, strict=True)}
    known = [list(point) for point in scale.certainty]
    return {"temperature": scale.temperature, "certainty": known, "bias": bias}


__all__ = ["Sample", "Trained", "train", "write"]
