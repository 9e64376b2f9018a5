"""The trained model's weights, read from its skops file without scikit-learn.

A skops file is a zip: `schema.json` names what is in it, arrays are .npy files beside it. Only the three
plain things that a model of ours holds are read (a version, the traits, one array of numbers); nothing
in the file is ever run.
"""

from __future__ import annotations

import ast
import io
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .grams import HEAD, HEAD_MARK, TAIL, TAIL_MARK, characters, written
from .runs import Ids, Page, Places, Runs, Table, keys_of, once, runs_of
from .weighed import Weighed

STEP = 100
"""Weights are kept in hundredths, so that sums are exact on every machine and in every order."""
_MAGIC = b"\x93NUMPY\x01\x00"
_TELLING = STEP // 4
"""From which weight a trait may be shown as evidence."""
_UNIT = np.uint64(16)
_MARKS = [np.uint64(ord(mark)) for mark in (HEAD_MARK, TAIL_MARK)]


class BadModel(ValueError):
    """The file is no model of this release; the text says why."""


class Weights:
    """Per trait, its weights for every code, and their sums over a text.

    Traits are numbered from 1 in the order of their words: of two that weigh the same the first is
    shown first.
    """

    def __init__(self, keys: Runs, rows: NDArray[np.int16]) -> None:
        marked = np.isin(keys & np.uint64(0xFFFF), _MARKS)
        words = np.where(marked, keys >> _UNIT, keys)
        order = np.argsort(
            words.astype("<u8").view("<u2").reshape(-1, 4).astype(">u2").view(">u8").ravel()
        )
        self._table = Table(keys[order])
        none = np.zeros((1, rows.shape[1]), np.int16)
        self._rows = np.concatenate([none, rows[order]])
        self._long = np.concatenate([[False], words[order] > 0xFFFF])
        self._turn = np.zeros(len(keys) + 1, np.int32)

    @property
    def codes(self) -> int:
        """For how many codes each trait has a weight."""
        return int(self._rows.shape[1])

    @property
    def names(self) -> list[str]:
        """How each trait is written, with the mark of its end."""
        return [written(int(key)) for key in self._table.keys[1:]]

    def weigh(self, page: Page, types: int) -> list[Weighed]:
        """Each text weighed by the traits that are known, each counted once: see `grams.traits`.

        The first `types` codes are types.
        """
        runs, owners = _traits(page)
        where, found = self._table.find(runs)
        found, bounds = once(owners.take(where), found, len(page.texts))
        return [self._weighed(found[a:b], types) for a, b in pairwise(bounds.tolist())]

    def _weighed(self, known: Ids, types: int) -> Weighed:
        rows = self._rows.take(known, axis=0)
        sums = np.einsum("ij->j", rows.astype(np.int32))
        code = int(sums[:types].argmax())
        return Weighed(len(known), tuple((sums / STEP).tolist()), self._words(known, rows[:, code]))

    def _words(self, known: Ids, weights: NDArray[np.int16]) -> Iterator[str]:
        """The words that these weights speak for, those that speak most first."""
        telling = np.flatnonzero((weights >= _TELLING) & self._long.take(known))
        order = np.argsort(-weights.take(telling), kind="stable")
        for key in self._table.keys.take(known.take(telling.take(order))).tolist():
            yield characters(written(key))


def _traits(page: Page) -> tuple[Runs, Ids]:
    """The traits of the texts, some of them more than once, and which text each belongs to."""
    units, ends, owners = page.packed()
    one, two, three, four = runs_of(units)
    starts = np.concatenate([[0], ends[:-1] + 1])
    heads = _edges(starts, np.minimum(ends, starts + HEAD))
    tails = _edges(np.maximum(starts, ends - TAIL), ends)
    runs, whose = [one, two, three, four], [owners, owners[:-1], owners[:-2], owners[:-3]]
    for places, mark in zip((heads, tails), _MARKS, strict=True):
        for size, all_runs in ((2, two), (3, three)):
            inside = places[size]
            runs.append((all_runs.take(inside) << _UNIT) | mark)
            whose.append(owners.take(inside))
    return np.concatenate(runs), np.concatenate(whose)


def _edges(starts: Places, ends: Places) -> dict[int, Places]:
    """By size, where in each stretch a run of that size begins that lies within it."""
    places = starts[:, None] + np.arange(max(HEAD, TAIL))
    return {size: places[places + size <= ends[:, None]] for size in (2, 3)}


def read_weights(data: bytes, version: str) -> Weights:
    """The weights in a skops file. Raises BadModel where it is not the model of that version."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = cast("Mapping[str, Any]", json.loads(file.read("schema.json"))["content"])
            said = json.loads(parts["version"]["content"])
            keys = keys_of(cast("str", json.loads(parts["traits"]["content"])).split("\n"))
            rows = _rows(file.read(parts["weights"]["file"]))
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as bad:
        raise BadModel(f"{version}.skops: not a model of ours ({bad!r})") from bad
    if said != version:
        raise BadModel(f"{version}.skops says it is {said}")
    if len(keys) != len(rows):
        raise BadModel(f"{version}.skops: {len(rows)} rows of weights for {len(keys)} traits")
    return Weights(keys, rows)


def _rows(data: bytes) -> NDArray[np.int16]:
    """The rows of a two-dimensional .npy array of small integers."""
    if not data.startswith(_MAGIC):
        raise BadModel("the weights are no .npy array of version 1.0")
    (size,) = struct.unpack_from("<H", data, len(_MAGIC))
    start = len(_MAGIC) + 2
    head = cast("Mapping[str, Any]", ast.literal_eval(data[start : start + size].decode("latin-1")))
    if head["descr"] != "<i2" or head["fortran_order"]:
        raise BadModel(f"the weights are {head['descr']}, not little-endian 16-bit rows")
    values = np.frombuffer(data, "<i2", offset=start + size)
    return values.reshape(-1, int(head["shape"][1])).astype(np.int16)
