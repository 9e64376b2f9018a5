"""The lexicon analyser: reads a text by weighted words, signs and numbers, without any model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .analysis import Analysis, Form, Number, PartAnalysis, Reading, combine
from .cues import CueSet, read
from .lexicon import Hits, Matcher
from .numbers import Stated, amounts, months, people
from .text import MAX_CHARS, Text, blank, fold

TYPE_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Blindfold:
    """What must never be read: words about the person, and orders to the grader.

    `protected` are words of ethnicity, religion, criminal record and mental illness (PIPL art. 24,
    28; domain.md §5.2: the dispute is graded, not the person); `orders` matches text that tells the
    grader what to answer, woken by `order_words`.
    """

    protected: frozenset[str]
    order_words: frozenset[str]
    orders: re.Pattern[str]


class LexiconAnalyser:
    """Reads texts with one version of the lexicon and the cues; see `Analyser`."""

    def __init__(self, version: str, reading: Reading, cues: CueSet, blind: Blindfold) -> None:
        self.version = version
        self._reading, self._cues, self._blind = reading, cues, blind
        self._forbidden = blind.protected | blind.order_words
        self._codes = len(reading.types.codes)
        self._matcher = Matcher(reading.rows.plain, {*cues.vocabulary, *self._forbidden})

    def analyse(self, texts: Sequence[Text]) -> Sequence[PartAnalysis]:
        """One analysis per text, in order; only the first 20,000 characters are read."""
        return [self._part(text) for text in texts]

    def combine(self, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
        """The whole case from its parts."""
        return combine(self._reading, parts, form)

    def _part(self, text: Text) -> PartAnalysis:
        words, hits = self._scan(fold(text.text[:MAX_CHARS]))
        sums = tuple(self._reading.rows.sums(hits.words))
        return PartAnalysis(
            part=text.part,
            words=len(hits.words),
            type_sums=sums[: self._codes],
            suit_sums=sums[self._codes :],
            signals=read(self._cues, words, hits.cues) if hits.cues else {},
            people=_largest(people(words)),
            amount=_largest(amounts(words)),
            months=_largest(months(words, text.day)),
            type_spans=self._type_spans(words, sums[: self._codes], hits.words),
        )

    def _scan(self, text: str) -> tuple[str, Hits]:
        """The text without what must not be read, and its hits."""
        hits = self._matcher.scan(text)
        barred = [(word, at) for word, at in hits.cues if word in self._forbidden]
        if not barred:
            return text, hits
        spans = [(at, at + len(w)) for w, at in barred if w in self._blind.protected]
        spans += [m.span() for m in self._blind.orders.finditer(text)]
        if spans:
            text = blank(text, spans)
            hits = self._matcher.scan(text)
        hits.cues = [(word, at) for word, at in hits.cues if word not in self._forbidden]
        return text, hits

    def _type_spans(
        self, text: str, sums: Sequence[float], found: Collection[str]
    ) -> tuple[tuple[int, int], ...]:
        """Where the words stand that speak most for the part's own best type."""
        best, rows = sums.index(max(sums)), self._reading.rows.plain
        strong = [(rows[word][best], word) for word in found if rows[word][best] > 0]
        strong.sort(reverse=True)
        places = [(text.find(word), len(word)) for _, word in strong[:TYPE_EVIDENCE]]
        return tuple([(at, at + size) for at, size in places])


def _largest(stated: Iterable[Stated]) -> Number | None:
    best: Stated | None = None
    for one in stated:
        if best is None or one.value > best.value:
            best = one
    return None if best is None else Number(best.value, (best.start, best.end))
