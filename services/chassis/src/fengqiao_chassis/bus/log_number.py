"""The log's number as the log itself tells it: what a service that a refill did not know must learn."""

from __future__ import annotations

import asyncio
import contextlib

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.facts import TOPICS

from .wire import NotReadable, from_kafka

SECONDS = 10.0
STOP_SECONDS = 3.0


async def read_log_number(bootstrap: str, prefix: str = "") -> int | None:
    """The highest number among the last records of all partitions, 1 for an empty log.

    None when the broker does not answer within some seconds.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    try:
        async with asyncio.timeout(SECONDS):
            await consumer.start()
            return await _highest(consumer, prefix)
    except (KafkaError, OSError, TimeoutError):
        return None
    finally:
        stop = asyncio.create_task(consumer.stop())
        with contextlib.suppress(Exception):
            await asyncio.wait([stop], timeout=STOP_SECONDS)
        stop.cancel()
        stop.add_done_callback(lambda t: t.cancelled() or t.exception())


async def _highest(consumer: AIOKafkaConsumer, prefix: str) -> int:
    topics = {prefix + topic: topic for topic in TOPICS}
    places = [TopicPartition(name, p) for name in topics for p in range(PARTITIONS)]
    consumer.assign(places)
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    left = {tp for tp in places if ends[tp] > begins[tp]}
    consumer.assign(sorted(left) or places)
    for tp in left:
        consumer.seek(tp, ends[tp] - 1)
    highest = 1
    while left:
        found = await consumer.getmany(timeout_ms=500)
        for tp, records in found.items():
            left.discard(tp)
            for record in records:
                with contextlib.suppress(NotReadable):
                    envelope = from_kafka(
                        topics[tp.topic], tp.partition, record.key, record.value, record.headers
                    )
                    highest = max(highest, envelope.log_number)
    return highest
