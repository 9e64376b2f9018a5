"""When a dispute grows, the cases that were there before are looked at again (domain.md §5.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fengqiao_chassis.store import SYSTEM, Tx

from .. import store
from ..domain.case import Rules
from ..store.disputes import grown_past
from .again import Look, look
from .outcome import revise, state_facts, watch

DISPUTE_GREW = "dispute_grew"


async def grow(
    rules: Rules, tx: Tx, dispute_ids: Collection[str], but: Collection[str] = ()
) -> None:
    """Assess again the cases of these disputes that more persons share now than a rule in force asks
    for; those in `but` were counted already.
    """
    if not dispute_ids:
        return
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
    await revise(tx, found)
    for case in found:
        state_facts(tx, case, None)
        watch(rules, tx, case)
