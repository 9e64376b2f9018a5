"""Places: taking and freeing them, and who waits for one. Capacity is kept here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, insert, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, visible

from .scoping import in_area, of_case
from .tables import assignments, cases, committees, mediators, waits


class Freed(NamedTuple):
    """A place that was held until now."""

    case_id: str
    assignment_id: str
    mediator_id: str


async def take_places(tx: Tx, counts: Mapping[str, int]) -> set[str]:
    """Take so many places of each mediator; answers those where that many were not free.

    A mediator gets all of his count or nothing. The condition stands in the update itself, so no
    place is given twice; rows are locked in id order, so that two routers cannot block each other.
    """
    await _lock_mediators(tx, counts)
    taken: set[str] = set()
    for number, ids in _by_count(counts).items():
        stmt = (
            update(mediators)
            .where(
                mediators.c.mediator_id.in_(ids),
                mediators.c.live + number <= mediators.c.capacity,
                mediators.c.assignable,
            )
            .values(live=mediators.c.live + number)
            .returning(mediators.c.mediator_id)
        )
        taken.update(row.mediator_id for row in await tx.all(stmt))
    return counts.keys() - taken


async def end_assignments(
    tx: Tx, scope: Scope, case_ids: Collection[str], reason: str
) -> list[Freed]:
    """End the live assignments of these cases, each exactly once, and free their places."""
    if not case_ids:
        return []
    held = assignments.c.case_id.in_(sorted(case_ids)) & assignments.c.live
    stmt = (
        update(assignments)
        .where(held, of_case(assignments, scope))
        .values(live=False, ended_at=tx.now, end_reason=reason)
        .returning(assignments.c.case_id, assignments.c.assignment_id, assignments.c.mediator_id)
    )
    freed = [Freed(*tuple(row)) for row in await tx.all(stmt)]
    counts: dict[str, int] = defaultdict(int)
    for place in freed:
        counts[place.mediator_id] += 1
    await _lock_mediators(tx, counts)
    for number, named in _by_count(counts).items():
        less = update(mediators).where(mediators.c.mediator_id.in_(named))
        await tx.run(less.values(live=mediators.c.live - number))
    return sorted(freed)


async def live_cases_of(tx: ReadTx, scope: Scope, mediator_ids: Collection[str]) -> dict[str, str]:
    """The cases that hold a place of these mediators, and whose."""
    held = assignments.c.mediator_id.in_(sorted(mediator_ids)) & assignments.c.live
    stmt = select(assignments.c.case_id, assignments.c.mediator_id)
    rows = await tx.all(stmt.where(held, of_case(assignments, scope)))
    return {row.case_id: row.mediator_id for row in rows}


async def add_assignments(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record places taken."""
    if rows:
        await tx.run(insert(assignments), list(rows))


async def lock_units(tx: Tx, scope: Scope, ids: Collection[str]) -> None:
    """Let nobody else take, free or wait for a place of these units until the commit.

    So nobody begins to wait beside a place that is being freed. Locked in id order. Nothing is to
    be done in the embedded store: it has one writer.
    """
    if tx.dialect != "postgresql" or not ids:
        return
    inside = committees.c.committee_id.in_(sorted(ids))
    stmt = select(committees.c.committee_id).where(inside, in_area(committees, scope))
    await tx.all(stmt.order_by(committees.c.committee_id).with_for_update())
    tx.waited()


async def add_waits(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let cases wait at the units of their ladder."""
    if rows:
        await tx.run(insert(waits), list(rows))


async def drop_waits(tx: Tx, case_ids: Collection[str]) -> None:
    """The cases wait for no unit any more."""
    if case_ids:
        await tx.run(delete(waits).where(waits.c.case_id.in_(sorted(case_ids))))


async def units_waited_for(tx: ReadTx, scope: Scope, ids: Collection[str]) -> list[str]:
    """Those of the units for which at least one case waits."""
    inside = waits.c.unit_id.in_(sorted(ids))
    stmt = select(waits.c.unit_id).where(inside, of_case(waits, scope)).distinct()
    return [row.unit_id for row in await tx.all(stmt)]


async def first_waiting(
    tx: ReadTx, scope: Scope, unit_ids: Collection[str], limit: int
) -> Sequence[Row[Any]]:
    """The first rows of the units' waiting lists: by urgency, then by time (case_id breaks ties)."""
    stmt = (
        select(waits)
        .where(waits.c.unit_id.in_(sorted(unit_ids)), of_case(waits, scope))
        .order_by(waits.c.urgency, waits.c.since, waits.c.case_id, waits.c.rung, waits.c.unit_id)
        .limit(limit)
    )
    return await tx.all(stmt)


async def waiting_list(
    tx: ReadTx, scope: Scope, *, reason: str | None, unit_id: str | None, limit: int, offset: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many cases of the caller wait, and one page of them in the order of service."""
    cond = [cases.c.state == "waiting", visible(cases.c, scope)]
    if reason is not None:
        cond.append(cases.c.wait_reason == reason)
    if unit_id is not None:
        at = select(waits.c.case_id).where(waits.c.unit_id == unit_id)
        cond.append(cases.c.case_id.in_(at))
    total = await tx.scalar(select(func.count()).select_from(cases).where(*cond))
    order = (cases.c.urgency, cases.c.waiting_since, cases.c.case_id)
    page = select(cases).where(*cond).order_by(*order).limit(limit).offset(offset)
    return int(total or 0), await tx.all(page)


async def _lock_mediators(tx: Tx, ids: Collection[str]) -> None:
    if tx.dialect == "postgresql" and len(ids) > 1:
        named = select(mediators.c.mediator_id).where(mediators.c.mediator_id.in_(sorted(ids)))
        await tx.all(named.order_by(mediators.c.mediator_id).with_for_update())


def _by_count(counts: Mapping[str, int]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    for mediator_id in sorted(counts):
        grouped[counts[mediator_id]].append(mediator_id)
    return grouped
