"""Analyze and assess cases as they are registered and supplemented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Retry
from fengqiao_contracts.facts import CaseRegistered, CaseSupplemented

from .. import store
from ..domain.analysis import Answered, Form, PartAnalysis
from ..domain.answers import denies, merged
from ..domain.assessment import History
from ..domain.case import Inputs, Rules, Versions, day_of, judge, months_since
from ..domain.packing import pack
from ..domain.text import Text, sha256_of
from ..rules import rules as rules_of
from ..store.disputes import places_of
from .again import Look, NewPart, asked_since, look
from .growth import grow
from .in_force import rules_in_force
from .outcome import Case, conclude, revise

ANSWER = "answer"


def mark_of(keys: Keyring, sha256: str) -> str:
    """What is kept of a text's hash: keyed, because a short answer can be found by trying words,
    and stays so when the text is erased.
    """
    return keys.blind("triage-text", sha256)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was read in one new text, before any transaction."""

    text: str
    day: str
    sha256: str
    part: PartAnalysis


def plan_registered(
    versions: Versions, items: Sequence[Received[CaseRegistered]]
) -> Sequence[Plan]:
    """Read the narratives of new cases."""
    texts = [
        Text(0, f.pii.narrative if f.pii else "", day_of(f.reported_at))
        for f in (item.fact for item in items)
    ]
    return read_texts(versions, texts)


def plan_supplements(
    versions: Versions, items: Sequence[Received[CaseSupplemented]]
) -> Sequence[Plan]:
    """Read the supplements alone; what was said before was read before."""
    texts = [
        Text(f.number, f.pii.text if f.pii else "", day_of(f.received_at))
        for f in (item.fact for item in items)
    ]
    return read_texts(versions, texts)


def read_texts(versions: Versions, texts: Sequence[Text]) -> Sequence[Plan]:
    """What is read in these texts, in their order."""
    parts = rules_of(versions).analyser.analyse(texts)
    return [
        Plan(t.text, t.day.isoformat(), sha256_of(t.text), part)
        for t, part in zip(texts, parts, strict=True)
    ]


async def assess_registered(
    rules: Rules, tx: Tx, items: Sequence[Received[CaseRegistered]], plans: Sequence[Plan]
) -> None:
    """State what each new case is about and how dangerous it is; of a dispute that has grown by it,
    assess the cases that were there before again.
    """
    rules = await rules_in_force(tx, rules)
    plans = marked(tx.keys, plans)
    places = await places_of(tx, SYSTEM, [item.fact.case_id for item in items])
    found = [
        _first(rules, item, plan, tx.now, _persons(places, item.fact.case_id))
        for item, plan in zip(items, plans, strict=True)
    ]
    rows = [
        {**_entered(item.fact), **case.standing()} for item, case in zip(items, found, strict=True)
    ]
    await store.add_cases(tx, rows)
    await keep(tx, rules, list(zip(found, plans, strict=True)))
    await store.add_assessments(tx, [case.record() for case in found])
    conclude(rules, tx, found, items)
    shared = {place.dispute_id for place in places.values() if place.persons > 1}
    await grow(rules, tx, shared, but=places.keys())


def _persons(places: Mapping[str, Row[Any]], case_id: str) -> int:
    return places[case_id].persons if case_id in places else 0


def marked(keys: Keyring, plans: Sequence[Plan]) -> Sequence[Plan]:
    """The plans with keyed hashes of their texts, as they are kept."""
    return [replace(plan, sha256=mark_of(keys, plan.sha256)) for plan in plans]


def _first(
    rules: Rules, item: Received[CaseRegistered], plan: Plan, now: datetime, persons: int
) -> Case:
    """The first judgement; `persons` have brought the same dispute, each in words of his own."""
    fact = item.fact
    applicants = sum(p.role == "applicant" for p in fact.parties)
    counted = [n if n > 1 else None for n in (applicants, persons)]
    stated = [n for n in (fact.people_count, *counted) if n]
    form = Form(
        people=max(stated, default=None),
        amount=fact.amount,
        months=months_since(fact.occurred_on, day_of(fact.reported_at)),
        respondent=any(p.role == "respondent" for p in fact.parties),
    )
    inputs = Inputs(rules.versions, (plan.sha256,), form, History(), now)
    judgement = judge(rules, (plan.part,), inputs)
    return Case(
        case_id=fact.case_id,
        area=item.envelope.area,
        revision=1,
        cause=item.envelope.id,
        inputs=inputs,
        judgement=judgement,
        texts={0: plan.text},
        asked_at=asked_since(rules, judgement, now),
    )


def _entered(fact: CaseRegistered) -> dict[str, Any]:
    system = fact.external_ref.system if fact.external_ref else None
    return {
        "case_id": fact.case_id,
        "area_path": fact.area_path,
        "reporter": fact.reporter,
        "mediator": None,
        "referrers": store.with_referrer(None, system) if system else None,
        "case_ref": fact.case_id,
        "received_at": fact.received_at,
    }


async def assess_supplemented(
    rules: Rules, tx: Tx, items: Sequence[Received[CaseSupplemented]], plans: Sequence[Plan]
) -> None:
    """Assess again with the new words; what was a red is not lowered by them."""
    rules = await rules_in_force(tx, rules)
    plans = marked(tx.keys, plans)
    ids = [item.fact.case_id for item in items]
    rows = await store.lock_cases(tx, SYSTEM, ids)
    if len(rows) < len(ids):
        raise Retry("the case was not registered here yet")
    stored = await store.parts_of(tx, SYSTEM, ids)
    found = [
        _again(rules, item, plan, rows[item.fact.case_id], stored[item.fact.case_id], tx.now)
        for item, plan in zip(items, plans, strict=True)
    ]
    await keep(tx, rules, list(zip(found, plans, strict=True)))
    await revise(tx, found)
    conclude(rules, tx, found, items)


def _again(
    rules: Rules,
    item: Received[CaseSupplemented],
    plan: Plan,
    row: Any,
    stored: Sequence[Any],
    now: datetime,
) -> Case:
    fact = item.fact
    before = Look.at(row, item.envelope.id, now)
    denied = fact.kind == ANSWER and not fact.answers and denies(plan.text)
    answers = [Answered(a.code, a.says, fact.number, a.start, a.end) for a in fact.answers]
    form = replace(
        before.form,
        people=max([n for n in (row.people, fact.people_count) if n], default=None),
        amount=fact.amount if fact.amount is not None else row.amount,
        respondent=row.respondent or any(p.role == "respondent" for p in fact.parties),
        answered=fact.number if denied else row.answered,
        answers=merged(before.form.answers, answers),
    )
    added = NewPart(plan.text, plan.sha256, plan.part)
    return look(rules, row, stored, replace(before, form=form, added=added))


async def keep(tx: Tx, rules: Rules, worded: Sequence[tuple[Case, Plan]]) -> None:
    """Keep the new words of cases with what was read in them."""
    rows = [
        {
            "case_id": case.case_id,
            "part": plan.part.part,
            "text": plan.text,
            "day": plan.day,
            "sha256": plan.sha256,
            "analyser": rules.versions.analyser,
            "analysis": pack(plan.part),
            "turn": len(case.inputs.parts) - 1,
        }
        for case, plan in worded
    ]
    if rows:
        await store.add_inputs(tx, rows)
