"""What only the Kafka adapter has: topics, records that are no facts, leases, outages, and a refill."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from bus.world import KafkaWorld, Recorder, kafka_world, state
from servers import KafkaBroker, retry
from sqlalchemy import func, select, update

from fengqiao_chassis.bus.admin import RETENTION_MS, TopicsError, check_topics, create_topics
from fengqiao_chassis.bus.kafka import SEND_SECONDS, KafkaPublisher, KafkaReader
from fengqiao_chassis.bus.port import Batch, Place
from fengqiao_chassis.bus.relay import KafkaRelay, first_incarnations, share, unbroken
from fengqiao_chassis.bus.wire import to_kafka
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_contracts.envelope import MAX_FACT_BYTES, PARTITIONS, Envelope
from fengqiao_contracts.facts import CASES, TOPICS
from fengqiao_contracts.ids import new_id

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


def cases(n: int) -> list[str]:
    return [new_id() for _ in range(n)]


def fact(position: int, partition: int = 0, **changes: object) -> Envelope:
    plain = Envelope(
        id=new_id(),
        source="/intake",
        type="personal_data.erased.v1",
        time=datetime(2026, 3, 2, tzinfo=UTC),
        subject="a-case",
        topic=CASES,
        partition=partition,
        sequence=position,
        order=position,
        position=position,
        log_number=1,
        correlation_id="c",
        causation_id=None,
        traceparent=None,
        actor="test",
        area="/510100/",
        data=b"{}",
        pii=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


class Rows:
    """A group's offsets as its database would hold them."""

    def __init__(self, **offsets: int) -> None:
        self.offsets: dict[Place, int] = {(CASES, int(p[1:])): n for p, n in offsets.items()}
        self.loads = 0

    async def load(self) -> dict[Place, int]:
        self.loads += 1
        return dict(self.offsets)


async def read(reader: KafkaReader, least: int, seconds: float = 30) -> list[Batch]:
    """Batches until `least` records came."""
    batches: list[Batch] = []
    deadline = time.monotonic() + seconds
    while sum(len(b.entries) for b in batches) < least:
        batch = await reader.fetch(100, 0.5, list(reader.topics.values()))
        if batch.entries:
            batches.append(batch)
        assert time.monotonic() < deadline, batches
    return batches


def positions(batches: Sequence[Batch]) -> list[int]:
    return [e.envelope.position for b in batches for e in b.entries if e.envelope is not None]


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


class TestTopics:
    async def test_missing_topics_are_made_once_with_their_partitions_and_retention(
        self, kafka: KafkaBroker
    ) -> None:
        assert sorted(await create_topics(kafka.bootstrap, "t1.")) == sorted(
            f"t1.{name}" for name in TOPICS
        )
        assert await create_topics(kafka.bootstrap, "t1.") == []
        await check_topics(kafka.bootstrap, "t1.")
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await retry(admin.start)
        try:
            found = await admin.describe_topics([f"t1.{name}" for name in TOPICS])
            assert {len(topic["partitions"]) for topic in found} == {PARTITIONS}
            asked = ConfigResource(ConfigResourceType.TOPIC, f"t1.{CASES}", ["retention.ms"])
            answers = await admin.describe_configs([asked])
            assert answers[0].resources[0][4][0][1] == str(RETENTION_MS)
        finally:
            await admin.close()

    async def test_another_number_of_partitions_is_refused_with_both_numbers(
        self, kafka: KafkaBroker
    ) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await retry(admin.start)
        await retry(lambda: admin.create_topics([NewTopic(CASES, 3, 1)]))
        await admin.close()
        with pytest.raises(TopicsError, match=r"(?s)12.*fengqiao\.cases=3.*never change"):
            await create_topics(kafka.bootstrap)
        with pytest.raises(TopicsError, match="3"):
            await check_topics(kafka.bootstrap)

    async def test_a_start_without_topics_is_refused_with_the_remedy(
        self, kafka: KafkaBroker
    ) -> None:
        with pytest.raises(TopicsError, match="fengqiao migrate"):
            await check_topics(kafka.bootstrap, "none.")

    async def test_no_broker_is_an_error_of_migrate_but_not_of_a_start(self) -> None:
        with pytest.raises(TopicsError, match="FENGQIAO_KAFKA_BOOTSTRAP"):
            await create_topics("127.0.0.1:1", seconds=0.5)
        await check_topics("127.0.0.1:1", seconds=0.5)


