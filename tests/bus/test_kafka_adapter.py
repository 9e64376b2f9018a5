"""What only the Kafka adapter has: topics, records that are no facts, leases, outages, and a refill."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from bus.kafka_facts import Rows, fact, positions, read
from bus.world import KafkaWorld, kafka_world
from servers import KafkaBroker, retry

from fengqiao_chassis.bus.admin import (
    RETENTION_MS,
    TopicsError,
    check_topics,
    create_topics,
    drop_topics,
)
from fengqiao_chassis.bus.kafka import SEND_SECONDS, KafkaPublisher, KafkaReader
from fengqiao_chassis.bus.port import Batch
from fengqiao_chassis.bus.wire import to_kafka
from fengqiao_contracts.envelope import MAX_FACT_BYTES, PARTITIONS
from fengqiao_contracts.facts import CASES, TOPICS

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


class TestTopics:
    async def test_the_topics_of_a_prefix_can_be_dropped_and_never_the_platforms_own(
        self, kafka: KafkaBroker
    ) -> None:
        made = set(await create_topics(kafka.bootstrap, "bench-1."))
        assert made
        await drop_topics(kafka.bootstrap, "bench-1.")
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await retry(admin.start)
        try:
            async with asyncio.timeout(20):  # the broker forgets them a moment later
                while made & set(await admin.list_topics()):
                    await asyncio.sleep(0.05)
        finally:
            await admin.close()
        with pytest.raises(ValueError, match="never deleted"):
            await drop_topics(kafka.bootstrap, "")

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
            asked = ConfigResource(ConfigResourceType.TOPIC, f"t1.{CASES}", {"retention.ms": ""})
            answers = await admin.describe_configs([asked])
            entries = {entry[0]: entry[1] for entry in answers[0].resources[0][4]}
            assert entries == {"retention.ms": str(RETENTION_MS)}
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

    async def test_what_another_member_holds_and_nobody_reads_is_behind(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        one, other = (KafkaReader(kafka.bootstrap, "g", [CASES]) for _ in range(2))
        for reader in (one, other):
            await reader.open(Rows().load)
        async with asyncio.timeout(60):
            while not (one.holds and other.holds and one.holds + other.holds == PARTITIONS):
                await asyncio.gather(*(r.fetch(10, 0.2, [CASES]) for r in (one, other)))
        assert (await one.lag(), await other.lag()) == (0, 0)
        facts = [fact(1, partition=p) for p in range(PARTITIONS)]
        assert all(await publisher.publish(facts))
        for batch in await read(one, one.holds):  # the other takes nothing, as if killed
            await one.committed(batch)
        assert await one.lag() == other.holds
        await one.close()
        await other.close()

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


class TestLogNumber:
    async def test_it_is_the_highest_of_the_last_records(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert await publisher.log_number() == 1, "an empty log"
        assert all(await publisher.publish([fact(n) for n in range(1, 4)]))
        assert await publisher.log_number() == 1
        late = [fact(1, partition=4, log_number=3), fact(4, log_number=2)]
        assert all(await publisher.publish(late))
        assert await publisher.log_number() == 3

    async def test_a_record_that_is_no_fact_does_not_hide_it(
        self, kafka: KafkaBroker, publisher: KafkaPublisher
    ) -> None:
        assert all(await publisher.publish([fact(1, partition=4, log_number=2)]))
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        await producer.send_and_wait(CASES, b"x", b"y", 0)
        await producer.stop()
        assert await publisher.log_number() == 2

    async def test_without_a_broker_it_is_not_known(self) -> None:
        assert await KafkaPublisher("127.0.0.1:1").log_number() is None
