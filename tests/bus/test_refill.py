"""`bus refill`: a broker that lost everything is written anew, in order, and nobody works twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bus.checks import check_causes, check_complete, check_once, check_order
from bus.world import KafkaWorld, Recorder, kafka_world, state
from servers import KafkaBroker, PostgresServer
from sqlalchemy import select

from fengqiao_chassis.bus import Received
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.refill import Refill, RefillError, refill
from fengqiao_chassis.bus.relay import KafkaRelay
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import PersonalDataErased
from fengqiao_contracts.ids import new_id

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


def cases(n: int) -> list[str]:
    return [new_id() for _ in range(n)]


@dataclass
class Two:
    """Two databases of one platform: the register's, and the one of triage and analytics."""

    register: KafkaWorld
    other: KafkaWorld
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def run(self, member: Consumer) -> asyncio.Task[None]:
        task = asyncio.create_task(member.run())
        self.running.append(task)
        return task

    async def still(self, *groups: tuple[KafkaWorld, Consumer], seconds: float = 60) -> None:
        """Wait until the groups have passed all that both databases state, all acknowledged."""
        deadline = time.monotonic() + seconds
        while late := [x for world, member in groups for x in await self.behind(world, member)]:
            assert time.monotonic() < deadline, late[:5]
            await asyncio.sleep(0.1)
        await self.register.acknowledged()
        await self.other.acknowledged()

    async def behind(self, world: KafkaWorld, member: Consumer) -> list[str]:
        stated: dict[tuple[str, str, int], int] = {}
        for one in (self.register, self.other):
            async with one.database.read() as conn:
                rows = (await conn.execute(select(t.positions))).all()
            stated |= {(r.source, r.topic, r.partition): r.position for r in rows}
        query = select(t.passed).where(t.passed.c.grp == member.group)
        async with world.database.read() as conn:
            rows = (await conn.execute(query)).all()
        passed = {(r.source, r.topic, r.partition): r.position for r in rows}
        return [f"{member.group} {k} {n}" for k, n in stated.items() if passed.get(k, 0) != n]

    async def facts(self) -> list[str]:
        return await self.register.stated() + await self.other.stated()

    async def numbers(self) -> set[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        for one in (self.register, self.other):
            async with one.database.read() as conn:
                rows = await conn.execute(select(t.sources.c.service, t.sources.c.log_number))
                found |= {(r[0], r[1]) for r in rows.all()}
        return found

    async def close(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


@pytest.fixture
async def two(tmp_path: Path, pg: PostgresServer, kafka: KafkaBroker) -> AsyncIterator[Two]:
    async with (
        database(pg) as one,
        database(pg) as another,
        kafka_world(tmp_path, one, kafka.bootstrap) as register,
        kafka_world(tmp_path, another, kafka.bootstrap) as other,
    ):
        assert isinstance(register, KafkaWorld)
        assert isinstance(other, KafkaWorld)
        both = Two(register, other)
        yield both
        await both.close()


@asynccontextmanager
async def database(pg: PostgresServer) -> AsyncIterator[str]:
    url = await pg.create_database()
    yield url
    await pg.drop_database(url)


async def grade(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
    """Triage's answer to each fact of intake."""
    for i in items:
        if i.envelope.source == "/intake":
            answer = f"graded {i.fact.reason}"
            fact = PersonalDataErased(case_id=i.fact.case_id, reason=answer, erased_at=tx.now)
            tx.state(fact, area="/", cause=i)


@pytest.mark.timeout(300)
async def test_after_a_wipe_everything_is_there_again_in_order_and_nobody_works_twice(
    two: Two, kafka: KafkaBroker
) -> None:
    register, other, ids = two.register, two.other, cases(40)
    intake, triage = register.service("intake"), other.service("triage")
    await register.relay("intake")
    await other.relay("triage")
    journal = await register.member("intake", Recorder(), journal=True)
    grader = await other.member("triage", Recorder(), grade)
    groups = [(register, journal), (other, grader)]
    journalling, _ = two.run(journal), two.run(grader)
    for n in range(3):
        await state(intake, ids, f"n{n}")
    await two.still(*groups)
    journalling.cancel()
    await asyncio.gather(journalling, return_exceptions=True)
    await journal.reader.close()
    await state(intake, ids[:10], "not journalled")
    await two.still((other, grader))

    await asyncio.to_thread(kafka.wipe)
    await state(intake, ids[:5], "while it is away")
    await asyncio.to_thread(kafka.start)
    before = await two.facts()
    written = await refill([intake, triage], kafka.bootstrap)

    assert written >= len(before)
    assert await two.numbers() == {("intake", 2), ("triage", 2)}
    journal = await register.member("intake", Recorder(), journal=True)
    two.run(journal)
    late = await other.member("analytics", Recorder())
    two.run(late)
    await state(intake, ids, "afterwards")
    await other.relay("routing")
    await state(other.service("routing"), ids[:7], "a service that the refill did not know")
    groups = [(register, journal), (other, grader), (other, late)]
    await two.still(*groups, seconds=120)

    stated = await two.facts()
    assert len(stated) == 2 * (40 * 4 + 15) + 7
    for world, group in ((register, "intake"), (other, "triage"), (other, "analytics")):
        history = await world.history(group)
        assert check_order(history) == []
        assert check_once(history) == []
        assert check_causes(history) == []
        assert check_complete(stated, history, group) == []
    assert await per_subject(other, "analytics") == await per_subject(register, "intake")


async def per_subject(world: KafkaWorld, group: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for e in await world.history(group):
        found.setdefault(e.subject, []).append(e.fact_id)
    return found


class Keeper:
    """A publisher that keeps what it is given; it may be made to wait, or to lose a tail once."""

    def __init__(self, *, lose: int = 0) -> None:
        self.log: list[Envelope] = []
        self.number: int | None = 1
        self.lose = lose
        self.go = asyncio.Event()
        self.go.set()
        self.asked = asyncio.Event()

    async def publish(self, envelopes: Sequence[Envelope]) -> list[bool]:
        self.asked.set()
        await self.go.wait()
        kept = len(envelopes) - self.lose
        self.lose = 0
        self.log += envelopes[:kept]
        return [n < kept for n in range(len(envelopes))]

    async def log_number(self) -> int | None:
        return self.number

    async def close(self) -> None:
        """Nothing to close."""


def subjects_in_order(log: Sequence[Envelope]) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    for e in log:
        found.setdefault(e.partition, []).append((e.source, e.position))
    return found


async def journalled(world: KafkaWorld) -> dict[int, list[tuple[str, int]]]:
    query = select(t.journal).order_by(t.journal.c.partition, t.journal.c.number)
    found: dict[int, list[tuple[str, int]]] = {}
    async with world.database.read() as conn:
        for r in (await conn.execute(query)).all():
            found.setdefault(r.partition, []).append((r.source, r.position))
    return found


async def test_each_partition_is_written_as_the_register_journalled_it(two: Two) -> None:
    """The journal is turned against (order, source), which the refill must follow all the same."""
    intake, triage = two.register.service("intake"), two.other.service("triage")
    subject = new_id()
    for n in range(4):
        await state(intake, [subject], f"i{n}")
        await state(triage, [subject], f"t{n}")
    async with two.register.database.read() as conn:
        partition = await conn.scalar(select(t.outbox.c.partition).limit(1))
    turned = [("/triage", 1), ("/triage", 2), ("/intake", 1), ("/triage", 3), ("/intake", 2)]
    rows = [
        {
            "topic": "fengqiao.cases",
            "partition": partition,
            "number": n,
            "source": source,
            "position": position,
        }
        for n, (source, position) in enumerate(turned, 1)
    ]
    await intake.batch(lambda tx: tx.run(t.journal.insert(), rows))
    keeper = Keeper()

    assert await Refill([intake, triage], keeper).run() == 8

    rest = [("/intake", 3), ("/intake", 4), ("/triage", 4)]
    assert [(e.source, e.position) for e in keeper.log] == turned + rest
    assert {e.log_number for e in keeper.log} == {2}
    for world in (two.register, two.other):
        async with world.database.read() as conn:
            found = (await conn.execute(select(t.positions))).all()
        assert {(r.position, r.acked) for r in found} == {(4, 4)}


async def test_a_tail_that_is_lost_is_sent_again_and_order_holds(two: Two) -> None:
    intake = two.register.service("intake")
    subject = new_id()
    for n in range(5):
        await state(intake, [subject], f"n{n}")
    keeper = Keeper(lose=2)
    assert await Refill([intake], keeper).run() == 5
    assert [e.position for e in keeper.log] == [1, 2, 3, 1, 2, 3, 4, 5]


async def test_relays_wait_until_the_refill_lets_go(two: Two) -> None:
    intake, keeper, sender = two.register.service("intake"), Keeper(), Keeper()
    await state(intake, [new_id()], "n")
    keeper.go.clear()
    work = asyncio.create_task(Refill([intake], keeper).run())
    await keeper.asked.wait()
    await state(intake, [new_id()], "meanwhile")
    relay = KafkaRelay(intake, sender)
    assert not await relay.step()
    assert sender.log == []
    keeper.go.set()
    written = await work
    while await relay.step():
        pass
    assert written + len(sender.log) == 2
    assert {e.log_number for e in keeper.log + sender.log} == {2}


async def test_a_relay_that_was_sending_marks_nothing_in_the_new_log(two: Two) -> None:
    intake, sender = two.register.service("intake"), Keeper()
    await state(intake, [new_id()], "n")
    sender.go.clear()
    step = asyncio.create_task(KafkaRelay(intake, sender).step())
    await sender.asked.wait()
    keeper = Keeper()
    keeper.go.clear()
    work = asyncio.create_task(Refill([intake], keeper).run())
    await keeper.asked.wait()
    sender.go.set()
    await step
    async with two.register.database.read() as conn:
        assert await conn.scalar(select(t.positions.c.acked)) == 0
    assert [e.log_number for e in sender.log] == [1], "the groups ignore it in the new log"
    keeper.go.set()
    assert await work == 1


async def test_of_two_refills_the_earlier_stops_and_says_so(two: Two) -> None:
    intake, slow = two.register.service("intake"), Keeper()
    await state(intake, [new_id()], "n")
    slow.go.clear()
    first = asyncio.create_task(Refill([intake], slow).run())
    await slow.asked.wait()
    assert await Refill([intake], Keeper()).run() == 1
    slow.go.set()
    with pytest.raises(RefillError, match="refill"):
        await first
    assert await two.numbers() == {("intake", 3)}


async def test_without_every_database_it_refuses_and_changes_nothing(two: Two) -> None:
    intake, triage = two.register.service("intake"), two.other.service("triage")
    await state(triage, [new_id()], "n")
    passed: dict[str, Any] = {
        "grp": "intake",
        "source": "/triage",
        "topic": "fengqiao.cases",
        "partition": 0,
        "position": 1,
    }
    await intake.batch(lambda tx: tx.run(t.passed.insert(), passed))
    with pytest.raises(RefillError, match="/triage"):
        await Refill([intake], Keeper()).run()
    assert await two.numbers() == set()