class TestReader:
    async def test_it_begins_at_the_groups_rows_whatever_kafka_remembers(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(n) for n in range(1, 11)]))
        first = KafkaReader(kafka.bootstrap, "g", [CASES])
        await first.open(Rows().load)
        batches = await read(first, 10)
        for batch in batches:
            await first.committed(batch)
        await first.close()
        assert positions(batches) == list(range(1, 11))
        assert await kafka_offset(kafka, "g") == 10, "told for monitoring"

        second = KafkaReader(kafka.bootstrap, "g", [CASES])
        await second.open(Rows(p0=4).load)
        batches = await read(second, 6)
        assert positions(batches) == [5, 6, 7, 8, 9, 10]
        assert batches[0].begin == {(CASES, 0): 4}
        assert batches[-1].end == {(CASES, 0): 10}
        assert await second.lag() == 6, "nothing of it is committed"
        for batch in batches:
            await second.committed(batch)
        assert await second.lag() == 0
        await second.close()

    async def test_a_batch_begins_where_the_one_before_ended_and_rewind_reads_the_rows_again(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(n) for n in range(1, 8)]))
        rows = Rows()
        reader = KafkaReader(kafka.bootstrap, "g", [CASES])
        await reader.open(rows.load)
        one = await some(reader, 3)
        two = await some(reader, 2)
        assert (one.begin, one.end) == ({(CASES, 0): 0}, {(CASES, 0): 3})
        assert (two.begin, two.end) == ({(CASES, 0): 3}, {(CASES, 0): 5})
        rows.offsets[CASES, 0] = 1
        await reader.rewind()
        again = await some(reader, 100)
        assert again.begin == {(CASES, 0): 1}
        assert positions([again]) == [2, 3, 4, 5, 6, 7]
        await reader.close()

    async def test_only_the_topics_asked_for_are_read(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        both = [fact(1), fact(1, topic="fengqiao.registry", source="/mediator-registry")]
        assert all(await publisher.publish(both))
        reader = KafkaReader(kafka.bootstrap, "g", [CASES, "fengqiao.registry"])
        await reader.open(Rows().load)
        first = await some(reader, 10, ["fengqiao.registry"])
        assert [e.place[0] for e in first.entries] == ["fengqiao.registry"]
        assert not (await reader.fetch(10, 0.3, ["fengqiao.registry"])).entries
        then = await some(reader, 10, [CASES])
        assert [e.place[0] for e in then.entries] == [CASES]
        await reader.close()

    async def test_a_record_that_is_no_fact_is_an_entry_with_its_reason(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(1)]))
        key, value, headers = to_kafka(fact(2))
        broken = [
            (key, [h for h in headers if h[0] != "ce_id"], "no-header:ce_id"),
            (key, [(n, b"x" if n == "ce_position" else v) for n, v in headers], "ce_position"),
            (key, [(n, b"never" if n == "ce_time" else v) for n, v in headers], "ce_time"),
            (b"other", headers, "key-is-not-the-subject"),
            (None, [], "ce_specversion"),
        ]
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        for k, h, _ in broken:
            await producer.send_and_wait(CASES, value, k, 0, headers=h)
        await producer.stop()
        assert all(await publisher.publish([fact(2)]))
        reader = KafkaReader(kafka.bootstrap, "g", [CASES])
        await reader.open(Rows().load)
        entries = [e for b in await read(reader, 7) for e in b.entries]
        await reader.close()
        assert [e.offset for e in entries] == list(range(7))
        assert [e.envelope is None for e in entries] == [False, *[True] * 5, False]
        for entry, (_, _, reason) in zip(entries[1:6], broken, strict=True):
            assert reason in entry.error
            assert entry.raw == value

    async def test_without_a_broker_there_is_nothing_and_later_there_is(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(1)]))
        await asyncio.to_thread(kafka.kill)
        reader = KafkaReader(kafka.bootstrap, "g", [CASES])
        await reader.open(Rows().load)
        assert not (await reader.fetch(10, 0.2, [CASES])).entries
        assert await reader.lag() is None
        await asyncio.to_thread(kafka.start)
        assert positions(await read(reader, 1, 60)) == [1]
        await asyncio.to_thread(kafka.kill)
        began = time.monotonic()
        assert not (await reader.fetch(10, 0.2, [CASES])).entries
        assert await reader.lag() is None
        await reader.close()
        assert time.monotonic() - began < 15

    async def test_a_log_shorter_than_what_the_group_passed_is_no_settled_group(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(1)]))
        reader = KafkaReader(kafka.bootstrap, "g", [CASES])
        rows = Rows(p1=50)
        await reader.open(rows.load)
        assert positions(await read(reader, 1)) == [1]
        assert await reader.lag() is None
        assert all(await publisher.publish([fact(1, partition=1)]))
        batch = (await read(reader, 1))[0]
        assert batch.begin == {(CASES, 1): 50}, "the fence is still the row"
        assert batch.end == {(CASES, 1): 1}
        await reader.close()


