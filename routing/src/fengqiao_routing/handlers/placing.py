"""Placing: many cases to units and mediators in one transaction, never over anyone's capacity."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, Tx

from .. import store
from ..domain.areas import DISTRICT, level, prefixes
from ..domain.book import Book, Seat
from ..domain.choice import Want
from ..domain.ladder import Ladder, Units
from .desk import Desk, Job

ROUNDS = 25
"""How often a case looks again when others took its place meanwhile, before it waits in line."""

SECOND_LOOK = timedelta(seconds=5)
"""When a case without a unit looks again: a unit may have been entered at the same moment."""

type Placed = tuple[Job, Seat]


async def place(desk: Desk, jobs: Sequence[Job]) -> None:
    """Assign each job's case, or let it wait where it will be served; the most urgent first."""
    if not jobs:
        return
    units = await lock_for(desk, jobs)
    queue = sorted(jobs, key=_order)
    book = Book(await store.candidates(desk.tx, SYSTEM, units))
    for job in await seat_all(desk, book, queue):
        _wait(desk, book, job)


async def lock_for(desk: Desk, jobs: Sequence[Job], others: Iterable[str] = ()) -> set[str]:
    """Find the jobs' ladders; lock their units and the `others` at once; answer the jobs' units.

    A transaction that touches more units than its jobs' names them here, before it changes any: two
    transactions that lock the same units in two steps each would block one another.
    """
    bare = [job for job in jobs if job.ladder is None]
    if bare:
        units = await units_for(desk.tx, SYSTEM, (job.case.area_path for job in bare))
        for job in bare:
            case, steps = job.case, job.verdict.ladder
            job.ladder = units.ladder(desk.table, steps, case.area_path, case.type or "")
    named = {unit.id for job in jobs for rung in _ladder(job).rungs for unit in rung.units}
    await desk.lock(named.union(others))
    return named


async def seat_all(desk: Desk, book: Book, jobs: Sequence[Job]) -> list[Job]:
    """Seat and take as many as there are places for; answers those that found none."""
    left: list[Job] = []
    for _ in range(ROUNDS):
        seated, without = _seat(book, jobs)
        left += without
        jobs = await _take(desk, book, seated)
        if not jobs:
            return left
    return left + list(jobs)


async def units_for(tx: ReadTx, scope: Scope, paths: Iterable[str]) -> Units:
    """All active units that can be on the ladder of a case in these areas."""
    areas = set(paths)
    near = {prefix for path in areas for prefix in prefixes(path)}
    city_only = {path for path in areas if level(path, DISTRICT) is None}
    return Units(await store.units_on(tx, scope, near, below=city_only))


def _seat(book: Book, jobs: Sequence[Job]) -> tuple[list[Placed], list[Job]]:
    seated: list[Placed] = []
    without: list[Job] = []
    for job in jobs:
        case = job.case
        want = Want(case.type or "", case.grade or "none", case.area_path)
        seat = book.seat(_ladder(job), want)
        if seat is None:
            without.append(job)
        else:
            seated.append((job, seat))
    return seated, without


async def _take(desk: Desk, book: Book, seated: Sequence[Placed]) -> list[Job]:
    """Take the places in the store; answers the jobs whose place was gone."""
    counts = Counter(seat.mediator.id for _, seat in seated)
    short = await store.take_places(desk.tx, counts) if counts else set[str]()
    by_mediator: dict[str, list[Placed]] = defaultdict(list)
    for job, seat in seated:
        if seat.mediator.id in short:
            by_mediator[seat.mediator.id].append((job, seat))
        else:
            desk.assign(job, seat)
    again: list[Job] = []
    for mediator_id in sorted(by_mediator):
        for job, seat in by_mediator[mediator_id]:
            if await store.take_places(desk.tx, {mediator_id: 1}):
                again.append(job)
            else:
                desk.assign(job, seat)
    if short:
        await _refresh(desk.tx, book, short)
    return sorted(again, key=_order)


async def _refresh(tx: Tx, book: Book, ids: Collection[str]) -> None:
    for mediator_id in ids:
        book.drop(mediator_id)
    for one in await store.candidates_named(tx, SYSTEM, ids):
        book.put(one)


def _wait(desk: Desk, book: Book, job: Job) -> None:
    ladder = _ladder(job)
    if ladder.rungs:
        desk.wait(job, "no_mediator_free", ladder, book.full(ladder))
        return
    desk.wait(job, "no_unit", ladder, ladder.missing)
    desk.tx.due("second_look", job.case.case_id, desk.tx.now + SECOND_LOOK)


def _ladder(job: Job) -> Ladder:
    assert job.ladder is not None
    return job.ladder


def _order(job: Job) -> tuple[int, object, str]:
    return (job.case.urgency, job.case.received_at, job.case.case_id)
