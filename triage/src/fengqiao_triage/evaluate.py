"""How well the rules in force read a labelled file (format of the annotated sets), in numbers."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .domain.analysis import Form
from .domain.assessment import History, assess
from .domain.case import CHINA, Rules
from .domain.text import Text
from .sheet import flags_of

GRADES = ("none", "blue", "yellow", "red")
SOME_DAY = date(2020, 1, 1)
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)年")


class BadFile(ValueError):
    """The file is not what `evaluate` reads; the text says what it must be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One labelled text and what the rules say of it."""

    id: str
    text: str
    label: Mapping[str, Any]
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of a yes-or-no answer; `support` counts the true ones."""

    precision: float
    recall: float
    f1: float
    support: int


def load(path: Path) -> list[dict[str, Any]]:
    """The records of a .jsonl or .jsonl.gz file with the fields text, type, suit, colour.

    Raises BadFile with the line and the remedy, OSError where the file cannot be read.
    """
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, json.JSONDecodeError) as bad:
        raise BadFile(f"{path.name}: not JSON lines in UTF-8, plain or gzipped ({bad})") from bad
    needed = {"text", "type", "suit", "colour"}
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict) or not needed <= record.keys():
            raise BadFile(
                f"{path.name} line {number}: needs the fields {', '.join(sorted(needed))}"
            )
    if not records:
        raise BadFile(f"{path.name}: no records")
    return records


def day_of(text: str) -> date:
    """When a text without a date was written: the end of the last year that it names."""
    years = [int(year) for year in _YEAR.findall(text)]
    return date(max(years), 12, 1) if years else SOME_DAY


def read(rules: Rules, records: Sequence[Mapping[str, Any]]) -> list[Reading]:
    """What the rules say of each record's text alone, in one batch."""
    now = datetime(2026, 1, 1, tzinfo=CHINA)
    parts = rules.analyser.analyse([Text(0, r["text"], day_of(r["text"])) for r in records])
    readings: list[Reading] = []
    for record, part in zip(records, parts, strict=True):
        a = rules.analyser.combine([part], Form())
        found = assess(rules.policy, rules.screening, a, History(), now)
        said = {
            "type": a.type,
            "suit": a.suitability,
            "colour": found.grade,
            "people": a.people,
            "amount": None if a.amount is None else float(a.amount),
            "flags": sorted(flags_of(a, rules.versions.analyser)),
        }
        readings.append(Reading(str(record.get("id", "")), record["text"], record, said))
    return readings


def accuracy(readings: Sequence[Reading], field: str) -> float:
    """The share of texts whose `field` was answered as labelled."""
    return sum(bool(r.label[field] == r.said[field]) for r in readings) / len(readings)


def score_of(pairs: Iterable[tuple[bool, bool]]) -> Score:
    """The score of (labelled, said) answers."""
    seen = Counter(pairs)
    right, wrong, lost = seen[True, True], seen[False, True], seen[True, False]
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + lost) if right + lost else 0.0
    f1 = 2 * right / (2 * right + wrong + lost) if right + wrong + lost else 0.0
    return Score(precision, recall, f1, right + lost)


def by_code(readings: Sequence[Reading], field: str) -> dict[str, Score]:
    """The score of each labelled code of a field."""
    labelled = sorted({r.label[field] for r in readings})
    return {
        code: score_of((r.label[field] == code, r.said[field] == code) for r in readings)
        for code in labelled
    }


def macro_f1(readings: Sequence[Reading], field: str) -> float:
    """The mean F1 over the labelled codes of a field."""
    scores = by_code(readings, field).values()
    return sum(s.f1 for s in scores) / len(scores)


def flags(readings: Sequence[Reading]) -> dict[str, Score]:
    """The score of each risk flag, where the file labels flags."""
    known = sorted({flag for r in readings for flag in r.label.get("flags", ())})
    return {
        flag: score_of(
            (flag in r.label.get("flags", ()), flag in r.said["flags"]) for r in readings
        )
        for flag in known
    }


def flags_micro(readings: Sequence[Reading]) -> float:
    """F1 of the risk flags, all flags and texts counted together."""
    pairs = [({*r.label.get("flags", ())}, {*r.said["flags"]}) for r in readings]
    size = sum(len(true) + len(said) for true, said in pairs)
    return 2 * sum(len(true & said) for true, said in pairs) / size if size else 1.0


def stated(readings: Sequence[Reading], field: str) -> Score:
    """The score of a number: right where the text states it and the same was said."""
    right = sum(
        r.label.get(field) is not None and r.label[field] == r.said[field] for r in readings
    )
    said = sum(r.said[field] is not None for r in readings)
    true = sum(r.label.get(field) is not None for r in readings)
    f1 = 2 * right / (said + true) if said + true else 1.0
    return Score(right / said if said else 0.0, right / true if true else 0.0, f1, true)


def groups_right(readings: Sequence[Reading], field: str) -> tuple[int, int]:
    """Of the groups of minimal pairs whose label differs: how many are read right in every member,
    and how many there are; the file names the group in `pair`.
    """
    groups: dict[str, list[Reading]] = {}
    for r in readings:
        if "pair" in r.label:
            groups.setdefault(r.label["pair"], []).append(r)
    telling = [g for g in groups.values() if len({r.label[field] for r in g}) > 1]
    return sum(all(r.label[field] == r.said[field] for r in g) for g in telling), len(telling)


def kappa(readings: Sequence[Reading]) -> float:
    """Agreement on the colour beyond chance, weights linear over none < blue < yellow < red."""
    rank = {grade: i for i, grade in enumerate(GRADES)}
    pairs = [(rank[r.label["colour"]], rank[r.said["colour"]]) for r in readings]
    left, right, size = Counter(p for p, _ in pairs), Counter(q for _, q in pairs), len(pairs)
    seen = sum(abs(p - q) for p, q in pairs) / size
    chance: float = sum(abs(p - q) * left[p] * right[q] for p in left for q in right) / size**2
    return 1.0 if chance == 0 else float(1 - seen / chance)


def confusion(readings: Sequence[Reading], field: str) -> Counter[tuple[str, str]]:
    """How often each labelled code was answered as each code."""
    return Counter((r.label[field], r.said[field]) for r in readings)
