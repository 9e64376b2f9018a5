"""Signs of danger and of history in a text, each with the words it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .numbers import number_of

Place = tuple[int, int]
"""Characters [start, end) of one part's text."""

_SENTENCE = re.compile(r"[。；！？;!?\n]")
_CLAUSE = re.compile(r"[，。；！？,;!?\n]")
_LEFT = 24
_AROUND = 10
MAX_SPANS = 3
MANY = 3
"""What 多次 counts as (annotation guide)."""


@dataclass(frozen=True, slots=True)
class Guards:
    """The words around a sign that take it back, as one rule file defines them."""

    negation: re.Pattern[str]
    negation_after: re.Pattern[str]
    hypothesis: re.Pattern[str]
    hearsay: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """One sign: its words, its patterns with the needles that gate them, what takes it back, the
    risk flag as which it is published, or the one for which it is only a hint.
    """

    code: str
    words: frozenset[str] = frozenset()
    needles: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    unless: re.Pattern[str] | None = None
    flag: str | None = None
    hints: str | None = None
    negation: bool = False
    real: bool = False
    asks: bool = False
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A sign found: how often the text says it happened, where, and whether only by hearsay."""

    count: int
    spans: tuple[Place, ...]
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class CueSet:
    """All signs of one rule file, ready to be read from a scan's hits; `durations` numbers the way in
    which that file wants it read how long a matter has lasted.
    """

    cues: Mapping[str, Cue]
    guards: Guards
    by_word: Mapping[str, tuple[Cue, ...]] = field(default_factory=dict)
    durations: int = 1

    @property
    def vocabulary(self) -> Iterable[str]:
        """Every word that a scan has to look for."""
        return self.by_word.keys()


def index_of(cues: Iterable[Cue]) -> dict[str, tuple[Cue, ...]]:
    """Which cues each word or needle wakes."""
    by_word: dict[str, tuple[Cue, ...]] = {}
    for cue in cues:
        for word in cue.words | cue.needles:
            by_word[word] = (*by_word.get(word, ()), cue)
    return by_word


def read(cues: CueSet, text: str, hits: Sequence[tuple[str, int]]) -> dict[str, Signal]:
    """The signs that `text` gives, from the places where their words and needles stand."""
    found: dict[str, Signal] = {}
    woken: dict[str, Cue] = {}
    for word, at in hits:
        for cue in cues.by_word[word]:
            if word in cue.words:
                _note(found, cues.guards, cue, text, (at, at + len(word)))
            if word in cue.needles:
                woken[cue.code] = cue
    for cue in woken.values():
        for pattern in cue.patterns:
            for match in pattern.finditer(text):
                _note(found, cues.guards, cue, text, match.span())
    return found


_TIMES = re.compile(
    r"(?P<many>多次|数次|几次|好几次|无数次|很多次|屡次|反复|一再|再三|屡屡)"
    r"|第?(?P<n>[二两三四五六七八九十\d]+)(?:多|余|几)?(?:次|回|遍|趟|封)|(?P<again>再次|又一次|又)"
)


def _times(text: str, start: int, end: int) -> tuple[int, int]:
    """How often, from the words before and in a sign (两次 is 2, 多次 is 3, nothing said is 1), and
    where the sign begins when such a word stands right before it.
    """
    best, begin = 1, start
    for said in _TIMES.finditer(text, max(0, start - _AROUND), end):
        number = number_of(said["n"]) if said["n"] else None
        if number is not None and number < 1000:
            best = max(best, int(number))
        else:
            best = max(best, MANY if said["many"] or said["n"] else 2)
        if said.start() < start <= said.end():
            begin = said.start()
    return best, begin


def _note(found: dict[str, Signal], guards: Guards, cue: Cue, text: str, place: Place) -> None:
    """Add a place to its sign, unless what stands around it takes it back."""
    start, end = place
    before = found.get(cue.code)
    count, begin = _times(text, start, end) if cue.counted else (1, start)
    if before is not None and len(before.spans) >= MAX_SPANS and count <= before.count:
        return
    verdict = _verdict(guards, cue, text, start, end)
    place = (begin, end)
    if verdict is None or (verdict and before is not None):
        return
    if before is None or (before.unsure and not verdict):
        found[cue.code] = Signal(count, (place,), verdict)
        return
    found[cue.code] = Signal(max(before.count, count), _with(before.spans, place))


def _with(spans: tuple[Place, ...], place: Place) -> tuple[Place, ...]:
    """The spans with one more; those it overlaps become one span with it."""
    start, end = place
    for s, e in spans:
        if s < end and start < e:
            start, end = min(s, start), max(e, end)
    apart = [span for span in spans if span[1] <= start or end <= span[0]]
    return tuple(sorted([*apart, (start, end)])[:MAX_SPANS])


def _verdict(guards: Guards, cue: Cue, text: str, start: int, end: int) -> bool | None:
    """None: taken back; False: said plainly; True: said by hearsay only."""
    if cue.unless and cue.unless.search(_clause(text, start, end)):
        return None
    if not (cue.negation or cue.real or cue.asks):
        return False
    left = _SENTENCE.split(text[max(0, start - _LEFT) : start])[-1]
    if cue.negation and (
        guards.negation.search(left) or guards.negation_after.match(text[end : end + 8])
    ):
        return None
    if cue.real and guards.hypothesis.search(left):
        return None
    return bool(cue.asks and guards.hearsay.search(left))


def _clause(text: str, start: int, end: int) -> str:
    """A sign with what stands near it in the same clause."""
    left = _CLAUSE.split(text[max(0, start - _AROUND) : start])[-1]
    right = _CLAUSE.split(text[end : end + _AROUND], 1)[0]
    return left + text[start:end] + right
