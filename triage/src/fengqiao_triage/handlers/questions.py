"""What is still to be asked about a case, and what was answered."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.store import ReadTx, Scope

from .. import store
from ..domain.analysis import Answered
from ..domain.answers import answers_from_json
from ..domain.case import Inputs
from ..domain.policy import Policy
from ..life_views import AnsweredView, OpenQuestion, Questions
from ..views import questions
from .in_force import policy_named
from .reads import NOT_HERE


async def questions_of(tx: ReadTx, scope: Scope, case_id: str, *, staff: bool) -> Questions:
    """The open questions of a case in the words of the policy that assessed it last.

    A party is asked the same but what only staff can decide, and is not told which answer raises a
    grade. Raises NotHereYet.
    """
    row = await store.case_of(tx, scope, case_id)
    history = await store.history_of(tx, scope, case_id)
    if row is None or not history:
        raise NOT_HERE
    last = history[0]
    policy = await policy_named(tx, Inputs.from_json(last.inputs).versions.policy)
    raises_at = None if row.asked_at is None else row.asked_at + policy.raise_after
    for_staff = {q.code for q in policy.missing if q.doubt_of is not None}
    codes = [c for c in last.detail["missing"] if staff or c not in for_staff]
    asked = questions(codes, policy)
    return Questions(
        case_id=case_id,
        revision=last.revision,
        questions=[
            OpenQuestion(
                code=q.code,
                zh=q.zh,
                en=q.en,
                safety=q.safety if staff else None,
                raises_at=raises_at if staff and q.safety and not row.unanswered else None,
            )
            for q in asked
        ],
        answered=_answered(policy, row),
    )


def _answered(policy: Policy, row: Any) -> list[AnsweredView]:
    words = {q.code: q for q in (*policy.missing, *policy.safety)}
    return [_view(a, words) for a in answers_from_json(row.answers)]


def _view(answer: Answered, words: dict[str, Any]) -> AnsweredView:
    asked = words.get(answer.code)
    return AnsweredView(
        code=answer.code,
        zh=asked.zh if asked else None,
        en=asked.en if asked else None,
        says=answer.says,
        supplement=answer.part,
    )
