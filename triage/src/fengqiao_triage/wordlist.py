"""The table of how rare pairs of characters are: read from the package, and built anew."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from importlib import resources

from .domain.rarity import LEARNT, Rarity, learn

RARITY = "rarity-v1"
_BANDS = 4
"""Steps per natural logarithm in which a weight is kept."""


@cache
def rarity(version: str = RARITY) -> Rarity:
    """A table that ships; FileNotFoundError where this release does not carry it."""
    path = resources.files(__package__) / "data" / f"{version}.txt.gz"
    return parse(gzip.decompress(path.read_bytes()).decode())


def parse(text: str) -> Rarity:
    """A table from its text: a line about it, then lines `kind band words…`."""
    head, *lines = text.splitlines()
    about = json.loads(head)
    tables: dict[str, dict[str, float]] = {"pair": {}, "unit": {}}
    for line in lines:
        kind, band, *words = line.split(" ")
        tables[kind].update(dict.fromkeys(words, int(band) / _BANDS))
    most = math.log(about["documents"] / 2)
    return Rarity(about["version"], tables["pair"], tables["unit"], most)


def build(texts: Iterable[str], version: str = RARITY) -> str:
    """The text of a table learnt from texts: only what stands in at least five of them is kept."""
    count, pairs, units = learn(dict.fromkeys(texts))
    about = {"version": version, "documents": count, "least": LEARNT}
    lines = [json.dumps(about), *_lines("pair", pairs, count), *_lines("unit", units, count)]
    return "\n".join(lines)


def _lines(kind: str, seen: Counter[str], count: int) -> list[str]:
    bands: dict[int, list[str]] = defaultdict(list)
    for word, n in seen.items():
        if n >= LEARNT:
            bands[round(math.log(count / n) * _BANDS)].append(word)
    return [f"{kind} {band} {' '.join(sorted(words))}" for band, words in sorted(bands.items())]
