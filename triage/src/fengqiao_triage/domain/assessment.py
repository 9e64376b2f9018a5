"""How dangerous a dispute is and whether it may be mediated (分类评估): deterministic, replayable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import cast

from fengqiao_contracts.values import Factor, Grade, Outlet, Screening, Span

from .analysis import Analysis, Evidence
from .policy import Group, Policy, Rule, ScreeningRule

RANK: dict[Grade, int] = {"none": 0, "blue": 1, "yellow": 2, "red": 3}
_STEP_UP: dict[Grade, Grade] = {"none": "none", "blue": "yellow", "yellow": "red", "red": "red"}
LEAST_CONFIDENCE = 0.05
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_POINTS = attrgetter("points")


@dataclass(frozen=True, slots=True)
class History:
    """What came before this assessment: the last grade, and when the case was last red."""

    previous: Grade | None = None
    last_red_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What people did and left undone: `unanswered`, a safety question stood open for the policy's
    days (one step up); `by_human`, a named human asked for this, so that a red may fall; `closed`,
    the questions that were answered in words.
    """

    unanswered: bool = False
    by_human: bool = False
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer: colour, score, why, what is missing, what stands against mediation."""

    grade: Grade
    score: int
    factors: tuple[Factor, ...]
    screening: tuple[Screening, ...]
    missing: tuple[str, ...]
    confidence: float


def assess(
    policy: Policy,
    screening: Sequence[ScreeningRule],
    a: Analysis,
    history: History,
    now: datetime,
    desk: Desk | None = None,
) -> Assessment:
    """Grade a case by the policy: hard triggers, points with caps, colour, and the way down.

    The same arguments give the same answer, whoever calls and whenever.
    """
    desk = desk or Desk()
    factors, grade, score = _grade(policy, a)
    if desk.unanswered and step_up(grade) != grade:
        grade = step_up(grade)
        factors.append(Factor(code="safety_unanswered", points=0))
    held = hold(policy, grade, history, now, by_human=desk.by_human)
    if held != grade:
        factors.append(Factor(code=f"held_{held}", points=0))
    missing, doubt = _missing(policy, a, held, desk.closed)
    return Assessment(
        grade=held,
        score=score,
        factors=tuple(factors),
        screening=screen(screening, a, hard=any(f.hard for f in factors)),
        missing=missing,
        confidence=round(max(LEAST_CONFIDENCE, a.type_confidence - doubt), 3),
    )


def _grade(policy: Policy, a: Analysis) -> tuple[list[Factor], Grade, int]:
    no_dispute = a.type in policy.none_types
    hard = [
        _factor(rule, a, hard=True)
        for rule in policy.hard
        if (rule.safety or not no_dispute) and rule.when.holds(a)
    ]
    if no_dispute:
        return hard, "red" if hard else "none", 0
    factors, score = list(hard), 0
    for group in policy.groups:
        if group.may_count(a):
            counted = _counted(group, a)
            score += min(group.cap, sum([f.points for f in counted]))
            factors += counted
    return factors, _colour(policy, score, hard=bool(hard)), score


def _counted(group: Group, a: Analysis) -> list[Factor]:
    held = [rule for rule in group.rules if rule.when.holds(a)]
    if group.best and held:
        held = [max(held, key=_POINTS)]
    return [_factor(rule, a) for rule in held]


def _factor(rule: Rule, a: Analysis, *, hard: bool = False) -> Factor:
    spans = tuple([span_of(e) for e in rule.when.evidence(a)])
    return Factor(code=rule.code, points=rule.points, hard=hard, spans=spans)


def span_of(evidence: Evidence) -> Span:
    """The published form of a place."""
    part, start, end = evidence
    return Span(start=start, end=end, part=part)


def _colour(policy: Policy, score: int, *, hard: bool) -> Grade:
    if hard or score >= policy.red_from:
        return "red"
    return "yellow" if score >= policy.yellow_from else "blue"


def step_up(grade: Grade) -> Grade:
    """The next grade above; red and none stay."""
    return _STEP_UP[grade]


def hold(
    policy: Policy, grade: Grade, history: History, now: datetime, *, by_human: bool = False
) -> Grade:
    """The grade that may be given after what came before (domain.md §5.2, down-grade).

    A red is not lowered by a machine; within the floor's days of the last red nobody goes below
    the floor.
    """
    if history.previous == "red" and policy.downgrade.red_needs_human and not by_human:
        return "red"
    floor, since = policy.downgrade.floor, history.last_red_at
    recent = since is not None and now - since < policy.downgrade.floor_for
    return floor if recent and RANK[grade] < RANK[floor] else grade


def _missing(
    policy: Policy, a: Analysis, grade: Grade, closed: frozenset[str]
) -> tuple[tuple[str, ...], float]:
    asked = [] if grade == "none" else [q for q in policy.missing if q.asked(a, closed)]
    safety = [q for q in policy.safety if q.open(a)] if a.unsure else []
    return tuple([q.code for q in (*safety, *asked)]), sum(q.doubt for q in asked)


def open_safety(policy: Policy, a: Analysis) -> bool:
    """Whether a safety question stands open, so that its clock must run."""
    return bool(a.unsure) and any(q.open(a) for q in policy.safety)


def screen(rules: Iterable[ScreeningRule], a: Analysis, *, hard: bool) -> tuple[Screening, ...]:
    """Every rule that keeps the case from mediation or demands a report, with its article."""
    return tuple(
        [
            Screening(
                rule=rule.rule,
                article=rule.article,
                instead=cast("Outlet | None", rule.instead),
                spans=_shown(rule, a),
            )
            for rule in rules
            if (hard or not rule.hard) and rule.when.holds(a)
        ]
    )


def _shown(rule: ScreeningRule, a: Analysis) -> tuple[Span, ...]:
    codes = rule.shows or rule.when.signs
    return tuple([span_of(e) for code in codes if code in a.signs for e in a.signs[code].spans])


def input_sha256(inputs: object) -> str:
    """The hash of an assessment's inputs as canonical JSON (sorted keys, no blanks)."""
    return hashlib.sha256(_CANONICAL.encode(inputs).encode()).hexdigest()
