"""The analyser: reads a text by weights for type and suitability, by signs and by numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from . import durations, numbers
from .analysis import Analysis, Form, Number, PartAnalysis, Reading, combine
from .blindfold import Blindfold
from .cues import CueSet, Signal
from .cues import read as signs_in
from .facts import Facts, marks_of
from .figures import Figure
from .numbers import Stated, amounts, people
from .runs import Page, pages
from .scan import Hits, Scanner
from .scorers import Scorer
from .text import MAX_CHARS, Text, blank, fold
from .weighed import Weighed

TYPE_EVIDENCE = 5
MONTHS = {1: numbers.months, 2: durations.months}
"""How it is read how long a matter has lasted, by the number that the cue file names."""


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
        self._months = MONTHS[cues.durations]
        self._forbidden = blind.protected | blind.order_words
        self._codes = len(reading.types.codes)
        vocabulary = {*cues.vocabulary, *self._forbidden}
        self._scanner = Scanner(scorer.vocabulary, vocabulary, facts.grams if facts else {})

    def analyse(self, texts: Sequence[Text]) -> Sequence[PartAnalysis]:
        """One analysis per text, in order; only the first 20,000 characters are read."""
        read = pages([fold(text.text[:MAX_CHARS]) for text in texts])
        found = [one for page in read for one in self._read(page)]
        return [self._part(text, *one) for text, one in zip(texts, found, strict=True)]

    def _read(self, page: Page) -> Iterable[tuple[str, str, Hits, Weighed]]:
        """Each text without what must not be read, as the model reads it, its hits and its weights."""
        page, hits = self._scan(page)
        _, flat = page.flat
        weighed = self._scorer.weigh(page, [hit.words for hit in hits], self._codes)
        return zip(page.texts, flat, hits, weighed, strict=True)

    def combine(self, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
        """The whole case from its parts."""
        return combine(self._reading, parts, form)

    def _part(
        self, text: Text, words: str, flat: str, hits: Hits, weighed: Weighed
    ) -> PartAnalysis:
        signals = signs_in(self._cues, words, hits.cues) if hits.cues else {}
        lasted = _largest(self._months(words, text.day))
        heads, money = self._numbers(words, hits, signals, lasted)
        return PartAnalysis(
            part=text.part,
            words=weighed.count,
            type_sums=weighed.sums[: self._codes],
            suit_sums=weighed.sums[self._codes :],
            signals=signals,
            people=heads,
            amount=money,
            months=lasted,
            type_spans=_type_spans(flat, weighed.speaking),
        )

    def _numbers(
        self, text: str, hits: Hits, signals: dict[str, Signal], lasted: Number | None
    ) -> tuple[Number | None, Number | None]:
        """How many people and how much money, and into `signals` what the model proposes."""
        facts = self._facts
        if facts is None:
            return _largest(people(text)), _largest(amounts(text))
        months = None if lasted is None else int(lasted.value)
        heads, money = facts.read(text, hits.pieces, self._cues.cues, signals, months)
        return _stated(heads), _stated(money)

    def weigh(self, text: Text) -> tuple[str, list[str]]:
        """The words of a text as the model of facts sees them, and its marks (for training)."""
        page, (hits,) = self._scan(Page([fold(text.text[:MAX_CHARS])]))
        (words,) = page.texts
        lasted = _largest(self._months(words, text.day))
        signals = signs_in(self._cues, words, hits.cues)
        return words, marks_of(signals, words, None if lasted is None else int(lasted.value))

    def _scan(self, page: Page) -> tuple[Page, list[Hits]]:
        """The texts without what must not be read, and their hits."""
        hits = self._scanner.scan(page)
        texts = [self._blanked(text, hit) for text, hit in zip(page.texts, hits, strict=True)]
        again = [i for i, text in enumerate(texts) if text is not page.texts[i]]
        if again:
            for i, hit in zip(
                again, self._scanner.scan(Page([texts[i] for i in again])), strict=True
            ):
                hits[i] = hit
            page = Page(texts)
        for hit in hits:
            hit.cues = [item for item in hit.cues if item[0] not in self._forbidden]
        return page, hits

    def _blanked(self, text: str, hit: Hits) -> str:
        """A text without words about the person and without orders to the grader."""
        barred = [(word, at) for word, at in hit.cues if word in self._forbidden]
        if not barred:
            return text
        spans = [(at, at + len(w)) for w, at in barred if w in self._blind.protected]
        spans += [m.span() for m in self._blind.orders.finditer(text)]
        return blank(text, spans) if spans else text


def _type_spans(flat: str, speaking: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Where the words stand that speak most for the part's own best type."""
    spans: list[tuple[int, int]] = []
    for word in speaking:
        at = flat.find(word)
        if at >= 0 and not any(s < at + len(word) and at < e for s, e in spans):
            spans.append((at, at + len(word)))
        if len(spans) == TYPE_EVIDENCE:
            break
    return tuple(spans)


def _stated(figure: Figure | None) -> Number | None:
    return None if figure is None else Number(figure.value, (figure.start, figure.end))


def _largest(stated: Iterable[Stated]) -> Number | None:
    best: Stated | None = None
    for one in stated:
        if best is None or one.value > best.value:
            best = one
    return None if best is None else Number(best.value, (best.start, best.end))
