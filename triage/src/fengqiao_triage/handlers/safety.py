"""A safety question that nobody answered in time raises the grade one step, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fengqiao_chassis.store import SYSTEM, Tx

from .. import store
from ..domain.case import Rules
from .again import Look, look
from .in_force import rules_in_force
from .outcome import SAFETY_QUESTION, revise, state_facts


async def raise_unanswered(rules: Rules, tx: Tx, subject: str, _: Any = None) -> None:
    """Assess the case again with the question still open (domain.md §5.2)."""
    row = (await store.lock_cases(tx, SYSTEM, [subject])).get(subject)
    if row is None or row.unanswered:
        return
    rules = await rules_in_force(tx, rules)
    stored = (await store.parts_of(tx, SYSTEM, [subject]))[subject]
    late = replace(Look.at(row, SAFETY_QUESTION, tx.now), unanswered=True)
    case = look(rules, row, stored, late)
    if not case.inputs.unanswered:
        return
    await revise(tx, [case])
    state_facts(tx, case, None)
