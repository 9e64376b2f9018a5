"""What triage answers about an assessment's life: overrides, questions, and the policies of a bureau."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from fengqiao_contracts.values import Grade, Suitability

from .domain.override import Override


class OverrideView(BaseModel):
    """A human's judgement (人工改判); null stays as the policy says. `raised`: to what later facts
    have raised it; `reason` is null where the caller may not read it or it was erased.
    """

    id: str
    case_id: str
    revision: int
    risk: Grade | None
    type: str | None
    suitability: Suitability | None
    raised: Grade | None
    policy_risk: Grade
    policy_type: str
    policy_suitability: Suitability
    reason: str | None
    decided_by: str
    decided_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
    replaced_by: str | None


class OverrideList(BaseModel):
    """Every override of a case, the newest first."""

    items: list[OverrideView]


class OpenQuestion(BaseModel):
    """A question to ask. `raises_at`: when the grade rises if nobody has answered; parties are told
    neither this nor `safety`.
    """

    code: str
    zh: str
    en: str
    safety: bool | None
    raises_at: datetime | None


class AnsweredView(BaseModel):
    """The last answer to a question; its words are in that supplement."""

    code: str
    zh: str | None
    en: str | None
    says: str
    supplement: int


class Questions(BaseModel):
    """What is still to be asked about a case, and what was answered."""

    case_id: str
    revision: int
    questions: list[OpenQuestion]
    answered: list[AnsweredView]


class IssueView(BaseModel):
    """What is wrong with a policy, at which field and line, and what to do."""

    field: str
    line: int | None
    code: str
    zh: str
    en: str


class PolicyCheck(BaseModel):
    """Whether a policy may be brought in; warnings are allowed, yet to be looked at twice."""

    valid: bool
    version: str | None
    sha256: str
    issues: list[IssueView]
    warnings: list[IssueView]


class ActivationView(BaseModel):
    """From when a version holds, who decided so and why."""

    number: int
    version: str
    active_from: datetime
    reason: str
    activated_by: str
    activated_at: datetime


class PolicyHead(BaseModel):
    """A version of the grading policy; `origin` is the release of the software or a bureau."""

    version: str
    origin: Literal["release", "bureau"]
    sha256: str
    note: str | None
    uploaded_by: str | None
    uploaded_at: datetime | None
    in_force: bool


class PolicyList(BaseModel):
    """Every version, the one in force now, and every activation in the order of decision."""

    in_force: str
    items: list[PolicyHead]
    activations: list[ActivationView]


class PolicyText(PolicyHead):
    """A version with its YAML, to be edited and brought in under a new name."""

    yaml: str


class Change(BaseModel):
    """A stored case that would have another grade, and why: codes of factors gained and lost."""

    case_id: str
    area_path: str
    type: str
    before: Grade
    after: Grade
    score_before: int
    score_after: int
    gained: list[str]
    lost: list[str]
    decided_by: Literal["policy", "human"]


class Backtest(BaseModel):
    """A page of a back-test. `counts`: cases by grade before and after, unchanged ones too; `next`:
    go on with `after` = this; null at the end.
    """

    version: str
    sha256: str
    total: int
    examined: int
    skipped: int
    counts: dict[str, dict[str, int]]
    changes: list[Change]
    next: str | None


def override_view(
    row: Mapping[Any, Any], live: Override | None, *, with_reason: bool
) -> OverrideView:
    """The view of an override; `live` is the one that holds in the case."""
    raised = live.raised if live is not None and live.id == row["id"] else None
    return OverrideView(
        risk=row["grade"],
        raised=raised,
        policy_risk=row["policy_grade"],
        policy_type=row["read_type"],
        policy_suitability=row["read_suitability"],
        reason=row["reason"] if with_reason else None,
        release_reason=row["release_reason"] if with_reason else None,
        **{name: row[name] for name in _OVERRIDE_COLUMNS},
    )


_OVERRIDE_COLUMNS = (
    *("id", "case_id", "revision", "type", "suitability", "decided_by", "decided_at"),
    *("released_by", "released_at", "replaced_by"),
)
