"""The trained model's weights, read from its skops file without scikit-learn or numpy.

A skops file is a zip: `schema.json` names what is in it, arrays are .npy files beside it. Only the three
plain things that a model of ours holds are read (a version, the traits, one array of numbers); nothing
in the file is ever run.
"""

from __future__ import annotations

import ast
import io
import json
import struct
import sys
import zipfile
from array import array
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

from .grams import characters, number_of

STEP = 100
"""Weights are kept in hundredths, so that sums are exact on every machine."""
_SHIFT = 1 << 15
"""Added to every lane of a row, so that no lane ever goes below zero and borrows."""
_MAGIC = b"\x93NUMPY\x01\x00"


_TELLING = STEP // 4
"""From which weight a trait may be shown as evidence."""


class BadModel(ValueError):
    """The file is no model of this release; the text says why."""


class Weights:
    """Per trait, its weights for every code side by side, and their sums over a text.

    A row is one integer of 32-bit lanes: adding up a text's traits is one addition per trait.
    """

    def __init__(self, names: Sequence[str], numbers: Sequence[int], codes: int) -> None:
        if len(numbers) != len(names) * codes:
            raise BadModel(f"{len(numbers)} weights for {len(names)} traits and {codes} codes")
        self.codes, self.names = codes, names
        self._lanes = struct.Struct(f"<{codes}I")
        rows = [numbers[at : at + codes] for at in range(0, len(numbers), codes)]
        keys = [number_of(name) for name in names]
        self._packed = {key: self._pack(row) for key, row in zip(keys, rows, strict=True)}
        self._keys = frozenset(keys)
        self._telling = _telling(names, keys, rows, codes)

    def _pack(self, row: Sequence[int]) -> int:
        return int.from_bytes(self._lanes.pack(*[n + _SHIFT for n in row]), "little")

    def known(self, traits: set[int]) -> set[int]:
        """Those of the traits that have weights."""
        return traits & self._keys

    def sums(self, known: Collection[int]) -> tuple[float, ...]:
        """The sum per code of the weights of known traits."""
        total = sum(map(self._packed.__getitem__, known))
        lanes = self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))
        shift = len(known) * _SHIFT
        return tuple([(lane - shift) / STEP for lane in lanes])

    def speaks(self, known: AbstractSet[int], code: int) -> list[str]:
        """The words among known traits that speak for a code, those that speak most for it first."""
        telling = self._telling[code]
        return [word for _, word in sorted([telling[key] for key in telling.keys() & known])]


def _telling(
    names: Sequence[str], keys: Sequence[int], rows: Sequence[Sequence[int]], codes: int
) -> list[dict[int, tuple[int, str]]]:
    """By code, the traits of two characters and more that clearly speak for it: weight and word."""
    telling: list[dict[int, tuple[int, str]]] = [{} for _ in range(codes)]
    for name, key, row in zip(names, keys, rows, strict=True):
        word = characters(name)
        if len(word) > 1 and max(row) >= _TELLING:
            for found, weight in zip(telling, row, strict=True):
                if weight >= _TELLING:
                    found[key] = (-weight, word)
    return telling


def read_weights(data: bytes, version: str) -> Weights:
    """The weights in a skops file. Raises BadModel where it is not the model of that version."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = cast("Mapping[str, Any]", json.loads(file.read("schema.json"))["content"])
            said = json.loads(parts["version"]["content"])
            traits = cast("str", json.loads(parts["traits"]["content"])).split("\n")
            numbers, codes = _numbers(file.read(parts["weights"]["file"]))
    except (KeyError, TypeError, zipfile.BadZipFile) as bad:
        raise BadModel(f"{version}.skops: not a model of ours ({bad!r})") from bad
    if said != version:
        raise BadModel(f"{version}.skops says it is {said}")
    return Weights(traits, numbers, codes)


def _numbers(data: bytes) -> tuple[array[int], int]:
    """The values of a two-dimensional .npy array of small integers, and its columns."""
    if not data.startswith(_MAGIC):
        raise BadModel("the weights are no .npy array of version 1.0")
    (size,) = struct.unpack_from("<H", data, len(_MAGIC))
    start = len(_MAGIC) + 2
    head = cast("Mapping[str, Any]", ast.literal_eval(data[start : start + size].decode("latin-1")))
    if head["descr"] != "<i2" or head["fortran_order"]:
        raise BadModel(f"the weights are {head['descr']}, not little-endian 16-bit rows")
    values = array("h", data[start + size :])
    if sys.byteorder == "big":
        values.byteswap()
    return values, int(head["shape"][1])
