"""Loose texts without labels, from which training learns what runs of characters mean.

None of them shares its words with a labelled text, the test file's included: a model that had met a
test text's copy, even without its label, would be measured too kindly. The test file is opened here
for this exclusion only.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .corpus import INVENTED, REAL

LOOSE = (
    "legal_questions/unlabelled",
    "teddy2020c/stream_before_2019_09",
    "teddy2020c/messages_train",
    "teddy2020c/replies_first_2000",
)
_LABELLED = (*REAL, *INVENTED, "annotated/test")
_RUN, _FEWEST = 16, 8
_SHARED, _REPEATED = 0.1, 0.5
_NO_WORD = re.compile(r"\W")


def key_of(text: str) -> int:
    """The number under which a text's vector is kept; the text cannot be told from it."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def loose(data: Path, sets: tuple[str, ...] = LOOSE) -> list[str]:
    """The loose texts under `data`, without copies of labelled ones or of each other.

    A set that is missing is passed over.
    """
    known = _Known()
    for name in _LABELLED:
        for record in _records(data, name):
            known.add(_NO_WORD.sub("", record["text"]), 1)
    texts: list[str] = []
    for name in sets:
        for record in _records(data, name):
            text = _text(record)
            bare = _NO_WORD.sub("", text)
            if len(bare) >= _FEWEST and not known.holds(bare):
                known.add(bare, 2)
                texts.append(text)
    return texts


def _text(record: Mapping[str, Any]) -> str:
    return str(record["text"]) if "text" in record else f"{record['title']}\n{record['body']}"


def _records(data: Path, name: str) -> list[dict[str, Any]]:
    path = data / f"{name}.jsonl.gz"
    if not path.exists():
        return []
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


class _Known:
    """Runs of characters that stand in labelled texts (1) or in loose ones already taken (2)."""

    def __init__(self) -> None:
        self._whole: set[str] = set()
        self._runs: tuple[set[int], set[int]] = (set(), set())

    def add(self, bare: str, kind: int) -> None:
        self._whole.add(bare)
        self._runs[kind - 1].update(_runs(bare))

    def holds(self, bare: str) -> bool:
        """Whether the text, or a telling part of it, was met before."""
        if bare in self._whole:
            return True
        runs = list(_runs(bare))
        labelled, taken = [sum(run in known for run in runs) for known in self._runs]
        return labelled > _SHARED * len(runs) or taken > _REPEATED * len(runs)


def _runs(bare: str) -> Iterator[int]:
    return (hash(bare[at : at + _RUN]) for at in range(len(bare) - _RUN + 1))
