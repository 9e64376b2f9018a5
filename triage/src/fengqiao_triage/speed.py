"""How many texts a second are analysed and assessed, in CPU time of one core, beside a yardstick."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from .domain.analysis import Form
from .domain.assessment import History
from .domain.case import Inputs, Judgement, Rules, judge
from .domain.grams import flat, traits
from .domain.text import Text, sha256_of

BATCH = 500
_NOW = datetime(2026, 11, 2, tzinfo=UTC)
_DAY = date(2026, 11, 2)


def sample(texts: Sequence[str], most: int, mean: int = 400) -> list[str]:
    """The longer ones of the texts, as many as have that mean length, at most `most` of them.

    The shortest are left out one by one; where even the longest is too short, nothing is left.
    """
    kept = sorted(texts, key=len)
    chars, begin = sum(map(len, kept)), 0
    while begin < len(kept) and chars < mean * (len(kept) - begin):
        chars -= len(kept[begin])
        begin += 1
    least = set(kept[begin:])
    return [text for text in texts if text in least][:most]


def measure(rules: Rules, texts: Sequence[str], runs: int) -> Mapping[str, float]:
    """Texts a second of CPU time, the medians of `runs` runs in turn."""
    _judged(rules, texts[:1])  # the weights are loaded with the first text
    ways: Mapping[str, Callable[[], object]] = {
        "one by one": lambda: [_judged(rules, [text]) for text in texts],
        f"in batches of {BATCH}": lambda: [
            _judged(rules, texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)
        ],
        "yardstick: runs of 1-4 characters cut in plain Python, nothing weighed": lambda: [
            traits(flat(text)) for text in texts
        ],
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            start = time.process_time()
            way()
            found[name].append(len(texts) / (time.process_time() - start))
    return {name: statistics.median(rates) for name, rates in found.items()}


def _judged(rules: Rules, texts: Sequence[str]) -> list[Judgement]:
    """Analyse texts and assess each as a case of its own."""
    parts = rules.analyser.analyse([Text(0, text, _DAY) for text in texts])
    return [
        judge(rules, (part,), Inputs(rules.versions, (sha256_of(text),), Form(), History(), _NOW))
        for text, part in zip(texts, parts, strict=True)
    ]
