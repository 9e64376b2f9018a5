"""Capacity and the waiting list under many routers at once, in one process and in two."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from routing.routers import (
    CAPACITY,
    MEDIATORS,
    NOON,
    TABLE,
    UNITS,
    Routers,
    assess_all,
    found_town,
    heard,
    routers,
)
from routing.town import Town
from sqlalchemy import text

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.migrate import migrate
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import CaseClosed, MediatorReinstated, MediatorSuspended
from fengqiao_routing import store
from fengqiao_routing.handlers import cases, registry

ROUTERS = 64
CASES = ROUTERS * 10
PLACES = MEDIATORS * CAPACITY

OVER = "SELECT count(*) FROM routing_mediators WHERE live > capacity"
MISCOUNTED = (
    "SELECT count(*) FROM routing_mediators m WHERE live <> (SELECT count(*) FROM"
    " routing_assignments a WHERE a.live AND a.mediator_id = m.mediator_id)"
)
BESIDE_A_FREE_PLACE = (
    "SELECT count(*) FROM routing_waits w JOIN routing_mediators m ON m.committee_id = w.unit_id"
    " WHERE m.assignable AND m.live < m.capacity"
)
WRONG_QUEUE = (
    "SELECT count(*) FROM routing_cases c WHERE (c.state = 'waiting') <> EXISTS"
    " (SELECT 1 FROM routing_waits w WHERE w.case_id = c.case_id)"
)
WRONG_HOLDER = (
    "SELECT count(*) FROM routing_cases c WHERE (c.state = 'assigned') <> EXISTS"
    " (SELECT 1 FROM routing_assignments a WHERE a.live AND a.case_id = c.case_id)"
)
NOT_STATED_ONCE = (
    "SELECT count(*) FROM routing_cases c WHERE"
    " (SELECT count(*) FROM routing_assignments a WHERE a.case_id = c.case_id) <>"
    " (SELECT count(*) FROM bus_outbox o WHERE o.type = 'mediator.assigned.v1'"
    " AND o.subject = c.case_id)"
)
UNDECIDED = (
    "SELECT count(*) FROM routing_cases c WHERE NOT EXISTS"
    " (SELECT 1 FROM bus_outbox o WHERE o.subject = c.case_id)"
)
GAPS = (
    "SELECT count(*) FROM (SELECT 1 FROM bus_outbox GROUP BY partition"
    " HAVING min(position) <> 1 OR max(position) <> count(*) OR count(DISTINCT position) <> count(*)"
    " UNION ALL SELECT 1 FROM bus_outbox GROUP BY subject"
    " HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sequence) <> count(*)"
    ") AS gaps"
)
LEDGER = (OVER, MISCOUNTED, BESIDE_A_FREE_PLACE, WRONG_QUEUE, WRONG_HOLDER)
STATED = (NOT_STATED_ONCE, UNDECIDED, GAPS)


async def states(process: Routers) -> dict[str, int]:
    query = text("SELECT state, count(*) AS number FROM routing_cases GROUP BY state")
    async with process.db.read() as tx:
        return {row.state: row.number for row in await tx.all(query)}


async def hold(process: Routers) -> None:
    """The ledger is right, and the outbox says the same as the ledger."""
    await process.rest()
    async with process.db.read() as tx:
        for query in (*LEDGER, *STATED):
            assert await tx.scalar(text(query)) == 0, query


@pytest.mark.slow
async def test_64_dispatchers_at_once_never_exceed_a_capacity(town: Town) -> None:
    for number in range(4):
        await town.admit(f"m{number}", capacity=3)
    async with town.together():
        for number in range(ROUTERS):
            await town.case(f"c{number:02d}", "U")
    body = {"outlet": "mediation", "reason": "双方愿意调解"}
    async with town.h.client("routing", role="city", areas=["510100"]) as http:
        posts = (http.post(f"/cases/c{n:02d}/routing", json=body) for n in range(ROUTERS))
        answers = await asyncio.gather(*posts)
    found = [answer.json()["state"] for answer in answers]
    assert {answer.status_code for answer in answers} == {200}
    assert (found.count("assigned"), found.count("waiting")) == (12, ROUTERS - 12)
    async with town.h.read("routing") as tx:
        for query in LEDGER:
            assert await tx.scalar(text(query)) == 0, query


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/routing.db"
    found: str = request.getfixturevalue("database_url")
    return found


@pytest.fixture
async def process(url: str, tmp_path: Path) -> AsyncIterator[Routers]:
    """A routing process with a town and its cases."""
    init_keys(tmp_path / "keys")
    await migrate(url, [("routing", "fengqiao_routing")])
    async with routers(url, tmp_path / "keys") as found:
        await found_town(found, CASES)
        yield found


async def test_a_place_is_taken_as_often_as_it_is_free(process: Routers) -> None:
    async def take(_: int) -> bool:
        return not await process.write(lambda tx: store.take_places(tx, {"m0": 1}))

    taken = await asyncio.gather(*(take(n) for n in range(ROUTERS)))
    assert taken.count(True) == CAPACITY


async def test_many_places_at_once_are_all_or_nothing_per_mediator(process: Routers) -> None:
    counts = {"m0": CAPACITY, "m1": CAPACITY + 1, "m2": 1}
    assert await process.write(lambda tx: store.take_places(tx, counts)) == {"m1"}
    assert await process.write(lambda tx: store.take_places(tx, counts)) == {"m0", "m1"}


TWO = pytest.mark.parametrize(
    "url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""What takes two transactions at a time: SQLite has one writer."""


