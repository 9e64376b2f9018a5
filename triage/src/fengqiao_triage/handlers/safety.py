"""A safety question that nobody answered in time raises the grade one step, once."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.store import SYSTEM, Tx

from .. import store
from ..domain.analysis import Form
from ..domain.assessment import History, open_safety
from ..domain.case import Inputs, Rules, judge
from .assess import parts_again
from .outcome import Case, state_facts


async def raise_unanswered(rules: Rules, tx: Tx, subject: str, _: Any = None) -> None:
    """Assess the case again with the question still open (domain.md §5.2)."""
    row = (await store.lock_cases(tx, SYSTEM, [subject])).get(subject)
    if row is None or row.unanswered:
        return
    stored = (await store.parts_of(tx, SYSTEM, [subject]))[subject]
    parts = parts_again(rules, stored)
    form = Form(row.people, row.amount, row.months, row.respondent, row.answered)
    hashes = tuple([part.sha256 for part in stored])
    history = History(row.grade, row.last_red_at)
    inputs = Inputs(rules.versions, hashes, form, history, tx.now, unanswered=True)
    judgement = judge(rules, parts, inputs)
    if not open_safety(rules.policy, judgement.analysis):
        return
    case = Case(
        case_id=subject,
        area=row.area_path,
        revision=row.revision + 1,
        cause="safety_question",
        inputs=inputs,
        judgement=judgement,
        texts={part.part: part.text or "" for part in stored},
        last_red_at=row.last_red_at,
    )
    await store.revise_cases(tx, [{"case_id": subject, **case.changes()}])
    await store.add_assessments(tx, [case.record()])
    state_facts(tx, case, None)
