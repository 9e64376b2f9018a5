"""Looking again: cases whose mediator left, and cases that wait for a place that became free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.values import Outlet

from .. import store
from ..domain.book import Book
from ..domain.ladder import Ladder, Rung, Unit, only
from ..domain.table import Table, Verdict
from ..store import Case, Freed
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

    `causes` is by unit. Call it after the places became free, in the same transaction.
    """
    tx = desk.tx
    if not causes:
        return
    await store.lock_units(tx, SYSTEM, causes.keys())
    asked = await store.units_waited_for(tx, SYSTEM, ids=causes.keys())
    units = {u.id: u for u in await store.units_on(tx, SYSTEM, (), ids=asked)} if asked else {}
    if not units:
        return
    book = Book(await store.candidates(tx, SYSTEM, units, unlocked=True))
    while free := {unit_id: book.room(unit_id) for unit_id in units if book.room(unit_id)}:
        rows = await store.first_waiting(tx, SYSTEM, free, sum(free.values()) + MORE)
        jobs = await _waiting_jobs(desk, rows, units, causes)
        left = await seat_all(desk, book, jobs)
        await desk.save()
        if len(left) == len(jobs):
            return


async def move_on(desk: Desk, freed: Sequence[Freed], causes: Causes, reason: str) -> None:
    """State that these assignments ended and place their cases anew; `causes` is by mediator."""
    found = await store.lock_cases(desk.tx, SYSTEM, {place.case_id for place in freed})
    moved: dict[str, Received[Any] | None] = {}
    for held in freed:
        case = found.get(held.case_id)
        if case is None or case.assignment_id != held.assignment_id:
            continue
        job = Job(case, verdict_of(desk.table, case), causes.get(held.mediator_id))
        desk.withdraw(job, reason)
        moved[case.case_id] = job.cause
    await place_again(desk, [found[case_id] for case_id in moved], moved)


async def place_again(desk: Desk, cases: Sequence[Case], causes: Causes) -> None:
    """Place cases that were placed or waiting before; `causes` is by case.

    A case that a committee accepted or a dispatcher gave to a unit stays with that unit as long as
    the unit has mediators.
    """
    bound = {case.unit_id for case in cases if case.unit_id and (case.accepted or case.pinned)}
    units = {u.id: u for u in await store.units_on(desk.tx, SYSTEM, (), ids=bound)}
    staffed = Book(await store.candidates(desk.tx, SYSTEM, units)) if units else Book(())
    jobs: list[Job] = []
    for case in cases:
        verdict = verdict_of(desk.table, case)
        job = Job(case, verdict, causes.get(case.case_id))
        unit = units.get(case.unit_id or "")
        if unit is not None and (case.accepted or case.pinned) and staffed.staffed(unit.id):
            job.ladder = only(unit)
        jobs.append(job)
    await place(desk, [job for job in jobs if job.verdict.action == "mediate"])


async def look_again(desk: Desk, case_ids: Collection[str], causes: Causes) -> None:
    """Offer waiting cases every place that their ladder has now; `causes` is by case."""
    found = await store.lock_cases(desk.tx, SYSTEM, case_ids, unlocked=True)
    waiting = [
        case
        for case in found.values()
        if case.state == "waiting" and case.wait_reason != "human_decision"
    ]
    await place_again(desk, waiting, causes)


async def units_of(tx: Tx, freed: Sequence[Freed], causes: Causes) -> Causes:
    """The units in which these places became free; `causes` is by case."""
    known = await store.known_mediators(tx, SYSTEM, {place.mediator_id for place in freed})
    found: dict[str, Received[Any] | None] = {}
    for held in freed:
        if held.mediator_id in known:
            found.setdefault(known[held.mediator_id].committee_id, causes.get(held.case_id))
    return found


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
