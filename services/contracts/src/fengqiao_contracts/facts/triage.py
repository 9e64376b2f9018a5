"""What triage states: the analysis and the assessment of a dispute."""

from __future__ import annotations

from datetime import datetime

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
    which the same answer can be computed again.
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
