"""Reads: a case's assessment, and an assessment computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.store import ReadTx, Scope
from fengqiao_contracts.errors import Conflict, NotHereYet

from .. import store
from ..domain.case import Inputs, Rules, judge
from ..domain.text import sha256_of
from ..rules import rules as rules_of
from ..sheet import columns_of
from ..views import CaseAssessment, Replay, case_assessment
from .assess import mark_of, parts_again

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
    return case_assessment(rows, {row.part: row.text for row in stored})


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
    rules = _rules_then(inputs)
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


def _rules_then(inputs: Inputs) -> Rules:
    try:
        return rules_of(inputs.versions)
    except FileNotFoundError as gone:
        raise Conflict(
            "rules-gone",
            "作出该评估的规则版本已不在本版本软件中，请用当时的版本重放。",
            "This release no longer carries the rules of that assessment: replay it with the release "
            "that made it.",
        ) from gone


def _unchanged(keys: Keyring, stored: Sequence[Any], inputs: Inputs) -> bool:
    """Whether the stored words are those that were assessed."""
    texts = [
        row.sha256 if row.text is None else mark_of(keys, sha256_of(row.text)) for row in stored
    ]
    return tuple(texts) == inputs.parts
