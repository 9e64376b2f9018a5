"""Reads: a case's assessment, and an assessment computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.store import ReadTx, Scope
from fengqiao_contracts.errors import NotHereYet

from .. import store
from ..domain.case import Inputs, judge
from ..domain.text import sha256_of
from ..life_views import OverrideView, override_view
from ..sheet import columns_of
from ..views import CaseAssessment, Replay, case_assessment
from .again import override_of, parts_again
from .assess import mark_of
from .in_force import policy_named, rules_then

NOT_HERE = NotHereYet(
    "not-here-yet",
    "本案尚未到达研判环节，请稍后再试。",
    "The case has not reached triage yet: try again shortly.",
    field="case_id",
)


async def assessment_of(
    tx: ReadTx, scope: Scope, case_id: str, *, with_texts: bool
) -> CaseAssessment:
    """The assessment of a case that the caller may see; NotHereYet where there is none."""
    rows = await store.history_of(tx, scope, case_id)
    if not rows:
        raise NOT_HERE
    stored = (await store.parts_of(tx, scope, [case_id])).get(case_id, []) if with_texts else []
    policy = await policy_named(tx, rows[0].inputs["versions"]["policy"])
    override = await _override(tx, scope, case_id, with_texts=with_texts)
    return case_assessment(rows, policy, {row.part: row.text for row in stored}, override)


async def _override(
    tx: ReadTx, scope: Scope, case_id: str, *, with_texts: bool
) -> OverrideView | None:
    case = await store.case_of(tx, scope, case_id)
    live = None if case is None else override_of(case)
    if live is None:
        return None
    found = {row.id: row for row in await store.overrides_of(tx, scope, case_id)}
    return override_view(found[live.id]._mapping, live, with_reason=with_texts)


async def replay(tx: ReadTx, scope: Scope, case_id: str, revision: int | None = None) -> Replay:
    """Compute an assessment again from its stored inputs and compare it with what was kept.

    Raises Conflict where this release no longer carries the rules it was made with.
    """
    rows = await store.history_of(tx, scope, case_id)
    found = [row for row in rows if revision in (None, row.revision)]
    if not found:
        raise NOT_HERE
    row = found[0]
    inputs = Inputs.from_json(row.inputs)
    stored = (await store.parts_of(tx, scope, [case_id]))[case_id][: len(inputs.parts)]
    rules = await rules_then(tx, inputs.versions)
    judgement = judge(rules, parts_again(rules, stored, anew=True), inputs)
    computed = columns_of(judgement, inputs.versions.analyser)
    kept = {name: getattr(row, name) for name in computed}
    return Replay(
        case_id=case_id,
        revision=row.revision,
        same=kept == computed and _unchanged(tx.keys, stored, inputs),
        texts_erased=any(part.text is None for part in stored),
        stored=kept,
        computed=computed,
    )


def _unchanged(keys: Keyring, stored: Sequence[Any], inputs: Inputs) -> bool:
    """Whether the stored words are those that were assessed."""
    texts = [
        row.sha256 if row.text is None else mark_of(keys, sha256_of(row.text)) for row in stored
    ]
    return tuple(texts) == inputs.parts
