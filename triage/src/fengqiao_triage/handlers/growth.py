"""When a dispute grows, the cases that were there before are looked at again (domain.md §5.2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import CaseRegistered

from .. import store
from ..domain.case import Rules
from ..store.disputes import grown_past, places_of
from .again import Look, look
from .in_force import rules_in_force
from .outcome import state_facts, watch

DISPUTE_GREW = "dispute_grew"


async def grow_registered(rules: Rules, tx: Tx, items: Sequence[Received[CaseRegistered]]) -> None:
    """Each new case may make its dispute a crowd; the new ones were counted when they were assessed."""
    ids = [item.fact.case_id for item in items]
    rows = await places_of(tx, SYSTEM, ids)
    await grow(rules, tx, {row.dispute_id for row in rows if row.persons > 1}, but=ids)


async def grow(
    rules: Rules, tx: Tx, dispute_ids: Collection[str], but: Collection[str] = ()
) -> None:
    """Assess again the cases of these disputes that more persons share now than a rule asks for."""
    if not dispute_ids:
        return
    rules = await rules_in_force(tx, rules)
    persons = await grown_past(tx, SYSTEM, dispute_ids, rules.policy.crowds(), but)
    if not persons:
        return
    rows = await store.lock_cases(tx, SYSTEM, persons)
    stored = await store.parts_of(tx, SYSTEM, persons)
    found = []
    for case_id, row in rows.items():
        before = Look.at(row, DISPUTE_GREW, tx.now)
        form = replace(before.form, people=max(row.people or 0, persons[case_id]))
        found.append(look(rules, row, stored[case_id], replace(before, form=form)))
    await store.revise_cases(tx, [{"case_id": case.case_id, **case.changes()} for case in found])
    await store.add_assessments(tx, [case.record() for case in found])
    for case in found:
        state_facts(tx, case, None)
        watch(rules, tx, case)
