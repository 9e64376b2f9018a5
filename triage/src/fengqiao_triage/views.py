"""What triage answers: an assessment with its reasons, its questions and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_contracts import codes
from fengqiao_contracts.areas import areas
from fengqiao_contracts.values import Grade, Money, Outlet, Suitability

from .domain.case import Versions
from .domain.mentions import location, masked, mentions
from .domain.policy import Policy
from .evidence import Evidence, Named, Texts
from .life_views import OverrideView
from .told_views import AttemptView, PartyView, RelationView, told_fields


class FactorView(BaseModel):
    """One reason of the grade; `hard` alone makes red. `name`: its word in the table `factors`, null
    for a code of a bureau's own policy.
    """

    code: str
    name: str | None
    points: int
    hard: bool
    evidence: list[Evidence]


class FlagView(BaseModel):
    """A risk flag that the text supports."""

    code: str
    name: str
    evidence: list[Evidence]


class ScreeningView(BaseModel):
    """A rule that keeps the case from mediation (`instead`) or demands a report."""

    rule: str
    article: str
    instead: Outlet | None
    evidence: list[Evidence]


class QuestionView(BaseModel):
    """A missing fact as a plain question; `safety` ones raise the grade when unanswered."""

    code: str
    zh: str
    en: str
    safety: bool


class Revision(BaseModel):
    """One earlier or the present assessment, in short."""

    revision: int
    risk: Grade
    previous: Grade | None
    score: int
    type: str
    suitability: Suitability
    confidence: float
    policy_version: str
    decided_by: Literal["policy", "human"]
    input_sha256: str
    assessed_at: datetime


class PlaceView(BaseModel):
    """A place of the city that the text names; several `areas` where the name alone is not clear."""

    areas: list[Named]
    evidence: Evidence


class NumberView(BaseModel):
    """An identity or phone number in the text, masked; `valid`: its date and check character fit."""

    kind: Literal["id_number", "phone"]
    masked: str
    valid: bool
    start: int
    end: int
    part: int


class Assessment(BaseModel):
    """What a text says, how dangerous it is, may it be mediated, and why.

    `likely` is what the words look like where `suitability` is U because that is too unsure.
    `places`, `numbers`, `parties`, `relation` and `prior_attempts` are read from the words that the
    caller may read; `area` is the one area that all its places agree on. No grade rests on them.
    """

    type: Named
    type_evidence: list[Evidence]
    type_confidence: float
    suitability: Suitability
    suitability_confidence: float
    likely: Suitability | None
    risk: Grade
    score: int
    factors: list[FactorView]
    flags: list[FlagView]
    screening: list[ScreeningView]
    people: int | None
    amount: Money | None
    months: int | None
    confidence: float
    places: list[PlaceView]
    area: Named | None
    numbers: list[NumberView]
    parties: list[PartyView]
    relation: RelationView | None
    prior_attempts: list[AttemptView]
    missing: list[str]
    questions: list[QuestionView]
    analyser: str
    policy_version: str
    screening_version: str


class PolicySays(BaseModel):
    """What the words and the policy alone say, beside what a human decided."""

    type: str
    type_confidence: float
    suitability: Suitability
    suitability_confidence: float
    grade: Grade
    score: int
    factors: list[str]


class CaseAssessment(Assessment):
    """The present assessment of a case and all that came before. `by_policy` is there where a human
    decided otherwise.
    """

    case_id: str
    revision: int
    previous: Grade | None
    input_sha256: str
    assessed_at: datetime
    decided_by: Literal["policy", "human"]
    by_policy: PolicySays | None
    override: OverrideView | None
    history: list[Revision]


class Replay(BaseModel):
    """An assessment computed again from its stored inputs.

    `texts_erased`: the words are gone, so what had been read in them was used.
    """

    case_id: str
    revision: int
    same: bool
    texts_erased: bool
    stored: dict[str, Any]
    computed: dict[str, Any]


def assessment_fields(
    said: Mapping[str, Any], versions: Versions, policy: Policy, texts: Texts
) -> dict[str, Any]:
    """The fields of an `Assessment` from a judgement as it is kept: its columns and its detail."""
    detail, kind = said["detail"], said["type"]
    flag_names, type_names = codes.table("flags").by_code, codes.table("types").by_code
    return {
        "type": Named(code=kind, name=type_names[kind].zh),
        "type_evidence": _evidence(detail["type_spans"], texts),
        "type_confidence": detail["type_confidence"],
        "suitability": said["suitability"],
        "suitability_confidence": detail["suitability_confidence"],
        "likely": detail.get("likely"),
        "risk": said["grade"],
        "score": said["score"],
        "factors": [_factor(f, texts) for f in detail["factors"]],
        "flags": [
            {
                "code": f["code"],
                "name": flag_names[f["code"]].zh,
                "evidence": _evidence(f["spans"], texts),
            }
            for f in detail["flags"]
        ],
        "screening": [{**s, "evidence": _evidence(s["spans"], texts)} for s in detail["screening"]],
        "people": detail["people"],
        "amount": detail["amount"],
        "months": detail["months"],
        **_mentioned(texts),
        **told_fields(texts, kind),
        "confidence": said["confidence"],
        "missing": detail["missing"],
        "questions": questions(detail["missing"], policy),
        "analyser": versions.analyser,
        "policy_version": versions.policy,
        "screening_version": versions.screening,
    }


def _factor(factor: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    row = codes.table("factors").by_code.get(factor["code"])
    return {**factor, "name": row and row.zh, "evidence": _evidence(factor["spans"], texts)}


def _mentioned(texts: Texts) -> dict[str, Any]:
    """The places and numbers that the texts name."""
    found = [(part, words, m) for part, words in texts.items() if words for m in mentions(words)]
    here = location(m for *_, m in found)
    return {
        "places": [
            PlaceView(
                areas=[_area(code) for code in m.areas],
                evidence=Evidence(text=words[m.start : m.end], start=m.start, end=m.end, part=part),
            )
            for part, words, m in found
            if m.kind == "place"
        ],
        "area": None if here is None else _area(here),
        "numbers": [
            NumberView(
                kind=m.kind,
                masked=masked(words[m.start : m.end]),
                valid=m.valid,
                start=m.start,
                end=m.end,
                part=part,
            )
            for part, words, m in found
            if m.kind != "place"
        ],
    }


def _area(code: str) -> Named:
    return Named(code=code, name=areas().full_name(code))


def _evidence(spans: Sequence[Sequence[int]], texts: Texts) -> list[Evidence]:
    found: list[Evidence] = []
    for start, end, part in spans:
        text = texts.get(part)
        quoted = None if text is None else text[start:end]
        found.append(Evidence(text=quoted, start=start, end=end, part=part))
    return found


def questions(missing: Sequence[str], policy: Policy) -> list[QuestionView]:
    """The questions of these codes in the policy's words."""
    asked = {q.code: (q, False) for q in policy.missing} | {
        q.code: (q, True) for q in policy.safety
    }
    return [
        QuestionView(code=code, zh=asked[code][0].zh, en=asked[code][0].en, safety=asked[code][1])
        for code in missing
    ]


