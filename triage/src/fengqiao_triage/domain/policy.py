"""The grading policy as values: conditions over an analysis, points, questions, ways down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from fengqiao_contracts.values import Grade

from .analysis import Analysis, Evidence, Sign


@dataclass(frozen=True, slots=True)
class Condition:
    """All that is set must hold; an empty condition always holds.

    `signs`: any was found; `needs`: all were; `without`: none was; `min_count`, `min_places`: how
    often the first sign found is said to have happened, or stands in the text; `min_people`,
    `min_amount` (yuan) and `min_months`: known and at least that.
    """

    signs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    not_types: frozenset[str] = frozenset()
    suits: frozenset[str] = frozenset()
    min_count: int = 0
    min_places: int = 0
    min_people: int | None = None
    min_amount: Decimal | None = None
    min_months: int | None = None

    def holds(self, a: Analysis) -> bool:
        """Whether the analysis meets every line of the condition."""
        if self.signs and a.signs.keys().isdisjoint(self.signs):
            return False
        if (self.types and a.type not in self.types) or a.type in self.not_types:
            return False
        if self.suits and a.suitability not in self.suits:
            return False
        return self._sizes(a) and self._said(a.signs)

    def _sizes(self, a: Analysis) -> bool:
        return (
            (self.min_people is None or (a.people is not None and a.people >= self.min_people))
            and (self.min_amount is None or (a.amount is not None and a.amount >= self.min_amount))
            and (self.min_months is None or (a.months is not None and a.months >= self.min_months))
        )

    def _said(self, signs: Mapping[str, Sign]) -> bool:
        if not (self.min_count or self.min_places or self.needs or self.without):
            return True
        if not signs.keys().isdisjoint(self.without) or not signs.keys() >= set(self.needs):
            return False
        found = [signs[code] for code in self.signs if code in signs]
        return not found or any(
            s.count >= self.min_count and len(s.spans) >= self.min_places for s in found
        )

    def evidence(self, a: Analysis) -> tuple[Evidence, ...]:
        """The places in the case's parts that the condition rests on."""
        spans = [
            e for code in (*self.signs, *self.needs) if code in a.signs for e in a.signs[code].spans
        ]
        for name, used in (
            ("people", self.min_people),
            ("amount", self.min_amount),
            ("months", self.min_months),
        ):
            spans += a.places.get(name, ()) if used is not None else ()
        return tuple(spans)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition with its code and points; `safety` rules hold also where no dispute is seen."""

    code: str
    when: Condition
    points: int = 0
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of one theme: `best` counts only the highest, otherwise all, never above `cap`."""

    name: str
    rules: tuple[Rule, ...]
    cap: int
    best: bool
    signs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, rules: tuple[Rule, ...], cap: int, *, best: bool) -> Group:
        """A group; `signs` are those of which it needs one, empty where a rule needs none."""
        needs_none = any(not rule.when.signs for rule in rules)
        signs = frozenset() if needs_none else frozenset(s for r in rules for s in r.when.signs)
        return cls(name, rules, cap, best, signs)

    def may_count(self, a: Analysis) -> bool:
        """A quick look before its rules are asked one by one."""
        return not self.signs or not self.signs.isdisjoint(a.signs)


@dataclass(frozen=True, slots=True)
class Question:
    """A missing fact as a plain question; `doubt` is what its absence takes off the confidence.

    `unknown` names a number that is not known, `absent` signs of which none was found, `doubt_of` a
    reading that is too unsure, `unsure` signs that are said by hearsay only (those make a safety
    question).
    """

    code: str
    zh: str
    en: str
    doubt: float = 0.0
    unknown: str | None = None
    absent: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    doubt_of: str | None = None

    def open(self, a: Analysis) -> bool:
        """Whether the case leaves this question open."""
        if self.unsure:
            return any(code in a.unsure for code in self.unsure)
        if self.doubt_of is not None:
            return self.doubt_of in a.doubts
        if self.absent:
            return all(code not in a.signs for code in self.absent)
        known = {"people": a.people, "amount": a.amount, "months": a.months}
        return self.unknown is not None and known[self.unknown] is None

    def asked(self, a: Analysis, closed: frozenset[str]) -> bool:
        """Whether it must be asked: open, and not answered in words. A number stays open until it is
        known, a doubt until the reading is sure or a human decides, whatever was answered.
        """
        by_words = self.unknown is None and self.doubt_of is None
        return self.open(a) and not (by_words and self.code in closed)


@dataclass(frozen=True, slots=True)
class LeastSure:
    """Below these probabilities (0-1) a reading is no answer, and a human is asked."""

    type: float = 0.0
    suitability: float = 0.0


@dataclass(frozen=True, slots=True)
class Downgrade:
    """How a grade may fall after a red."""

    red_needs_human: bool
    floor: Grade
    floor_for: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the grading policy (三色分级)."""

    version: str
    red_from: int
    yellow_from: int
    none_types: frozenset[str]
    hard: tuple[Rule, ...]
    groups: tuple[Group, ...]
    missing: tuple[Question, ...]
    safety: tuple[Question, ...]
    raise_after: timedelta
    downgrade: Downgrade
    least_sure: LeastSure = LeastSure()

    def crowds(self) -> tuple[int, ...]:
        """From how many people on some rule of the policy counts more, ascending."""
        rules = [*self.hard, *[rule for group in self.groups for rule in group.rules]]
        return tuple(sorted({r.when.min_people for r in rules if r.when.min_people is not None}))


def doubted(policy: Policy, a: Analysis, decided: Collection[str] = ()) -> Analysis:
    """The analysis with the doubts of the policy; `decided`: what a human said is beyond doubt.

    A suitability in doubt is U (cannot be told yet): routing lets a human decide. A type in doubt
    stays, for it can be corrected where it led; it is asked.
    """
    least, doubts = policy.least_sure, set[str]()
    if a.suitability == "U" or a.suitability_confidence < least.suitability:
        doubts.add("suitability")
    if a.type_confidence < least.type:
        doubts.add("type")
    doubts.difference_update(decided)
    if not doubts:
        return a
    suitability = "U" if "suitability" in doubts else a.suitability
    return replace(a, suitability=suitability, doubts=frozenset(doubts))


@dataclass(frozen=True, slots=True)
class ScreeningRule:
    """What may not be mediated or must be reported: the article and what instead."""

    rule: str
    article: str
    when: Condition
    instead: str | None = None
    shows: tuple[str, ...] = ()
    hard: bool = False
