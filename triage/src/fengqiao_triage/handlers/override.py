"""A human judges otherwise than the policy (人工改判), and gives the case back to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, Tx
from fengqiao_contracts import codes
from fengqiao_contracts.errors import Conflict, Forbidden, Invalid, NotHereYet
from fengqiao_contracts.facts import AssessmentOverridden, OverridePii, OverrideReleased
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import Grade, Suitability

from .. import store
from ..domain.assessment import RANK, History, hold
from ..domain.case import Judgement, Rules, seen_of
from ..domain.override import Override, Seen, corrected
from ..life_views import OverrideList, OverrideView, override_view
from .again import Look, look, override_of
from .in_force import rules_in_force
from .outcome import Case, revise, state_facts, watch

LEADERS = ("city", "district")
"""Who may lower a red (包案领导)."""

_NOTHING_SEEN = Seen("none", (), 0, unanswered=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to hold instead, and why; None stays as the policy says."""

    grade: Grade | None
    type: str | None
    suitability: Suitability | None
    reason: str
    revision: int | None = None


async def override_assessment(
    rules: Rules, tx: Tx, who: Principal, case_id: str, wanted: Wanted
) -> OverrideView:
    """Keep a human's word with his reason and assess under it; an earlier one is replaced.

    Raises Invalid for what contradicts itself, Conflict where the case was assessed meanwhile or a
    red may not fall so far, Forbidden where the caller may not lower a red, NotHereYet.
    """
    _check(wanted)
    row, stored = await _locked(tx, who, case_id, wanted.revision)
    rules = await rules_in_force(tx, rules)
    draft = Override(new_id(), wanted.grade, wanted.type, wanted.suitability, _NOTHING_SEEN)
    this = Look.at(row, draft.id, tx.now)
    before = look(rules, row, stored, replace(this, override=None))
    _check_grade(rules, who, row, before.judgement, draft, tx.now)
    seen = seen_of(rules, before.judgement, before.inputs, draft)
    case = look(rules, row, stored, replace(this, override=replace(draft, seen=seen)))
    old = override_of(row)
    if old is not None:
        await _release(tx, who, row, old, None, replaced_by=draft.id)
    kept = _row(who, case, wanted, before.judgement, tx.now)
    await store.add_override(tx, kept)
    tx.state(_overridden(case, kept), area=row.area_path)
    await _keep(rules, tx, case)
    tx.audit("assessment.override", case_id, fields=_named(wanted))
    return override_view(kept, None, with_reason=False)


async def release_override(
    rules: Rules, tx: Tx, who: Principal, case_id: str, reason: str, revision: int | None
) -> OverrideView:
    """End the override and assess by the policy alone. Raises as `override_assessment`."""
    row, stored = await _locked(tx, who, case_id, revision)
    old = override_of(row)
    if old is None:
        raise Conflict(
            "no-override",
            "本案没有生效的人工改判。",
            "No override holds in this case.",
        )
    rules = await rules_in_force(tx, rules)
    this = replace(Look.at(row, f"release-{old.id}"[:64], tx.now), override=None, by_human=True)
    case = look(rules, row, stored, this)
    _may_lower(who, row.grade, case.judgement.assessment.grade)
    await _release(tx, who, row, old, reason)
    await _keep(rules, tx, case)
    tx.audit("override.release", case_id, fields=("risk",))
    (released,) = [o for o in await store.overrides_of(tx, SYSTEM, case_id) if o.id == old.id]
    return override_view(released._mapping, None, with_reason=False)


async def overrides_of(
    tx: ReadTx, scope: Scope, case_id: str, *, with_reasons: bool
) -> OverrideList:
    """Every override of a case that the caller may see; NotHereYet where there is no case."""
    row = await store.case_of(tx, scope, case_id)
    if row is None:
        raise _not_here(404)
    live = override_of(row)
    found = await store.overrides_of(tx, scope, case_id)
    return OverrideList(
        items=[override_view(o._mapping, live, with_reason=with_reasons) for o in found]
    )


def _check(wanted: Wanted) -> None:
    if wanted.grade is None and wanted.type is None and wanted.suitability is None:
        raise Invalid(
            "nothing-decided",
            "请至少填写 risk、type、suitability 之一。",
            "Give at least one of risk, type and suitability.",
            field="risk",
        )
    if wanted.type is not None:
        codes.table("types").row(wanted.type, field="type")


