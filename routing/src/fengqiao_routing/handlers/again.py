"""Looking again: cases whose mediator left, and cases that wait for a place that became free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM
from fengqiao_contracts.values import Outlet

from .. import store
from ..domain.book import Book
from ..domain.ladder import Ladder, Rung, Unit, only
from ..domain.table import Table, Verdict
from ..store import Case
from .desk import Desk, Job
from .placing import place, seat_all

type Causes = Mapping[str, Received[Any] | None]
"""What made us look, by case or by unit."""

MORE = 50
"""Rows of a waiting list read beyond the places that are free: one case waits at several units."""


def verdict_of(table: Table, case: Case) -> Verdict:
    """What is to be done with a case: the dispatcher's word where he spoke, else the table's."""
    if case.pinned and case.outlet is not None:
        outlet: Outlet = case.outlet  # type: ignore[assignment]  # written from an Outlet only
        return table.by_human(outlet, case.dispute)
    return table.decide(case.dispute, case.screened)


async def drain(desk: Desk, causes: Causes) -> None:
    """Give the free places of these units to those who wait for them, by urgency, then time.

    `causes` is by unit. Call it after the places became free, in the transaction that
    freed them and locked the units.
    """
    if not causes:
        return
    asked = await store.units_waited_for(desk.tx, SYSTEM, causes)
    units = {u.id: u for u in await store.units_on(desk.tx, SYSTEM, (), ids=asked)} if asked else {}
    if not units:
        return
    book = Book(await store.candidates(desk.tx, SYSTEM, units))
    while free := {unit_id: book.room(unit_id) for unit_id in units if book.room(unit_id)}:
        rows = await store.first_waiting(desk.tx, SYSTEM, free, sum(free.values()) + MORE)
        jobs = await _waiting_jobs(desk, rows, units, causes)
        left = await seat_all(desk, book, jobs)
        await desk.save()
        if len(left) == len(jobs):
            return


async def units_held(desk: Desk, cases: Iterable[Case], causes: Causes) -> Causes:
    """The units in which these cases hold a place; `causes` is by case, the answer by unit.

    Lock them before the places are freed; then `drain` them.
    """
    held = {case.case_id: case.mediator for case in cases if case.mediator is not None}
    units = await store.units_of_mediators(desk.tx, SYSTEM, set(held.values()))
    found: dict[str, Received[Any] | None] = {}
    for case_id, mediator_id in held.items():
        if mediator_id in units:
            found.setdefault(units[mediator_id], causes.get(case_id))
    return found


async def jobs_again(desk: Desk, cases: Sequence[Case], causes: Causes) -> list[Job]:
    """Jobs for cases that were placed or waiting before; `causes` is by case.

    A case that a committee accepted or a dispatcher gave to a unit stays with that unit as long as
    the unit has mediators.
    """
    bound = {case.unit_id for case in cases if case.unit_id and (case.accepted or case.pinned)}
    units = {u.id: u for u in await store.units_on(desk.tx, SYSTEM, (), ids=bound)}
    staffed = Book(await store.candidates(desk.tx, SYSTEM, units) if units else ())
    jobs: list[Job] = []
    for case in cases:
        job = Job(case, verdict_of(desk.table, case), causes.get(case.case_id))
        unit = units.get(case.unit_id or "")
        if unit is not None and (case.accepted or case.pinned) and staffed.staffed(unit.id):
            job.ladder = only(unit)
        jobs.append(job)
    return jobs


async def place_again(desk: Desk, jobs: Sequence[Job]) -> None:
    """Place them; what is not for mediation any more waits for a human instead."""
    for job in jobs:
        if job.verdict.action != "mediate":
            desk.wait(job, "human_decision", Ladder(()), job.verdict.alternatives)
    await place(desk, [job for job in jobs if job.verdict.action == "mediate"])


async def look_again(desk: Desk, case_ids: Collection[str], causes: Causes) -> None:
    """Offer waiting cases every place that their ladder has now; `causes` is by case."""
    found = await store.lock_cases(desk.tx, SYSTEM, case_ids, unlocked=True)
    waiting = [
        case
        for case in found.values()
        if case.state == "waiting" and case.wait_reason != "human_decision"
    ]
    await place_again(desk, await jobs_again(desk, waiting, causes))


async def _waiting_jobs(
    desk: Desk, rows: Sequence[Row[Any]], units: Mapping[str, Unit], causes: Causes
) -> list[Job]:
    steps: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        steps[row.case_id].append(row)
    found = await store.lock_cases(desk.tx, SYSTEM, steps, unlocked=True)
    jobs: list[Job] = []
    for case_id, own in steps.items():
        case = found.get(case_id)
        if case is None or case.state != "waiting" or case.wait_reason != "no_mediator_free":
            continue
        rungs = tuple(Rung(row.step, (units[row.unit_id],)) for row in own if row.unit_id in units)
        cause = next((causes[row.unit_id] for row in own if row.unit_id in causes), None)
        jobs.append(Job(case, verdict_of(desk.table, case), cause, Ladder(rungs)))
    return jobs