@TWO
async def test_who_waits_for_a_unit_does_later_what_he_does(process: Routers) -> None:
    """The ledger's times follow the order of the lock, not that of the transactions' beginnings."""
    order: list[str] = []
    times: dict[str, datetime] = {}
    held, began = asyncio.Event(), asyncio.Event()

    async def first(tx: Tx) -> None:
        await store.lock_units(tx, SYSTEM, UNITS[:1])
        held.set()
        await began.wait()
        await asyncio.sleep(0.2)
        tx.waited()
        order.append("first")
        times["first"] = tx.now

    async def second(tx: Tx) -> None:
        began.set()
        await store.lock_units(tx, SYSTEM, UNITS[:1])
        order.append("second")
        times["second"] = tx.now

    holder = asyncio.create_task(process.write(first))
    await held.wait()
    await asyncio.gather(holder, process.write(second))
    assert order == ["first", "second"]
    assert times["first"] < times["second"]


async def test_64_routers_fill_every_place_once_and_the_rest_waits(process: Routers) -> None:
    await assess_all(process, 0, CASES)
    assert await states(process) == {"assigned": PLACES, "waiting": CASES - PLACES}
    await hold(process)


@TWO
@pytest.mark.slow
async def test_two_processes_share_the_places(process: Routers, url: str, tmp_path: Path) -> None:
    program = str(Path(__file__).parent / "routers.py")
    parts = ((0, CASES // 2), (CASES // 2, CASES))
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, program, url, str(tmp_path / "keys"), str(a), str(b))
        )
        for a, b in parts
    ]
    assert [await one.wait() for one in started] == [0, 0]
    assert await states(process) == {"assigned": PLACES, "waiting": CASES - PLACES}
    await hold(process)


async def close_some(process: Routers, part: int, parts: int) -> None:
    """Close open cases of one partition, a few at a time."""
    query = text(
        "SELECT case_id FROM routing_assignments WHERE live"
        " AND CAST(substr(case_id, 2) AS int) % :parts = :part ORDER BY case_id LIMIT 3"
    )
    for _ in range(12):
        await asyncio.sleep(0.05)
        async with process.db.read() as tx:
            rows = await tx.all(query, {"part": part, "parts": parts})
            ids = [row.case_id for row in rows]
        closed = [CaseClosed(case_id=i, outcome="performed", closed_at=NOON) for i in ids]
        if closed:
            batch = [heard(fact) for fact in closed]
            await process.write(partial(end, batch))


async def end(batch: list[Any], tx: Tx) -> None:
    """These cases are closed."""
    await cases.end_cases(TABLE, tx, batch)


async def leave_and_return(process: Routers, number: int) -> None:
    """A mediator is suspended while cases are given out, and comes back."""
    name = f"m{number}"
    await asyncio.sleep(0.2 * number)
    gone: Any = heard(MediatorSuspended(mediator_id=name, reason="leave", suspended_at=NOON), 2)
    await process.write(lambda tx: registry.suspend_mediators(TABLE, tx, [gone]))
    await asyncio.sleep(0.2)
    back: Any = heard(MediatorReinstated(mediator_id=name, reinstated_at=NOON), 3)
    await process.write(lambda tx: registry.reinstate_mediators(TABLE, tx, [back]))


@pytest.fixture
async def other(process: Routers, url: str, tmp_path: Path) -> AsyncIterator[Routers]:
    """A second routing process; SQLite has one alone."""
    if url.startswith("sqlite"):
        yield process
        return
    async with routers(url, tmp_path / "keys") as found:
        yield found


@pytest.mark.slow
async def test_endings_and_leaves_among_64_routers_leave_nobody_waiting_beside_a_free_place(
    process: Routers, other: Routers
) -> None:
    await asyncio.gather(
        assess_all(process, 0, CASES // 2),
        assess_all(other, CASES // 2, CASES),
        *(close_some((process, other)[part % 2], part, 4) for part in range(4)),
        *(leave_and_return(other, number) for number in range(4)),
    )
    await hold(process)
    found = await states(process)
    assert sum(found.values()) == CASES
    assert found["assigned"] <= PLACES
    assert found["ended"] > 0
    assert process.retries + other.retries <= 5
