"""A human's judgement beside the policy's (人工改判): both kept, neither undone in silence.

The human's word stands until a human releases or replaces it. Later facts can only raise it: where
the policy now says more than it said to the human, or a danger came up that he had not before him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from fengqiao_contracts.values import Factor, Grade, Suitability

from .analysis import Analysis
from .assessment import RANK, Assessment, step_up


@dataclass(frozen=True, slots=True)
class Seen:
    """What the human had before him: the grade by the policy alone, the hard triggers, how many
    parts, and whether a safety question had stood too long.
    """

    grade: Grade
    hard: tuple[str, ...]
    parts: int
    unanswered: bool


@dataclass(frozen=True, slots=True)
class Override:
    """What a human decided; None stays as the policy says. `raised`: to what it was raised since."""

    id: str
    grade: Grade | None
    type: str | None
    suitability: Suitability | None
    seen: Seen
    raised: Grade | None = None

    def as_json(self) -> dict[str, Any]:
        """The override as it is stored and hashed."""
        return {
            "id": self.id,
            "grade": self.grade,
            "type": self.type,
            "suitability": self.suitability,
            "seen": {
                "grade": self.seen.grade,
                "hard": list(self.seen.hard),
                "parts": self.seen.parts,
                "unanswered": self.seen.unanswered,
            },
            "raised": self.raised,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The override as stored."""
        seen = data["seen"]
        had = Seen(seen["grade"], tuple(seen["hard"]), seen["parts"], seen["unanswered"])
        return cls(
            id=data["id"],
            grade=data["grade"],
            type=data["type"],
            suitability=data["suitability"],
            seen=had,
            raised=data["raised"],
        )

    def after(self, grade: Grade) -> Override:
        """The override as it is kept after an assessment that gave `grade`."""
        higher = self.grade is not None and RANK[grade] > RANK[self.grade]
        return replace(self, raised=grade if higher else self.raised)


def seen_now(found: Assessment, parts: int, *, unanswered: bool) -> Seen:
    """What a human sees who decides now; `found` is by the policy alone."""
    hard = tuple(sorted({factor.code for factor in found.factors if factor.hard}))
    return Seen(found.grade, hard, parts, unanswered)


def corrected(a: Analysis, override: Override) -> Analysis:
    """The analysis with the type and suitability that the human set; he is sure of them."""
    if override.type is not None and override.type != a.type:
        places = {name: spans for name, spans in a.places.items() if name != "type"}
        a = replace(a, type=override.type, type_confidence=1.0, places=places)
    if override.suitability is not None:
        a = replace(a, suitability=override.suitability, suitability_confidence=1.0)
    return a


def overridden(override: Override, alone: Assessment, *, unanswered: bool) -> Assessment:
    """The assessment under an override of the grade; `alone` is what the policy alone says.

    A safety question that stood too long raises the human's grade one step too, once.
    """
    assert override.grade is not None
    factors = [*alone.factors, Factor(code="human_override", points=0)]
    grade = override.grade
    if _outgrown(override, alone):
        grade = max(grade, alone.grade, key=RANK.__getitem__)
    if unanswered and not override.seen.unanswered and step_up(grade) != grade:
        grade = step_up(grade)
        factors.append(Factor(code="safety_unanswered", points=0))
    grade = max(grade, override.raised or grade, key=RANK.__getitem__)
    if grade != override.grade:
        factors.append(Factor(code="override_raised", points=0))
    return replace(alone, grade=grade, factors=tuple(factors))


def _outgrown(override: Override, alone: Assessment) -> bool:
    """Whether the policy now says more than the human had before him."""
    seen = override.seen
    if RANK[alone.grade] > RANK[seen.grade]:
        return True
    return any(
        factor.hard
        and (factor.code not in seen.hard or any(s.part >= seen.parts for s in factor.spans))
        for factor in alone.factors
    )
