"""A clock ran out: state it once."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.auth import SYSTEM
from fengqiao_chassis.store import Tx
from fengqiao_contracts.facts import DeadlineMissed

from .. import store
from ..domain.clocks import MissedKind


async def miss_deadline(kind: MissedKind, tx: Tx, subject: str, _: Any = None) -> None:
    """State that the clock `kind` of `<case id>/<ref>` ran out, if it still runs and is over.

    The row of the clock is marked in the same transaction, so each is stated once whatever runs
    the schedule and however often.
    """
    case_id, _, ref = subject.partition("/")
    clock = await store.open_clock(tx, case_id, kind, ref, SYSTEM)
    if clock is None:
        return
    if clock.due_at > tx.now:
        tx.due(kind, subject, clock.due_at, {"case_id": case_id, "ref": ref})
        return
    if not await store.mark_missed(tx, clock, tx.now):
        return
    work = await store.load_casework(tx, case_id, SYSTEM)
    if work is None:
        return
    fact = DeadlineMissed(
        case_id=case_id, kind=kind, ref=ref, due_at=clock.due_at, missed_at=tx.now
    )
    tx.state(fact, area=work.case.area_path, actor="schedule")
    tx.audit("mediation.deadline_missed", case_id, fields=(kind,))