def case_assessment(
    rows: Sequence[Row[Any]], policy: Policy, texts: Texts, override: OverrideView | None
) -> CaseAssessment:
    """The view of a case from its assessments, the newest first, the policy of that one, the texts
    one may read, and the override that holds.
    """
    row = rows[0]
    versions = Versions(**row.inputs["versions"])
    said = cast("Mapping[str, Any]", row._mapping)
    fields = assessment_fields(said, versions, policy, texts)
    return CaseAssessment(
        **fields,
        case_id=row.case_id,
        revision=row.revision,
        previous=row.previous,
        input_sha256=row.input_sha256,
        assessed_at=row.assessed_at,
        decided_by=decided_by(row.inputs),
        by_policy=row.detail.get("policy"),
        override=override,
        history=[_revision(r) for r in rows],
    )


def decided_by(inputs: Mapping[str, Any]) -> Literal["policy", "human"]:
    """Whose grade, type and suitability an assessment gives."""
    return "human" if "override" in inputs else "policy"


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        revision=row.revision,
        risk=row.grade,
        previous=row.previous,
        score=row.score,
        type=row.type,
        suitability=row.suitability,
        confidence=row.confidence,
        policy_version=row.inputs["versions"]["policy"],
        decided_by=decided_by(row.inputs),
        input_sha256=row.input_sha256,
        assessed_at=row.assessed_at,
    )
