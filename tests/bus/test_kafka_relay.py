"""The relay on the real broker: leases, unbroken runs, a broker that is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from bus.kafka_facts import cases
from bus.world import KafkaWorld, Recorder, kafka_world, state
from servers import KafkaBroker
from sqlalchemy import func, select, update

from fengqiao_chassis.bus.admin import create_topics
from fengqiao_chassis.bus.codec import partition_of
from fengqiao_chassis.bus.kafka import KafkaPublisher
from fengqiao_chassis.bus.relay import KafkaRelay, first_incarnations, share, unbroken
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import CASES

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path, database_url: str, kafka: KafkaBroker) -> AsyncIterator[KafkaWorld]:
    async with kafka_world(tmp_path, database_url, kafka.bootstrap) as made:
        assert isinstance(made, KafkaWorld)
        yield made


@pytest.fixture
async def publisher(kafka: KafkaBroker) -> AsyncIterator[KafkaPublisher]:
    await create_topics(kafka.bootstrap)
    made = KafkaPublisher(kafka.bootstrap)
    yield made
    await made.close()


class Flaky:
    """A publisher that refuses chosen positions; what it acknowledges it keeps, in order."""

    def __init__(self) -> None:
        self.refuse: set[int] = set()
        self.log: list[tuple[str, int, int]] = []
        self.numbers: set[int] = set()
        self.number: int | None = 1
        self.asked = asyncio.Event()
        self.stall = asyncio.Event()
        self.stall.set()

    async def publish(self, envelopes: Sequence[Envelope]) -> list[bool]:
        self.asked.set()
        await self.stall.wait()
        self.numbers |= {e.log_number for e in envelopes}
        answers = [e.position not in self.refuse for e in envelopes]
        self.log += [
            (e.source, e.partition, e.position)
            for e, well in zip(envelopes, answers, strict=True)
            if well
        ]
        return answers

    async def log_number(self) -> int | None:
        return self.number

    async def close(self) -> None:
        """Nothing to close."""


async def acked(world: KafkaWorld) -> dict[str, int]:
    async with world.database.read() as conn:
        rows = await conn.execute(select(t.positions.c.source, t.positions.c.acked))
        return {r[0]: r[1] for r in rows.all()}


class TestRelay:
    async def test_acked_moves_over_an_unbroken_run_only_and_the_rest_is_sent_again(
        self, world: KafkaWorld
    ) -> None:
        intake, flaky = world.service("intake"), Flaky()
        relay = KafkaRelay(intake, flaky)
        for _ in range(6):
            await state(intake, [SUBJECT], "n")
        flaky.refuse = {3}
        assert await relay.step()
        assert await acked(world) == {"/intake": 2}
        flaky.refuse = set()
        assert await relay.step()
        assert await acked(world) == {"/intake": 6}
        assert [n for _, _, n in flaky.log] == [1, 2, 4, 5, 6, 3, 4, 5, 6]
        assert not await relay.step()

    async def test_a_second_relay_waits_for_the_lease_and_then_takes_a_new_term(
        self, world: KafkaWorld
    ) -> None:
        intake = world.service("intake")
        one, two = KafkaRelay(intake, Flaky()), KafkaRelay(intake, Flaky())
        await state(intake, [SUBJECT], "n")
        assert await one.step()
        await state(intake, [SUBJECT], "n")
        assert not await two.step()
        assert await acked(world) == {"/intake": 1}
        assert await one.step()
        await one.close()
        await state(intake, [SUBJECT], "n")
        assert await two.step()
        assert await acked(world) == {"/intake": 3}
        async with world.database.read() as conn:
            lease = (await conn.execute(select(t.leases))).one()
        assert (lease.holder, lease.term) == (two.holder, 2)

    async def test_who_lost_the_lease_while_sending_marks_nothing(self, world: KafkaWorld) -> None:
        intake, flaky = world.service("intake"), Flaky()
        slow, other = KafkaRelay(intake, flaky), KafkaRelay(intake, Flaky())
        await state(intake, [SUBJECT], "n")
        flaky.stall.clear()
        step = asyncio.create_task(slow.step())
        await flaky.asked.wait()
        await expire(world)
        other.publisher.refuse = {1}  # type: ignore[attr-defined]
        assert await other.step()
        flaky.stall.set()
        assert await step
        assert [n for _, _, n in flaky.log] == [1], "it did send"
        assert await acked(world) == {"/intake": 0}

    async def test_an_older_incarnation_is_sent_before_a_newer(self, world: KafkaWorld) -> None:
        intake, flaky = world.service("intake"), Flaky()
        for name in ("/intake/10", "/intake/2", "/intake"):
            intake.source = name
            await state(intake, [SUBJECT, SUBJECT], "n")
        await state(world.service("triage"), [SUBJECT], "not ours")
        relay = KafkaRelay(world.service("intake"), flaky)
        while await relay.step():
            pass
        sources = [source for source, _, _ in flaky.log]
        assert sources == ["/intake"] * 2 + ["/intake/2"] * 2 + ["/intake/10"] * 2

    async def test_a_long_partition_does_not_keep_others_waiting(self) -> None:
        long, short = ("/a", CASES, 0), ("/a", CASES, 1)
        assert share([(long, 0, 9000), (short, 5, 8)], 500) == [(short, 5, 8), (long, 0, 497)]
        assert share([(long, 0, 3)], 500) == [(long, 0, 3)]
        assert first_incarnations([(("/a/1", CASES, 0), 0, 1), (long, 0, 1), (short, 0, 1)]) == [
            (long, 0, 1),
            (short, 0, 1),
        ]

    async def test_the_relays_log_number_is_the_services(self, world: KafkaWorld) -> None:
        intake, flaky = world.service("intake"), Flaky()
        relay = KafkaRelay(intake, flaky)
        await state(intake, [SUBJECT], "n")
        await relay.step()
        await intake.batch(lambda tx: tx.run(update(t.sources).values(log_number=4)))
        await state(intake, [SUBJECT], "n")
        await relay.step()
        assert flaky.numbers == {1, 4}

    async def test_a_service_that_a_refill_did_not_know_takes_the_logs_number_first(
        self, world: KafkaWorld
    ) -> None:
        intake, flaky = world.service("intake"), Flaky()
        group = {"grp": "intake", "topic": CASES, "partition": 3, "order_seen": 9}
        row = {**group, "next_offset": 70, "log_number": 1}
        await intake.batch(lambda tx: tx.run(t.offsets.insert(), row))
        await state(intake, [SUBJECT], "n")
        relay, flaky.number = KafkaRelay(intake, flaky), None
        assert not await relay.step(), "the number is not known: nothing may be sent"
        assert flaky.log == []
        flaky.number = 3
        assert await relay.step()
        assert flaky.numbers == {3}
        async with world.database.read() as conn:
            offsets = (await conn.execute(select(t.offsets))).one()
            assert await conn.scalar(select(t.sources.c.log_number)) == 3
        assert (offsets.next_offset, offsets.log_number, offsets.order_seen) == (0, 3, 9)


SUBJECT = "01890a5d-ac96-774b-bcce-b302099a8057"


async def expire(world: KafkaWorld) -> None:
    db: ServiceDb = world.service("test")
    await db.batch(lambda tx: tx.run(update(t.leases).values(expires_at=func.now())))


def test_a_run_ends_at_the_first_fact_that_is_not_acknowledged() -> None:
    class Row:
        def __init__(self, partition: int, position: int) -> None:
            self.source, self.topic = "/a", CASES
            self.partition, self.position = partition, position

    rows = [Row(0, 5), Row(0, 6), Row(0, 7), Row(1, 1), Row(2, 3)]
    found = unbroken(rows, [True, False, True, False, True])  # type: ignore[arg-type]
    assert found == {("/a", CASES, 0): 5, ("/a", CASES, 2): 3}


async def test_a_recorder_on_the_real_broker_is_told_of_no_jump(world: KafkaWorld) -> None:
    """The whole way once: relay, broker, reader, effects; the lag ends at 0."""
    intake = world.service("intake")
    await world.relay("intake")
    group = await world.member("triage", Recorder())
    await state(intake, cases(50), "n")
    await world.settle(group)
    assert (await group.status())["lag"] == 0
    assert len(await world.history()) == 50


async def test_a_record_that_is_no_fact_is_parked_and_its_partition_goes_on(
    world: KafkaWorld, kafka: KafkaBroker
) -> None:
    """Its bytes are kept, encrypted; facts before and after it have their effect; it is parked once."""
    intake, case = world.service("intake"), cases(1)[0]
    await world.relay("intake")
    group = await world.member("triage", Recorder())
    await state(intake, [case], "before")
    await world.settle(group)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    await producer.send_and_wait(CASES, "张三 not json".encode(), partition=partition_of(case))
    await producer.stop()
    await state(intake, [case], "after")
    await world.settle(group)

    assert [effect.note for effect in await world.history()] == ["before", "after"]
    parked = await world.parked("triage")
    assert len(parked) == 1
    assert parked[0][1].startswith("not readable")
    async with world.database.read() as conn:
        kept = (await conn.scalars(select(t.parked.c.envelope))).one()
    assert "张三" not in str(kept)
    opened = world.keys.decrypt(kept["pii"], f"fact/{kept['id']}")
    assert opened.decode() == "张三 not json"
    assert await group.replay_parked() == 0
