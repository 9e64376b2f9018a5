"""The registry as routing needs it; who leaves is replaced, who comes is given what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from .again import drain, look_again, place_again, verdict_of
from .desk import Desk, Job

LOOK_AT_ONCE = 200
"""Waiting cases that look at a new unit in its own transaction; the rest follow by schedule."""

_MATTERS = ("kind", "area_path", "specialities", "active")


async def enter_committees(
    table: Table, tx: Tx, items: Sequence[Received[CommitteeRegistered]]
) -> None:
    """Enter units; cases that wait near one that is new, changed or gone look again."""
    rows = [_committee(item) for item in items]
    before = await store.committee_states(tx, SYSTEM, [row["committee_id"] for row in rows])
    await store.save_committees(tx, rows)
    if not await store.count_waiting(tx):
        return
    for row in rows:
        if _changed(before.get(row["committee_id"]), row):
            await look_in_area(table, tx, row["area_path"])


async def look_in_area(table: Table, tx: Tx, area_path: str, after: str = "") -> None:
    """Waiting cases of an area look at their ladder again, a part at a time."""
    waiting = await store.waiting_in(tx, SYSTEM, area_path, LOOK_AT_ONCE, after)
    desk = Desk(tx, table)
    await look_again(desk, waiting, {})
    await desk.save()
    if len(waiting) == LOOK_AT_ONCE:
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


async def _leave(
    table: Table, tx: Tx, items: Sequence[Received[Any]], reason: str, change: Mapping[str, Any]
) -> None:
    """Close the mediators to new cases, then let each of their cases move on.

    Cases are locked before units, as everywhere; a case that was given to a mediator between the
    first look and the lock is found by the second.
    """
    desk, causes = Desk(tx, table), {item.fact.mediator_id: item for item in items}
    found = await store.lock_cases(tx, SYSTEM, await store.live_cases_of(tx, SYSTEM, causes))
    units = await store.units_of_mediators(tx, SYSTEM, causes)
    await desk.lock(units.values())
    rows = [
        {"key": mediator_id, **change, "sequence": causes[mediator_id].envelope.sequence}
        for mediator_id in sorted(causes)
    ]
    await store.change_mediators(tx, rows)
    late = await store.live_cases_of(tx, SYSTEM, causes) - found.keys()
    found |= await store.lock_cases(tx, SYSTEM, late) if late else {}
    freed = await store.end_assignments(tx, SYSTEM, causes, reason, of_mediators=True)
    by_case: dict[str, Received[Any]] = {}
    for place in freed:
        case, cause = found[place.case_id], causes[place.mediator_id]
        desk.withdraw(Job(case, verdict_of(table, case), cause), reason)
        by_case[place.case_id] = cause
    await place_again(desk, [found[case_id] for case_id in by_case], by_case)
    await desk.save()


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