async def some(reader: KafkaReader, limit: int, topics: Sequence[str] = (CASES,)) -> Batch:
    """The next batch that is not empty."""
    for _ in range(60):
        batch = await reader.fetch(limit, 0.5, topics)
        if batch.entries:
            return batch
    raise AssertionError("nothing came")


async def kafka_offset(kafka: KafkaBroker, group: str) -> int | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group)
    await consumer.start()
    try:
        found: int | None = await consumer.committed(TopicPartition(CASES, 0))
    finally:
        await consumer.stop()
    return found


class TestPublisher:
    async def test_the_largest_facts_travel_in_order(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        half = MAX_FACT_BYTES // 2
        big = [
            fact(n, data=b'"' + os.urandom(half // 2 - 1).hex().encode() + b'"', pii="x" * half)
            for n in range(1, 21)
        ]
        assert all(await publisher.publish(big))
        reader = KafkaReader(kafka.bootstrap, "g", [CASES])
        await reader.open(Rows().load)
        entries = [e for b in await read(reader, 20) for e in b.entries]
        await reader.close()
        assert [e.envelope for e in entries] == big

    async def test_a_refused_fact_ends_its_partition_and_no_other(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        monster = fact(2, data=os.urandom(2_000_000))
        sent = [fact(1), monster, fact(3), fact(1, partition=5)]
        assert await publisher.publish(sent) == [True, False, False, True]
        assert all(await publisher.publish([fact(2), fact(3)])), "goes on afterwards"

    async def test_a_broker_that_dies_costs_seconds_and_not_for_ever(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(1)]))
        await asyncio.to_thread(kafka.kill)
        began = time.monotonic()
        assert await publisher.publish([fact(2)]) == [False]
        await publisher.close()
        assert time.monotonic() - began < SEND_SECONDS + 8
        await asyncio.to_thread(kafka.start)
        for _ in range(6):
            if all(await publisher.publish([fact(2)])):
                return
        raise AssertionError("did not come back")


class Flaky:
    """A publisher that refuses chosen positions; what it acknowledges it keeps, in order."""

    def __init__(self) -> None:
        self.refuse: set[int] = set()
        self.log: list[tuple[str, int, int]] = []
        self.numbers: set[int] = set()
        self.stall = asyncio.Event()
        self.stall.set()

    async def publish(self, envelopes: Sequence[Envelope]) -> list[bool]:
        await self.stall.wait()
        self.numbers |= {e.log_number for e in envelopes}
        answers = [e.position not in self.refuse for e in envelopes]
        self.log += [
            (e.source, e.partition, e.position)
            for e, well in zip(envelopes, answers, strict=True)
            if well
        ]
        return answers

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
        while not await lease_of(world):
            await asyncio.sleep(0.02)
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


SUBJECT = "01890a5d-ac96-774b-bcce-b302099a8057"


async def lease_of(world: KafkaWorld) -> str | None:
    async with world.database.read() as conn:
        found: str | None = await conn.scalar(select(t.leases.c.holder))
    return found


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
