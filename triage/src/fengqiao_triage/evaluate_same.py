"""How well cases are found to be one dispute, on files with known groups, in the order they came."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fengqiao_contracts.areas import areas
from fengqiao_contracts.errors import Invalid

from .domain.disputes import Book
from .domain.rarity import Rarity
from .domain.signature import INDEXED, Party, Signature, marker, parties_of, vector_of

_MARK = marker(b"evaluation")
_SOME_DAY = date(2020, 1, 1)


class BadGroups(ValueError):
    """The file is not what `evaluate-same` reads; the text says what it must be."""


@dataclass(frozen=True, slots=True)
class BCubed:
    """B-cubed precision and recall over labelled cases."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Result:
    """How well the labelled cases were brought together, and how large the groups of all became.

    `repeated`: only those of disputes that were told more than once; `alone`: F if every case stood
    alone, what a finder of nothing gets.
    """

    cases: int
    labelled: int
    found: BCubed
    repeated: BCubed | None
    alone: float
    looked_at: float
    largest: tuple[int, ...]


def load(path: Path) -> list[dict[str, Any]]:
    """The records of a .jsonl or .jsonl.gz file; BadGroups where it is not one."""
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, json.JSONDecodeError) as bad:
        raise BadGroups(f"{path.name}: not JSON lines in UTF-8, plain or gzipped ({bad})") from bad
    if not records or not all(isinstance(record, dict) and _id(record) for record in records):
        raise BadGroups(f"{path.name}: every record needs `id` or `msg_id`")
    return records


def groups_of(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The known group of each labelled record (`dispute_id` or `incident`), by its id."""
    found = {_id(r): str(r.get("dispute_id") or r.get("incident") or "") for r in records}
    return {key: group for key, group in found.items() if group}


def signature(rarity: Rarity, record: Mapping[str, Any]) -> Signature:
    """A record as the case it would be: `text` or `title` and `body`, parties, division, day."""
    text = record.get("text") or f"{record.get('title', '')}\n{record.get('body', '')}"
    named = record.get("parties") or []
    parties = [
        Party(
            "theirs" if p.get("role") == "respondent" else "ours",
            p.get("kind") != "person",
            p.get("name", ""),
        )
        for p in named
        if p.get("role") != "third"
    ]
    words = rarity.telling(text, [p.get("name", "") for p in named])
    vector = vector_of(words, _MARK)
    said = str(record.get("occurred_on") or record.get("time") or "")
    day = datetime.fromisoformat(said).date() if said else _SOME_DAY
    return Signature(
        _id(record),
        vector,
        tuple(vector)[:INDEXED],
        parties_of(parties, _MARK),
        _path(str(record.get("division") or "")),
        day.toordinal(),
    )


def measure(
    rarity: Rarity, records: Sequence[Mapping[str, Any]], groups: Mapping[str, str]
) -> Result:
    """Enter all records in the order of their days, as the service would; compare with the groups."""
    cases = sorted((signature(rarity, r) for r in records), key=lambda s: (s.day, s.case_id))
    book = Book()
    entered = {case.case_id: book.enter(case) for case in cases}
    said = {key: book.living(e.dispute_id) for key, e in entered.items()}
    known = {key: group for key, group in groups.items() if key in said}
    times = Counter(known.values())
    repeated = {key: group for key, group in known.items() if times[group] > 1}
    looked = book.looked_at / len(entered)
    sizes = tuple(n for _, n in Counter(said.values()).most_common(5))
    return Result(
        len(cases),
        len(known),
        bcubed(said, known),
        bcubed(said, repeated) if repeated else None,
        bcubed({key: key for key in known}, known).f,
        looked,
        sizes,
    )


def bcubed(said: Mapping[str, str], known: Mapping[str, str]) -> BCubed:
    """How well what was said agrees with what is known, over the labelled cases alone."""
    ours, theirs = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for key, group in known.items():
        ours[said[key]].add(key)
        theirs[group].add(key)
    both = {key: len(ours[said[key]] & theirs[group]) for key, group in known.items()}
    precision = sum(n / len(ours[said[key]]) for key, n in both.items()) / len(known)
    recall = sum(n / len(theirs[known[key]]) for key, n in both.items()) / len(known)
    return BCubed(precision, recall)


def _id(record: Mapping[str, Any]) -> str:
    return str(record.get("id") or record.get("msg_id") or "")


def _path(code: str) -> str:
    try:
        return areas().path(code) if code else areas().city.path
    except Invalid:
        return areas().city.path
