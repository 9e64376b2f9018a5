"""A finished judgement on its way out: rows to keep, facts to state, the safety clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import Tx
from fengqiao_contracts.facts import CaseAnalyzed, CaseAssessed, ExpertReviewRequested
from fengqiao_contracts.facts.triage import AnalysisPii, Flag

from .. import store
from ..domain.answers import answers_as_json
from ..domain.case import Inputs, Judgement, Rules
from ..domain.events import events_as_json
from ..sheet import columns_of, flags_of

SAFETY_QUESTION = "safety_question"


@dataclass(frozen=True, slots=True)
class Case:
    """One case with its new judgement."""

    case_id: str
    area: str
    revision: int
    cause: str
    inputs: Inputs
    judgement: Judgement
    texts: Mapping[int, str]
    last_red_at: datetime | None = None
    asked_at: datetime | None = None

    def changes(self) -> dict[str, Any]:
        """The columns of the case that a re-assessment changes."""
        grade, override = self.judgement.assessment.grade, self.inputs.override
        return {
            "people": self.inputs.form.people,
            "amount": self.inputs.form.amount,
            "respondent": self.inputs.form.respondent,
            "answered": self.inputs.form.answered,
            "answers": answers_as_json(self.inputs.form.answers) or None,
            "events": events_as_json(self.inputs.form.events) or None,
            "unanswered": self.inputs.unanswered,
            "asked_at": self.asked_at,
            "override": override.after(grade).as_json() if override else None,
            "revision": self.revision,
            "grade": grade,
            "last_red_at": self.inputs.now if grade == "red" else self.last_red_at,
        }

    def standing(self) -> dict[str, Any]:
        """All columns of a new case beside who may see it."""
        return {**self.changes(), "months": self.inputs.form.months}

    def record(self) -> dict[str, Any]:
        """The row of this assessment."""
        return {
            "case_id": self.case_id,
            "revision": self.revision,
            "cause": self.cause,
            "previous": self.inputs.history.previous,
            "inputs": self.judgement.inputs,
            "assessed_at": self.inputs.now,
            **columns_of(self.judgement, self.inputs.versions.analyser),
        }


async def revise(tx: Tx, found: Sequence[Case]) -> None:
    """Bring stored cases to their new revisions; the assessments before stay as they were."""
    await store.revise_cases(tx, [{"case_id": case.case_id, **case.changes()} for case in found])
    await store.add_assessments(tx, [case.record() for case in found])


def conclude(rules: Rules, tx: Tx, found: Sequence[Case], causes: Sequence[Received[Any]]) -> None:
    """State for each case what it is, then how dangerous it is; run the safety clock."""
    for case, cause in zip(found, causes, strict=True):
        state_facts(tx, case, cause)
        watch(rules, tx, case)


def state_facts(tx: Tx, case: Case, cause: Received[Any] | None) -> None:
    """CaseAnalyzed, then CaseAssessed; where the case became red, ExpertReviewRequested."""
    tx.state(analyzed(case), area=case.area, cause=cause)
    tx.state(assessed(case), area=case.area, cause=cause)
    if case.judgement.assessment.grade == "red" and case.inputs.history.previous != "red":
        tx.state(review_requested(case), area=case.area, cause=cause)


def analyzed(case: Case) -> CaseAnalyzed:
    """What the case is about, with the quoted words in the personal part."""
    a = case.judgement.read
    flags = flags_of(a, case.inputs.versions.analyser)
    quotes = [
        case.texts.get(span.part, "")[span.start : span.end]
        for spans in flags.values()
        for span in spans
    ]
    return CaseAnalyzed(
        case_id=case.case_id,
        revision=case.revision,
        type=a.type,
        type_confidence=a.type_confidence,
        suitability=a.suitability,
        suitability_confidence=a.suitability_confidence,
        people=a.people,
        amount=a.amount,
        flags=tuple([Flag(code=code, spans=spans) for code, spans in flags.items()]),
        analyser=case.inputs.versions.analyser,
        analyzed_at=case.inputs.now,
        pii=AnalysisPii(quotes=tuple(quotes)),
    )


def assessed(case: Case) -> CaseAssessed:
    """How dangerous the case is and whether it may be mediated."""
    found = case.judgement.assessment
    return CaseAssessed(
        case_id=case.case_id,
        revision=case.revision,
        type=case.judgement.analysis.type,
        suitability=case.judgement.analysis.suitability,
        grade=found.grade,
        previous=case.inputs.history.previous,
        score=found.score,
        factors=found.factors,
        screening=found.screening,
        missing=found.missing,
        confidence=found.confidence,
        policy_version=case.inputs.versions.policy,
        input_sha256=case.judgement.sha256,
        assessed_at=case.inputs.now,
        decided_by="human" if case.inputs.override else "policy",
        policy_grade=case.judgement.alone.grade if case.inputs.override else None,
    )


def review_requested(case: Case) -> ExpertReviewRequested:
    """The expert panel is due, with the factors that made the case red, the hard ones alone if any."""
    factors = case.judgement.assessment.factors
    reasons = [f.code for f in factors if f.hard] or [f.code for f in factors]
    return ExpertReviewRequested(
        case_id=case.case_id,
        revision=case.revision,
        type=case.judgement.analysis.type,
        reasons=tuple(dict.fromkeys(reasons)),
        requested_at=case.inputs.now,
    )


def watch(rules: Rules, tx: Tx, case: Case) -> None:
    """Keep the clock of an open safety question, from when it was first asked; stop it where none
    is open any more.
    """
    if case.asked_at is not None:
        if not case.inputs.unanswered:
            tx.due(SAFETY_QUESTION, case.case_id, case.asked_at + rules.policy.raise_after)
    elif case.revision > 1:
        tx.undue(SAFETY_QUESTION, case.case_id)
