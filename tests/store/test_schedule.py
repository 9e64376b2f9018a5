"""Due work: when, once, and kept when its handler fails."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from fengqiao_chassis.clock import SetClock
from fengqiao_chassis.schedule import CHUNK, Scheduler
from fengqiao_chassis.store import Tx, tables
from fengqiao_chassis.store.database import Database
from fengqiao_chassis.store.session import ServiceDb

MINUTE = timedelta(minutes=1)


class Bell:
    """A handler whose effect is an audit entry, so that it is rolled back with its transaction."""

    def __init__(self, *, fails: frozenset[str] = frozenset()) -> None:
        self.fails = set(fails)
        self.calls: list[str] = []
        self.data: list[Any] = []

    async def ring(self, tx: Tx, subject: str, data: Any = None) -> None:
        self.calls.append(subject)
        self.data.append(data)
        tx.audit("bell.rung", subject)
        if subject in self.fails:
            raise RuntimeError("out of order")


async def put(db: ServiceDb, *subjects: str, after: timedelta = MINUTE, kind: str = "bell") -> None:
    async def work(tx: Tx) -> None:
        for subject in subjects:
            tx.due(kind, subject, tx.now + after, {"for": subject})

    await db.batch(work)


async def rung(db: ServiceDb) -> list[str]:
    async with db.read() as tx:
        rows = await tx.all(select(tables.audit.c.subject).order_by(tables.audit.c.id))
    return [row.subject for row in rows]


async def left(db: ServiceDb) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(tables.due)))


async def test_work_is_done_at_its_moment_and_not_before(db: ServiceDb, clock: SetClock) -> None:
    bell = Bell()
    scheduler = Scheduler(db, {"bell": bell.ring})
    await put(db, "a")
    clock.advance(MINUTE - timedelta(microseconds=1))
    assert await scheduler.tick() == 0
    clock.advance(timedelta(microseconds=1))
    assert await scheduler.tick() == 1
    assert await scheduler.tick() == 0
    assert await rung(db) == ["a"]
    assert bell.data == [{"for": "a"}]
    assert await left(db) == 0


async def test_the_earliest_is_done_first_and_more_than_one_chunk_in_a_tick(
    db: ServiceDb, clock: SetClock
) -> None:
    many = [f"s{number:03}" for number in range(CHUNK * 2 + 3)]
    for number, subject in enumerate(reversed(many)):
        await put(db, subject, after=timedelta(seconds=len(many) - number))
    clock.advance(timedelta(hours=1))
    assert await Scheduler(db, {"bell": Bell().ring}).tick() == len(many)
    assert await rung(db) == many


async def test_work_put_off_or_taken_away_is_not_done(db: ServiceDb, clock: SetClock) -> None:
    async def change(tx: Tx) -> None:
        tx.due("bell", "later", tx.now + MINUTE * 10)
        tx.undue("bell", "never")

    await put(db, "later", "never")
    await db.batch(change)
    clock.advance(MINUTE)
    scheduler = Scheduler(db, {"bell": Bell().ring})
    assert await scheduler.tick() == 0
    clock.advance(MINUTE * 9)
    assert await scheduler.tick() == 1
    assert await rung(db) == ["later"]


async def test_a_handler_may_take_away_what_is_due_beside_it(
    db: ServiceDb, clock: SetClock
) -> None:
    bell = Bell()

    async def stop(tx: Tx, subject: str, _data: Any) -> None:
        tx.undue("bell", subject)
        tx.due("bell", "b", tx.now + MINUTE)

    await put(db, "a", "b", kind="bell", after=MINUTE * 2)
    await put(db, "a", kind="stop")
    clock.advance(MINUTE * 2)
    scheduler = Scheduler(db, {"bell": bell.ring, "stop": stop})
    assert await scheduler.tick() == 1
    assert await rung(db) == []
    clock.advance(MINUTE)
    await scheduler.tick()
    assert await rung(db) == ["b"]


async def test_work_that_schedules_itself_again_comes_again(db: ServiceDb, clock: SetClock) -> None:
    async def daily(tx: Tx, subject: str, _data: Any) -> None:
        tx.audit("report", subject)
        tx.due("daily", subject, tx.now + timedelta(days=1))

    await put(db, "city", kind="daily")
    scheduler = Scheduler(db, {"daily": daily})
    for _ in range(3):
        clock.advance(timedelta(days=1))
        assert await scheduler.tick() == 1
    assert await rung(db) == ["city"] * 3


async def test_a_failing_handler_changes_nothing_holds_nobody_and_is_tried_again_later(
    db: ServiceDb, clock: SetClock
) -> None:
    bell = Bell(fails=frozenset({"b"}))
    await put(db, "a", "b", "c")
    clock.advance(MINUTE)
    scheduler = Scheduler(db, {"bell": bell.ring})
    assert await scheduler.tick() == 2
    assert sorted(await rung(db)) == ["a", "c"]
    for pause in (1, 2, 4):
        before = bell.calls.count("b")
        clock.advance(timedelta(seconds=pause) - timedelta(milliseconds=1))
        await scheduler.tick()
        assert bell.calls.count("b") == before, "tried before its pause was over"
        clock.advance(timedelta(milliseconds=1))
        await scheduler.tick()
        assert bell.calls.count("b") > before
    bell.fails.clear()
    clock.advance(MINUTE)
    assert await scheduler.tick() == 1
    assert sorted(await rung(db)) == ["a", "b", "c"]
    assert await left(db) == 0


async def test_several_schedulers_do_each_thing_once(db: ServiceDb, clock: SetClock) -> None:
    many = [f"s{number:03}" for number in range(CHUNK * 3)]
    await put(db, *many)
    clock.advance(MINUTE)
    others = [Database(db.database.url) for _ in range(3)]
    doors = [db, *(ServiceDb(other, "intake", db.keys, clock) for other in others)]
    done = await asyncio.gather(*(Scheduler(door, {"bell": Bell().ring}).tick() for door in doors))
    assert sum(done) == len(many)
    assert sorted(await rung(db)) == many
    for other in others:
        await other.close()


async def test_work_of_another_service_or_of_an_unknown_kind_is_left_alone(
    db: ServiceDb, clock: SetClock
) -> None:
    other = ServiceDb(db.database, "triage", db.keys, clock)
    await put(other, "a")
    await put(db, "a", kind="unknown")
    clock.advance(MINUTE)
    assert await Scheduler(db, {"bell": Bell().ring}).tick() == 0
    assert await left(db) == 2


async def test_the_loop_does_what_becomes_due(db: ServiceDb, clock: SetClock) -> None:
    await put(db, "a")
    loop = asyncio.create_task(Scheduler(db, {"bell": Bell().ring}, interval=0.01).run())
    await asyncio.sleep(0.05)
    assert await rung(db) == []
    clock.advance(MINUTE)
    async with asyncio.timeout(5):
        while await left(db):
            await asyncio.sleep(0.01)
    assert await rung(db) == ["a"]
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop
