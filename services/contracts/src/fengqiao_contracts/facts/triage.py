"""What triage states: the analysis and the assessment of a dispute."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..values import Factor, Grade, Money, Screening, Span, Suitability, Value
from .base import Fact, Pii


class Flag(Value):
    """A risk flag the text supports (codes: table `flags`), with the words it rests on."""

    code: str
    spans: tuple[Span, ...] = ()


class AnalysisPii(Pii):
    """The quoted words, in the order of the spans of the fact."""

    quotes: tuple[str, ...] = ()


class CaseAnalyzed(Fact, name="case.analyzed"):
    """What the dispute is about (分析研判), from a numbered state of its inputs."""

    case_id: str
    revision: int
    type: str
    type_confidence: float
    suitability: Suitability
    suitability_confidence: float
    people: int | None = None
    amount: Money | None = None
    flags: tuple[Flag, ...] = ()
    analyser: str
    analyzed_at: datetime
    pii: AnalysisPii | None = None


class CaseAssessed(Fact, name="case.assessed"):
    """How dangerous the dispute is and whether it may be mediated (分类评估), by a policy version.

    `previous` is the grade before this revision; `input_sha256` is the hash of the stored inputs from
    which the same answer can be computed again. `decided_by` tells whose `grade`, `type` and
    `suitability` these are; where a human's, `policy_grade` is what the policy says.
    """

    case_id: str
    revision: int
    type: str
    suitability: Suitability
    grade: Grade
    previous: Grade | None = None
    score: int
    factors: tuple[Factor, ...] = ()
    screening: tuple[Screening, ...] = ()
    missing: tuple[str, ...] = ()
    confidence: float
    policy_version: str
    input_sha256: str
    assessed_at: datetime
    decided_by: Literal["policy", "human"] = "policy"
    policy_grade: Grade | None = None


class OverridePii(Pii):
    """Why, in the words of the one who decided."""

    text: str


class AssessmentOverridden(Fact, name="assessment.overridden"):
    """A named human judged otherwise (人工改判): what is null stays as the policy says.

    `policy_grade`, `read_type` and `read_suitability` are what was said before; both are kept.
    """

    case_id: str
    override_id: str
    revision: int
    grade: Grade | None = None
    type: str | None = None
    suitability: Suitability | None = None
    policy_grade: Grade
    read_type: str
    read_suitability: Suitability
    overridden_at: datetime
    pii: OverridePii | None = None


class OverrideReleased(Fact, name="override.released"):
    """An override no longer holds: withdrawn, or replaced by `replaced_by`."""

    case_id: str
    override_id: str
    replaced_by: str | None = None
    released_at: datetime
    pii: OverridePii | None = None


class ExpertReviewRequested(Fact, name="expert_review.requested"):
    """The case became red: the expert panel (专家会商) is due; `reasons` are codes of factors."""

    case_id: str
    revision: int
    type: str
    reasons: tuple[str, ...]
    requested_at: datetime


class CaseMerged(Fact, name="case.merged"):
    """A case was found to be one dispute with another (并案): by its words and parties, or by a human.

    `score` is the sum of the evidence, none where a human said so; `absorbed` are disputes that became
    part of this one by it. The case itself stays, with its own number and its own answer to give.
    """

    case_id: str
    dispute_id: str
    other_case_id: str
    reason: str
    score: float | None = None
    absorbed: tuple[str, ...] = ()
    merged_at: datetime


class CaseUnmerged(Fact, name="case.unmerged"):
    """A human parted a case from its dispute; from now on it is a dispute of its own (`dispute_id`)."""

    case_id: str
    dispute_id: str
    left_dispute_id: str
    unmerged_at: datetime
