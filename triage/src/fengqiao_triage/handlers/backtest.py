"""Back-test a policy on stored cases: who would have another colour, and why. Nothing is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from fengqiao_chassis.store import ReadTx, Scope
from fengqiao_contracts.values import Grade

from .. import store
from ..domain.analysis import PartAnalysis
from ..domain.assessment import Assessment, History
from ..domain.case import Inputs, Judgement, Rules
from ..domain.policy import Policy
from ..life_views import Backtest, Change
from ..rules import rules as rules_of
from .again import judged, parts_again
from .in_force import with_policy

BREATH = 25
"""Cases after which others get their turn: an assessment is short, a page of them is not."""


@dataclass(slots=True)
class _Tally:
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    skipped: int = 0


async def backtest(
    tx: ReadTx, scope: Scope, policy: Policy, sha256: str, after: str, limit: int
) -> Backtest:
    """A page of cases in the order of their ids, as they would be had the policy held all along.

    Each case's assessments are gone through in order, with the words as they were read then.
    """
    ids = await store.cases_after(tx, scope, after, limit)
    histories = await store.histories(tx, scope, ids)
    parts = await store.parts_of(tx, scope, ids)
    tally = _Tally()
    for number, case_id in enumerate(ids):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        _examine(policy, histories.get(case_id, []), parts.get(case_id, []), tally)
    return Backtest(
        version=policy.version,
        sha256=sha256,
        total=await store.count_cases(tx, scope),
        examined=len(ids) - tally.skipped,
        skipped=tally.skipped,
        counts={grade: dict(after) for grade, after in tally.counts.items()},
        changes=tally.changes,
        next=ids[-1] if len(ids) == limit else None,
    )


def _examine(policy: Policy, rows: Sequence[Any], stored: Sequence[Any], tally: _Tally) -> None:
    try:
        found = _relived(policy, rows, stored)
    except FileNotFoundError:  # read by an analyser that this release has no more
        found = None
    if found is None:
        tally.skipped += 1
        return
    last, grade = rows[-1], found.assessment.grade
    tally.counts.setdefault(last.grade, Counter())[grade] += 1
    if grade != last.grade:
        tally.changes.append(_change(last, found))


def _relived(policy: Policy, rows: Sequence[Any], stored: Sequence[Any]) -> Judgement | None:
    """The case's last judgement, had the policy held at each of its assessments."""
    previous: Grade | None = None
    red_at: datetime | None = None
    found: Judgement | None = None
    read: dict[str, list[PartAnalysis]] = {}
    for row in rows:
        then = Inputs.from_json(row.inputs)
        rules = _under(policy, then)
        if rules.versions.analyser not in read:
            read[rules.versions.analyser] = parts_again(rules, stored)
        parts = read[rules.versions.analyser]
        inputs = replace(then, versions=rules.versions, history=History(previous, red_at))
        _, found = judged(rules, parts[: len(then.parts)], inputs)
        previous = found.assessment.grade
        red_at = then.now if previous == "red" else red_at
    return found


def _under(policy: Policy, then: Inputs) -> Rules:
    own = rules_of(replace(then.versions, policy=rules_of().versions.policy))
    return with_policy(own, policy)


def _change(row: Any, found: Judgement) -> Change:
    before = {f["code"] for f in row.detail["factors"]}
    now: Assessment = found.assessment
    after = {f.code for f in now.factors}
    return Change(
        case_id=row.case_id,
        area_path=row.area_path,
        type=found.analysis.type,
        before=cast("Grade", row.grade),
        after=now.grade,
        score_before=row.score,
        score_after=now.score,
        gained=sorted(after - before),
        lost=sorted(before - after),
        decided_by="human" if found.inputs.get("override") else "policy",
    )
