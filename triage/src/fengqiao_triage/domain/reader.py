"""The analyser: reads a text by weights for type and suitability, by signs and by numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from . import figures
from .analysis import Analysis, Form, Number, PartAnalysis, Reading, combine
from .cues import CueSet, Signal, read
from .facts import CROWD, PASSING, Facts, crowd_of, marks_of
from .grams import flat, traits
from .lexicon import Hits, Matcher, Rows
from .numbers import Stated, amounts, months, people
from .text import MAX_CHARS, Text, blank, fold
from .weights import Weights

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


@dataclass(frozen=True, slots=True)
class Weighed:
    """How a text was weighed: what was counted, the sum per code (types, then suitabilities), and
    `speaks(code)`: the words that speak for a code, the strongest first.
    """

    count: int
    sums: tuple[float, ...]
    speaks: Callable[[int], Iterable[str]]


class Scorer(Protocol):
    """What gives a text its sums: the lexicon's words, or the trained model's traits."""

    @property
    def vocabulary(self) -> Iterable[str]:
        """The words that the scan has to look for."""
        ...

    def weigh(self, text: str, words: Sequence[str]) -> Weighed:
        """The sums of a text in which the scan found `words` of the vocabulary."""
        ...


class LexiconScorer:
    """Weighs by the words of a lexicon."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.vocabulary = rows.plain

    def weigh(self, text: str, words: Sequence[str]) -> Weighed:  # noqa: ARG002 found by the scan
        """The sums of the words."""
        return Weighed(len(words), tuple(self._rows.sums(words)), partial(self._speaks, words))

    def _speaks(self, words: Sequence[str], code: int) -> list[str]:
        plain = self._rows.plain
        strong = [(plain[word][code], word) for word in words if plain[word][code] > 0]
        return [word for _, word in sorted(strong, reverse=True)]


class ModelScorer:
    """Weighs by the traits of a trained model."""

    vocabulary: Iterable[str] = ()

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def weigh(self, text: str, words: Sequence[str]) -> Weighed:  # noqa: ARG002 it needs no scan
        """The sums of the traits that the model knows."""
        known = self._weights.known(traits(flat(text)))
        return Weighed(len(known), self._weights.sums(known), partial(self._weights.speaks, known))


class TextAnalyser:
    """Reads texts with one scorer and one version of the cues and the facts; see `Analyser`.

    Without `facts` (the versions before them) the signs stand alone and the largest number counts.
    """

    def __init__(
        self,
        version: str,
        reading: Reading,
        scorer: Scorer,
        cues: CueSet,
        blind: Blindfold,
        *,
        facts: Facts | None = None,
    ) -> None:
        self.version = version
        self._reading, self._scorer, self._cues, self._blind = reading, scorer, cues, blind
        self._facts = facts
        self._forbidden = blind.protected | blind.order_words
        self._codes = len(reading.types.codes)
        self._matcher = Matcher(scorer.vocabulary, {*cues.vocabulary, *self._forbidden})

    def analyse(self, texts: Sequence[Text]) -> Sequence[PartAnalysis]:
        """One analysis per text, in order; only the first 20,000 characters are read."""
        return [self._part(text) for text in texts]

    def combine(self, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
        """The whole case from its parts."""
        return combine(self._reading, parts, form)

    def _part(self, text: Text) -> PartAnalysis:
        words, hits = self._scan(fold(text.text[:MAX_CHARS]))
        weighed = self._scorer.weigh(words, hits.words)
        signals = read(self._cues, words, hits.cues) if hits.cues else {}
        lasted = _largest(months(words, text.day))
        heads, money = self._numbers(words, signals, lasted)
        return PartAnalysis(
            part=text.part,
            words=weighed.count,
            type_sums=weighed.sums[: self._codes],
            suit_sums=weighed.sums[self._codes :],
            signals=signals,
            people=heads,
            amount=money,
            months=lasted,
            type_spans=self._type_spans(words, weighed),
        )

    def _numbers(
        self, text: str, signals: dict[str, Signal], lasted: Number | None
    ) -> tuple[Number | None, Number | None]:
        """How many people and how much money, and into `signals` what the model proposes."""
        if self._facts is None:
            return _largest(people(text)), _largest(amounts(text))
        marks = marks_of(signals, text, None if lasted is None else int(lasted.value))
        self._facts.propose(text, self._cues.cues, signals, marks)
        for code in [code for code in signals if code.startswith(PASSING)]:
            del signals[code]
        crowd = figures.people(text)
        many = crowd_of(crowd, self._facts.crowd)
        if many is not None:
            signals[CROWD] = many
        heads = self._facts.people.of([f for f in crowd if not f.vague])
        return _stated(heads), _stated(self._facts.amount.of(figures.amounts(text)))

    def weigh(self, text: Text) -> tuple[str, list[str]]:
        """The words of a text as the model of facts sees them, and its marks (for training)."""
        words, hits = self._scan(fold(text.text[:MAX_CHARS]))
        lasted = _largest(months(words, text.day))
        signals = read(self._cues, words, hits.cues)
        return words, marks_of(signals, words, None if lasted is None else int(lasted.value))

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

    def _type_spans(self, text: str, weighed: Weighed) -> tuple[tuple[int, int], ...]:
        """Where the words stand that speak most for the part's own best type."""
        types = weighed.sums[: self._codes]
        text = flat(text)
        spans: list[tuple[int, int]] = []
        for word in weighed.speaks(types.index(max(types))):
            at = text.find(word)
            if at >= 0 and not any(s < at + len(word) and at < e for s, e in spans):
                spans.append((at, at + len(word)))
            if len(spans) == TYPE_EVIDENCE:
                break
        return tuple(spans)


def _stated(figure: figures.Figure | None) -> Number | None:
    return None if figure is None else Number(figure.value, (figure.start, figure.end))


def _largest(stated: Iterable[Stated]) -> Number | None:
    best: Stated | None = None
    for one in stated:
        if best is None or one.value > best.value:
            best = one
    return None if best is None else Number(best.value, (best.start, best.end))