async def _locked(
    tx: Tx, who: Principal, case_id: str, revision: int | None
) -> tuple[Any, Sequence[Any]]:
    """The case, the caller's alone until the commit, as he has seen it."""
    row = (await store.lock_cases(tx, who.scope, [case_id])).get(case_id)
    if row is None:
        raise _not_here(409)
    if revision is not None and revision != row.revision:
        raise Conflict(
            "assessed-meanwhile",
            f"本案已有新的评估（第 {row.revision} 次），请查看后再决定。",
            f"The case was assessed again (revision {row.revision}): look at it, then decide.",
            field="revision",
        )
    return row, (await store.parts_of(tx, who.scope, [case_id]))[case_id]


def _check_grade(
    rules: Rules, who: Principal, row: Any, judged: Judgement, draft: Override, now: datetime
) -> None:
    grade = draft.grade
    if grade is None:
        return
    kind = corrected(judged.read, draft).type
    if (grade == "none") != (kind in rules.policy.none_types):
        raise Invalid(
            "grade-and-type",
            f"等级 none 只用于没有纠纷的事项（类型 {'、'.join(sorted(rules.policy.none_types))}），"
            "其余类型须为 red、yellow 或 blue：请同时核对 type。",
            "Grade none is for what is no dispute "
            f"(type {', '.join(sorted(rules.policy.none_types))}), the others for all else: "
            "check type too.",
            field="risk",
        )
    lowest = hold(rules.policy, grade, History(row.grade, row.last_red_at), now, by_human=True)
    if lowest != grade:
        days = rules.policy.downgrade.floor_for.days
        raise Conflict(
            "below-floor",
            f"红色案件 {days} 日内不得降至 {lowest} 以下。",
            f"Within {days} days of a red a case stays at least {lowest}.",
            field="risk",
        )
    _may_lower(who, judged.assessment.grade, grade)


def _may_lower(who: Principal, before: Grade, after: Grade) -> None:
    if before == "red" and RANK[after] < RANK[before] and who.role not in LEADERS:
        raise Forbidden(
            "lowering-a-red",
            "红色案件须由区（市）县或市级负责人降级。",
            "A red is lowered by the district or the city.",
            field="risk",
        )


async def _release(
    tx: Tx,
    who: Principal,
    row: Any,
    old: Override,
    reason: str | None,
    *,
    replaced_by: str | None = None,
) -> None:
    ended = {"released_by": who.id, "released_at": tx.now, "replaced_by": replaced_by}
    await store.release_override(tx, old.id, {**ended, "release_reason": reason})
    fact = OverrideReleased(
        case_id=row.case_id,
        override_id=old.id,
        replaced_by=replaced_by,
        released_at=tx.now,
        pii=OverridePii(text=reason) if reason else None,
    )
    tx.state(fact, area=row.area_path)


async def _keep(rules: Rules, tx: Tx, case: Case) -> None:
    await revise(tx, [case])
    state_facts(tx, case, None)
    watch(rules, tx, case)


def _row(
    who: Principal, case: Case, wanted: Wanted, before: Judgement, now: datetime
) -> dict[str, Any]:
    assert case.inputs.override is not None
    return {
        "id": case.inputs.override.id,
        "case_id": case.case_id,
        "revision": case.revision,
        "grade": wanted.grade,
        "type": wanted.type,
        "suitability": wanted.suitability,
        "policy_grade": before.assessment.grade,
        "read_type": before.read.type,
        "read_suitability": before.read.suitability,
        "reason": wanted.reason,
        "decided_by": who.id,
        "decided_at": now,
        "released_by": None,
        "released_at": None,
        "release_reason": None,
        "replaced_by": None,
    }


def _overridden(case: Case, row: dict[str, Any]) -> AssessmentOverridden:
    return AssessmentOverridden(
        case_id=case.case_id,
        override_id=row["id"],
        revision=case.revision,
        grade=row["grade"],
        type=row["type"],
        suitability=row["suitability"],
        policy_grade=row["policy_grade"],
        read_type=row["read_type"],
        read_suitability=row["read_suitability"],
        overridden_at=row["decided_at"],
        pii=OverridePii(text=row["reason"]),
    )


def _named(wanted: Wanted) -> tuple[str, ...]:
    said = {"risk": wanted.grade, "type": wanted.type, "suitability": wanted.suitability}
    return tuple(name for name, value in said.items() if value is not None)


def _not_here(status: int) -> NotHereYet:
    return NotHereYet(
        "not-here-yet",
        "本案尚未到达研判环节，请稍后再试。",
        "The case has not reached triage yet: try again shortly.",
        field="case_id",
        status=status,
    )
