"""The registry as routing needs it; who leaves is replaced, who comes is given what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import (
    CommitteeRegistered,
    MediatorAdmitted,
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
)

from .. import store
from ..domain.table import Table
from .again import drain, jobs_again, look_again, place_again
from .desk import Desk
from .placing import lock_for

PART = 200
"""Waiting cases that look again in one transaction."""

type _Change = Callable[[str], Mapping[str, Any]]

_MATTERS = ("kind", "area_path", "specialities", "active")


async def enter_committees(tx: Tx, items: Sequence[Received[CommitteeRegistered]]) -> None:
    """Enter units; cases that wait near one that is new, changed or gone look again at once."""
    rows = sorted((_committee(item) for item in items), key=lambda row: str(row["committee_id"]))
    before = await store.committee_states(tx, SYSTEM, [row["committee_id"] for row in rows])
    await store.save_committees(tx, rows)
    if not await store.count_waiting(tx):
        return
    changed = (row for row in rows if _changed(before.get(row["committee_id"]), row))
    for area_path in sorted({row["area_path"] for row in changed}):
        tx.due("look_in_area", area_path, tx.now)


async def look_in_area(table: Table, tx: Tx, area_path: str, after: str = "") -> None:
    """Waiting cases of an area look at their ladder again, a part at a time."""
    waiting = await store.waiting_in(tx, SYSTEM, area_path, PART, after)
    desk = Desk(tx, table)
    await look_again(desk, waiting, {})
    await desk.save()
    if len(waiting) == PART:
        tx.due("look_in_area", area_path, tx.now, {"after": waiting[-1]})


async def admit_mediators(
    table: Table, tx: Tx, items: Sequence[Received[MediatorAdmitted]]
) -> None:
    """Mediators become assignable and get what waits for them."""
    desk, units = Desk(tx, table), {item.fact.committee_id: item for item in items}
    await desk.lock(units)
    rows = [
        {
            "mediator_id": item.fact.mediator_id,
            **_abilities(item.fact),
            "assignable": True,
            "retired": False,
            "sequence": item.envelope.sequence,
            "live": 0,
        }
        for item in items
    ]
    await store.save_mediators(tx, rows)
    await drain(desk, units)


async def change_mediators(
    table: Table, tx: Tx, items: Sequence[Received[MediatorChanged]]
) -> None:
    """New capacity, specialities, grade or committee; open cases stay with their mediator."""
    desk, units = Desk(tx, table), {item.fact.committee_id: item for item in items}
    await desk.lock(units)
    rows = [
        {
            "key": item.fact.mediator_id,
            **_abilities(item.fact),
            "sequence": item.envelope.sequence,
        }
        for item in items
    ]
    await store.change_mediators(tx, rows)
    await drain(desk, units)


async def suspend_mediators(
    table: Table, tx: Tx, items: Sequence[Received[MediatorSuspended]]
) -> None:
    """No new cases; every open case moves on to another mediator or waits."""
    await _leave(table, tx, items, "mediator_suspended", {"assignable": False})


async def retire_mediators(
    table: Table, tx: Tx, items: Sequence[Received[MediatorRetired]]
) -> None:
    """Gone for good: as a suspension, and a reinstatement does not bring him back."""
    gone = {"assignable": False, "retired": True}
    await _leave(table, tx, items, "mediator_retired", gone)


async def reinstate_mediators(
    table: Table, tx: Tx, items: Sequence[Received[MediatorReinstated]]
) -> None:
    """Assignable again, unless retired; what waits is given at once."""
    known = await store.known_mediators(tx, SYSTEM, [item.fact.mediator_id for item in items])
    back = [item for item in items if _may_return(known.get(item.fact.mediator_id))]
    if not back:
        return
    desk, units = Desk(tx, table), {known[i.fact.mediator_id].committee_id: i for i in back}
    await desk.lock(units)
    rows = [
        {"key": item.fact.mediator_id, "assignable": True, "sequence": item.envelope.sequence}
        for item in back
    ]
    await store.change_mediators(tx, rows)
    await drain(desk, units)


async def move_on(
    table: Table, tx: Tx, causes: Mapping[str, Received[Any] | None], reason: str, change: _Change
) -> None:
    """Change the mediators and let each of their cases go to another; `causes` is by mediator.

    Cases are locked before units, as everywhere. A case that was given to a mediator between the
    look at his cases and the lock moves on in a transaction of its own.
    """
    desk = Desk(tx, table)
    open_cases = await store.live_cases_of(tx, SYSTEM, causes)
    found = await store.lock_cases(tx, SYSTEM, open_cases.keys())
    jobs = await jobs_again(desk, [c for c in found.values() if c.mediator in causes], {})
    units = await store.units_of_mediators(tx, SYSTEM, causes)
    await lock_for(desk, jobs, units.values())
    await store.change_mediators(tx, [{"key": m, **change(m)} for m in sorted(causes)])
    late = await store.live_cases_of(tx, SYSTEM, causes)
    for mediator_id in {late[case_id] for case_id in late.keys() - found.keys()}:
        tx.due("move_on", mediator_id, tx.now, {"reason": reason})
    moved = {job.case.case_id for job in jobs}
    await store.end_assignments(tx, SYSTEM, moved, reason)
    for job in jobs:
        job.cause = causes[job.case.mediator or ""]
        desk.withdraw(job, reason)
    await place_again(desk, jobs)
    await desk.save()


async def _leave(
    table: Table, tx: Tx, items: Sequence[Received[Any]], reason: str, state: Mapping[str, Any]
) -> None:
    causes = {item.fact.mediator_id: item for item in items}
    await move_on(
        table, tx, causes, reason, lambda m: {**state, "sequence": causes[m].envelope.sequence}
    )


def _committee(item: Received[CommitteeRegistered]) -> dict[str, Any]:
    fact = item.fact
    return {
        "committee_id": fact.committee_id,
        "name": fact.name,
        "kind": fact.kind,
        "area_path": fact.area_path,
        "specialities": list(fact.specialities),
        "active": fact.active,
        "sequence": item.envelope.sequence,
    }


def _abilities(fact: MediatorAdmitted | MediatorChanged) -> dict[str, Any]:
    return {
        "committee_id": fact.committee_id,
        "area_path": fact.area_path,
        "specialities": list(fact.specialities),
        "grade": fact.grade,
        "capacity": fact.capacity,
    }


def _changed(before: Row[Any] | None, row: Mapping[str, Any]) -> bool:
    return before is None or any(getattr(before, name) != row[name] for name in _MATTERS)


def _may_return(known: Row[Any] | None) -> bool:
    return known is not None and not known.retired
