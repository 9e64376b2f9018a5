"""What a text says (分析研判): per part, so that a case's parts can be combined without its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, cast

from fengqiao_contracts.values import Suitability

from .cues import Signal
from .lexicon import Scale
from .text import Text

NO_DISPUTE = "00"
OTHER = "99"
NEVER = -100.0
"""A margin that no words outweigh."""
SURE = 0.6
"""From this probability on "no dispute" means that no sum of money can be at stake."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number stated by a part, and where."""

    value: Decimal
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class PartAnalysis:
    """What one part says: sums of word weights, signs, numbers. Holds places, never words.

    `type_sums` and `suit_sums` follow the codes of the scales; `words` counts the distinct words
    behind them; `months` is how long the matter has lasted; `type_spans` are the words that speak
    most for the part's own best type.
    """

    part: int
    words: int
    type_sums: tuple[float, ...]
    suit_sums: tuple[float, ...]
    signals: Mapping[str, Signal] = field(default_factory=dict)
    people: Number | None = None
    amount: Number | None = None
    months: Number | None = None
    type_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The last answer to a question: what it says (as the fact's `Answer`), and where its words stand."""

    code: str
    says: str
    part: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Form:
    """What was stated in fields rather than prose; None where nothing was.

    `respondent`: a counterpart is named, so that it cannot be "no dispute between parties" (00);
    `answered`: the last part that denies in free words what was asked, 0 for none: what earlier
    parts left unsure is settled by it; `answers`: what was answered question by question; `events`:
    what happened since, by code and how often.
    """

    people: int | None = None
    amount: Decimal | None = None
    months: int | None = None
    respondent: bool = False
    answered: int = 0
    answers: tuple[Answered, ...] = ()
    events: tuple[tuple[str, int], ...] = ()


type Evidence = tuple[int, int, int]
"""Where a part says something: its number, and the characters [start, end)."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign in the whole case: the highest count any part gives, all its places."""

    count: int
    spans: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the whole case says: type, suitability, signs, numbers, and how sure that is.

    `doubts`: of which of type and suitability the policy finds the reading too unsure to stand alone.
    """

    type: str
    type_confidence: float
    suitability: Suitability
    suitability_confidence: float
    signs: Mapping[str, Sign]
    unsure: Mapping[str, Sign]
    people: int | None
    amount: Decimal | None
    months: int | None
    places: Mapping[str, tuple[Evidence, ...]]
    doubts: frozenset[str] = frozenset()


class Analyser(Protocol):
    """The seam for every way to read texts; a trained model is another implementation.

    Pure: the same text gives the same analysis under the same `version`.
    """

    @property
    def version(self) -> str:
        """The name under which this reading can be repeated later."""
        ...

    def analyse(self, texts: Sequence[Text]) -> Sequence[PartAnalysis]:
        """One analysis per text, in order; never raises for any text."""
        ...

    def combine(self, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
        """The whole case from its parts and its form; fast, needs no words."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How sums become answers: two scales, the weight of suitability when a type is chosen, below how
    many words nothing can be said, and whether sums count only where there is a dispute in which they
    can be claimed.
    """

    types: Scale
    suits: Scale
    coupling: float
    few_words: int
    claims_only: bool = False


def combine(reading: Reading, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
    """The whole case: word sums add up, signs keep their highest count, the form's numbers win."""
    words = sum(p.words for p in parts)
    types = reading.types.margins(_total([p.type_sums for p in parts]), words)
    suits = reading.suits.margins(_total([p.suit_sums for p in parts]), words)
    signs, unsure = _signs(parts, form.answered)
    if form.respondent:
        types[reading.types.codes.index(NO_DISPUTE)] = NEVER
    kind, suit = choose(reading, types, suits, words, signs)
    sure = reading.types.probability(types, kind)
    idle = reading.claims_only and reading.types.codes[kind] == NO_DISPUTE and sure >= SURE
    return Analysis(
        type=reading.types.codes[kind],
        type_confidence=round(sure, 3),
        suitability=suit,
        suitability_confidence=_suit_confidence(reading, suits, suit),
        signs=signs,
        unsure=unsure,
        people=_people(parts, form),
        amount=form.amount if form.amount is not None or idle else _largest(parts, "amount"),
        months=_months(parts, form),
        places=_places(parts, kind),
    )


def _total(sums: Sequence[tuple[float, ...]]) -> list[float]:
    return list(sums[0]) if len(sums) == 1 else [sum(column) for column in zip(*sums, strict=True)]


def _signs(parts: Sequence[PartAnalysis], answered: int) -> tuple[dict[str, Sign], dict[str, Sign]]:
    signs: dict[str, Sign] = {}
    unsure: dict[str, Sign] = {}
    for part in parts:
        for code, signal in part.signals.items():
            if signal.unsure and part.part < answered:
                continue
            into = unsure if signal.unsure else signs
            spans = tuple([(part.part, *place) for place in signal.spans])
            known = into.get(code)
            into[code] = (
                Sign(signal.count, spans)
                if known is None
                else Sign(max(known.count, signal.count), known.spans + spans)
            )
    return signs, {code: sign for code, sign in unsure.items() if code not in signs}


def choose(
    reading: Reading,
    types: Sequence[float],
    suits: Sequence[float],
    words: int,
    signs: Mapping[str, Sign],
) -> tuple[int, Suitability]:
    """Type and suitability together: a dispute is never N, no dispute is never M or D."""
    codes = reading.types.codes
    if words < reading.few_words:
        return (types.index(max(types)) if words else codes.index(OTHER)), "U"
    by_suit = dict(zip(reading.suits.codes, suits, strict=True))
    dispute = max([code for code in by_suit if code != "N"], key=by_suit.__getitem__)
    none = max([code for code in by_suit if code not in "MD"], key=by_suit.__getitem__)
    at_none = codes.index(NO_DISPUTE)
    joint = list(types)
    joint[at_none] += reading.coupling * (by_suit[none] - by_suit[dispute])
    place = joint.index(max(joint))
    suit = none if place == at_none else _overruled(dispute, signs)
    return place, cast("Suitability", suit)


def _overruled(suit: str, signs: Mapping[str, Sign]) -> str:
    """Severe danger at home is D, whatever the words add up to."""
    return "D" if "dv" in signs and "dv_severe" in signs else suit


def _suit_confidence(reading: Reading, suits: Sequence[float], suit: str) -> float:
    codes = reading.suits.codes
    return round(reading.suits.probability(suits, codes.index(suit)), 3) if suit in codes else 0.0


def _people(parts: Sequence[PartAnalysis], form: Form) -> int | None:
    """The larger of the form's and the texts' number: understating a crowd must not calm a case."""
    stated = [int(p.people.value) for p in parts if p.people is not None]
    known = [n for n in (form.people, *stated) if n is not None]
    return max(known) if known else None


def _months(parts: Sequence[PartAnalysis], form: Form) -> int | None:
    known = [int(p.months.value) for p in parts if p.months is not None]
    known += [form.months] if form.months is not None else []
    return max(known) if known else None


def _largest(parts: Sequence[PartAnalysis], name: str) -> Decimal | None:
    values = [n.value for p in parts if (n := cast("Number | None", getattr(p, name))) is not None]
    return max(values) if values else None


def _places(parts: Sequence[PartAnalysis], kind: int) -> dict[str, tuple[Evidence, ...]]:
    """Where numbers and the type's own words stand."""
    places: dict[str, tuple[Evidence, ...]] = {}
    for name in ("people", "amount", "months"):
        found = [(p, cast("Number | None", getattr(p, name))) for p in parts]
        spans = tuple([(p.part, *n.span) for p, n in found if n is not None])
        if spans:
            places[name] = spans
    for part in parts:
        if part.type_sums and part.type_sums[kind] == max(part.type_sums):
            here = tuple([(part.part, *place) for place in part.type_spans])
            places["type"] = places.get("type", ()) + here
    return places
