"""Look at a case again when something happens to it: a session, a breach, one more referrer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Retry
from fengqiao_contracts.facts import ObligationBreached, ReferralReceived, SessionHeld

from .. import store
from ..domain.case import Rules, Versions, day_of
from ..domain.events import BREACH, FAILED, RECORDS, REPEAT, Events, at_least, firm, once_more
from ..domain.text import Text
from .again import Look, NewPart, look
from .assess import Plan, keep, marked, read_texts
from .in_force import rules_in_force
from .outcome import conclude, revise


@dataclass(frozen=True, slots=True)
class _News:
    """What a fact changes of a case: its events, and words where they say more than they did."""

    item: Received[Any]
    after: Callable[[Events], Events]
    plan: Plan | None = None


def plan_records(versions: Versions, items: Sequence[Received[SessionHeld]]) -> Sequence[Plan]:
    """Read the records of sessions: what they state as a fact, nothing else."""
    texts = [
        Text(RECORDS + f.number, f.pii.text if f.pii else "", day_of(f.held_at))
        for f in (item.fact for item in items)
    ]
    return [replace(plan, part=firm(plan.part)) for plan in read_texts(versions, texts)]


async def hear_sessions(
    rules: Rules, tx: Tx, items: Sequence[Received[SessionHeld]], plans: Sequence[Plan]
) -> None:
    """Where one more session is held, those before ended without agreement; danger told counts."""
    await _hear(
        rules,
        tx,
        [
            _News(
                item,
                partial(at_least, code=FAILED, times=item.fact.number - 1),
                plan if plan.part.signals else None,
            )
            for item, plan in zip(items, marked(tx.keys, plans), strict=True)
        ],
    )


async def hear_breaches(
    rules: Rules, tx: Tx, items: Sequence[Received[ObligationBreached]]
) -> None:
    """An obligation that is not performed makes the dispute hotter."""
    await _hear(rules, tx, [_News(item, partial(once_more, code=BREACH)) for item in items])


async def hear_referrals(rules: Rules, tx: Tx, items: Sequence[Received[ReferralReceived]]) -> None:
    """One more office that the parties turned to; the first referral is the case itself."""
    more = [item for item in items if not item.fact.first]
    await _hear(rules, tx, [_News(item, partial(once_more, code=REPEAT)) for item in more])


async def _hear(rules: Rules, tx: Tx, news: Sequence[_News]) -> None:
    """Assess again each case of which something is new."""
    if not news:
        return
    rows = await store.lock_cases(tx, SYSTEM, [one.item.fact.case_id for one in news])
    if len(rows) < len(news):
        raise Retry("the case was not registered here yet")
    looks = [(one, _look_of(one, rows[one.item.fact.case_id], tx.now)) for one in news]
    changed = [(one, this) for one, this in looks if this is not None]
    if not changed:
        return
    rules = await rules_in_force(tx, rules)
    ids = [one.item.fact.case_id for one, _ in changed]
    stored = await store.parts_of(tx, SYSTEM, ids)
    found = [
        look(rules, rows[case_id], stored[case_id], this)
        for case_id, (_, this) in zip(ids, changed, strict=True)
    ]
    worded = zip(found, [one.plan for one, _ in changed], strict=True)
    await keep(tx, rules, [(case, plan) for case, plan in worded if plan is not None])
    await revise(tx, found)
    conclude(rules, tx, found, [one.item for one, _ in changed])


def _look_of(one: _News, row: Any, now: datetime) -> Look | None:
    """What is to be looked at, None where nothing is new."""
    before, plan = Look.at(row, one.item.envelope.id, now), one.plan
    form = replace(before.form, events=one.after(before.form.events))
    if form == before.form and plan is None:
        return None
    added = None if plan is None else NewPart(plan.text, plan.sha256, plan.part)
    return replace(before, form=form, added=added)
