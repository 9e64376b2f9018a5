"""The Kafka adapter: a reader that begins where the group's own rows stand, and the publisher."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from fengqiao_contracts.envelope import PARTITIONS, Envelope

from ..telemetry import logger
from .log_number import read_log_number
from .port import Batch, Entry, LoadOffsets, Place
from .wire import NotReadable, from_kafka, to_kafka

START_SECONDS = 15.0
"""Longest wait for a connection, and for a place in the group, before beginning anew."""
STOP_SECONDS = 3.0
LAG_SECONDS = 3.0
SEND_SECONDS = 10.0
"""Longest wait for the acknowledgements of one round; idempotent sends alone never give up."""
COMMIT_EVERY = 0.5
BATCH_BYTES = 256 * 1024
REQUEST_BYTES = 1024 * 1024
_AWAY = (KafkaError, OSError, TimeoutError)


async def _bounded(work: Coroutine[Any, Any, object], seconds: float) -> bool:
    """Whether the work ended well in time; raises nothing but a cancellation of the caller.

    The work is a task of its own, because aiokafka's `stop` may end by a cancellation of its own.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        ended = task.done()
        task.cancel()
        task.add_done_callback(lambda t: t.cancelled() or t.exception())
    return ended and not task.cancelled() and task.exception() is None


async def _stop(consumer: AIOKafkaConsumer) -> None:
    if not await _bounded(consumer.stop(), STOP_SECONDS):
        # Where `stop` failed half-way the connections are still open.
        await _bounded(consumer._client.close(), STOP_SECONDS)  # noqa: SLF001 -- no public way


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is not typed
    """Tells the reader that the assignment changed."""

    def __init__(self, reader: KafkaReader) -> None:
        self.reader = reader

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """What was held is no longer ours."""
        self.reader.reassigned(joined=False)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin at the group's rows, never at Kafka's offsets."""
        self.reader.reassigned(joined=True)


class KafkaReader:
    """One member of a group. Kafka's own offsets are written for monitoring and never read."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str], prefix: str = "") -> None:
        self.bootstrap = bootstrap
        self.group = prefix + group
        self.topics = {prefix + topic: topic for topic in topics}
        self.log = logger(group)
        self._consumer: AIOKafkaConsumer | None = None
        self._held: dict[Place, int] = {}
        self._done: dict[Place, int] = {}
        self._joined = False
        self._stale = True
        self._changes = 0
        self._since = 0.0
        self._untold: dict[TopicPartition, int] = {}
        self._teller: asyncio.Task[None] | None = None
        self._away = False

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
        """Keep both; the connection is made by the first fetch, so a broker may come later."""
        self._load, self._look = load, look or load

    @property
    def holds(self) -> int:
        """How many partitions this member reads."""
        return len(self._held)

    def reassigned(self, *, joined: bool) -> None:
        """Hold nothing until the group's rows are loaded again."""
        self._held.clear()
        self._joined = joined
        self._stale = True
        self._changes += 1
        self._since = time.monotonic()

    async def rewind(self) -> None:
        """Let the next fetch begin at the group's rows."""
        self._held.clear()
        self._stale = True

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        """At most `limit` records of `topics`. Raises only what `load` raises."""
        consumer = await self._connected()
        if consumer is None:
            await asyncio.sleep(min(wait, 1.0))
            return Batch()
        if self._stale and self._joined:
            await self._reload(consumer)
        wanted = [tp for tp in consumer.assignment() if self._wants(tp, topics)]
        if not wanted:
            await self._idle(wait)
            return Batch()
        try:
            found = await asyncio.wait_for(
                consumer.getmany(*wanted, timeout_ms=int(wait * 1000), max_records=limit),
                wait + 1.0,
            )
        except _AWAY as error:
            await self._lose(error)
            return Batch()
        return self._batch(found)

    async def committed(self, batch: Batch) -> None:
        """Note what is done; Kafka hears of it within half a second, or never."""
        names = {topic: name for name, topic in self.topics.items()}
        for place, end in batch.end.items():
            if place in self._held:
                self._done[place] = end
                self._untold[TopicPartition(names[place[0]], place[1])] = end
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._tell_later())

    async def lag(self) -> int | None:
        """Records that the group has not committed; None while the broker is away, the group
        changes, or the log is shorter than what the group has passed.

        Those of all partitions, whoever holds them: a member that was killed holds its own until
        its session ends, and nobody reads them.
        """
        consumer, changes = self._consumer, self._changes
        if consumer is None or not self._joined or self._stale:
            return None
        every = [TopicPartition(name, p) for name in self.topics for p in range(PARTITIONS)]
        done = {place: self._done[place] for place in self._held}
        if len(done) < len(every):
            done = await self._look() | done
        try:
            ends = await asyncio.wait_for(consumer.end_offsets(every), LAG_SECONDS)
        except _AWAY:
            return None
        if changes != self._changes or self._stale:
            return None
        behind = [ends[tp] - done.get(self._place(tp), 0) for tp in every]
        return None if min(behind) < 0 else sum(behind)

    async def close(self) -> None:
        """Tell Kafka the last offsets and leave the group, within some seconds."""
        if self._teller is not None:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)
        consumer, self._consumer = self._consumer, None
        self.reassigned(joined=False)
        if consumer is not None:
            await self._tell(consumer)
            await _stop(consumer)

    def _place(self, tp: TopicPartition) -> Place:
        return self.topics[tp.topic], tp.partition

    def _wants(self, tp: TopicPartition, topics: Sequence[str]) -> bool:
        place = self._place(tp)
        return place[0] in topics and place in self._held

    async def _connected(self) -> AIOKafkaConsumer | None:
        """The consumer; None where no broker answers now."""
        if self._consumer is not None:
            if self._joined or time.monotonic() - self._since < START_SECONDS:
                return self._consumer
            await self._lose(TimeoutError())
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=self.group,
            client_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=200,
            metadata_max_age_ms=30_000,
            request_timeout_ms=15_000,
        )
        consumer.subscribe(list(self.topics), listener=_Listener(self))
        self._since = time.monotonic()
        try:
            await asyncio.wait_for(consumer.start(), START_SECONDS)
        except _AWAY as error:
            self._say_away(error)
            await _stop(consumer)
            return None
        except BaseException:
            await _stop(consumer)
            raise
        self._consumer, self._away = consumer, False
        return consumer

    async def _lose(self, error: Exception) -> None:
        """Give the connection up; the next fetch makes a new one."""
        self._say_away(error)
        consumer, self._consumer = self._consumer, None
        self.reassigned(joined=False)
        if consumer is not None:
            await _stop(consumer)

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            self.log.warning("bus.away", error=type(error).__name__)
        self._away = True

    async def _reload(self, consumer: AIOKafkaConsumer) -> None:
        """Seek to the group's rows, unless the assignment changes meanwhile."""
        changes = self._changes
        rows = await self._load()
        if changes != self._changes:
            return
        for tp in consumer.assignment():
            offset = rows.get(self._place(tp), 0)
            consumer.seek(tp, offset)
            self._held[self._place(tp)] = self._done[self._place(tp)] = offset
        self._stale = False

    async def _idle(self, wait: float) -> None:
        """Wait for an assignment, or for facts of topics that are not ours, at most `wait`."""
        end = time.monotonic() + wait
        changes = self._changes
        while time.monotonic() < end and changes == self._changes:
            await asyncio.sleep(0.02)

    def _batch(self, found: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]) -> Batch:
        batch = Batch()
        for tp, records in found.items():
            place = self._place(tp)
            if place not in self._held or not records:
                continue
            if records[0].offset != self._held[place]:
                # Retention passed the group, or the log is a new one: positions sort it out.
                self.log.warning("bus.jump", topic=place[0], partition=place[1])
            batch.entries.extend(_entry(place, record) for record in records)
            batch.begin[place] = self._held[place]
            batch.end[place] = self._held[place] = records[-1].offset + 1
        return batch

    async def _tell_later(self) -> None:
        while self._untold and self._consumer is not None:
            await asyncio.sleep(COMMIT_EVERY)
            if self._consumer is not None:
                await self._tell(self._consumer)

    async def _tell(self, consumer: AIOKafkaConsumer) -> None:
        untold, self._untold = self._untold, {}
        ours = {tp: end for tp, end in untold.items() if tp in consumer.assignment()}
        if ours:
            await _bounded(consumer.commit(ours), STOP_SECONDS)


def _entry(place: Place, record: ConsumerRecord[bytes, bytes]) -> Entry:
    try:
        envelope = from_kafka(*place, record.key, record.value, record.headers)
    except NotReadable as error:
        return Entry(place, record.offset, None, str(error), record.value or b"")
    return Entry(place, record.offset, envelope)


class KafkaPublisher:
    """Sends facts and says which are acknowledged. After a failure it begins with a new producer."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, envelopes: Sequence[Envelope]) -> list[bool]:
        """Send in the given order and wait, at most 10 s; for each fact whether it is acknowledged.

        After a refused fact nothing more of its partition is sent. False may mean unknown.
        """
        sent: dict[int, asyncio.Future[object]] = {}
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._ready()
                await self._send(producer, envelopes, sent)
                if sent:
                    await asyncio.wait(sent.values())
        except _AWAY:
            pass
        except BaseException:
            _forget(sent.values())
            await self._discard()
            raise
        acked = [n in sent and _well(sent[n]) for n in range(len(envelopes))]
        if not all(acked):
            _forget(sent.values())
            await self._discard()
        return acked

    async def log_number(self) -> int | None:
        """The number of the log as it stands; None while the broker is away."""
        return await read_log_number(self.bootstrap, self.prefix)

    async def close(self) -> None:
        """Close within some seconds; what is not acknowledged is given up."""
        await self._discard()

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self.bootstrap,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                max_batch_size=BATCH_BYTES,
                max_request_size=REQUEST_BYTES,
                metadata_max_age_ms=30_000,
                request_timeout_ms=15_000,
            )
            await self._producer.start()
        return self._producer

    async def _send(
        self,
        producer: AIOKafkaProducer,
        envelopes: Sequence[Envelope],
        sent: dict[int, asyncio.Future[object]],
    ) -> None:
        refused: set[Place] = set()
        for n, envelope in enumerate(envelopes):
            place = (envelope.topic, envelope.partition)
            if place in refused:
                continue
            key, value, headers = to_kafka(envelope)
            try:
                sent[n] = await producer.send(
                    self.prefix + envelope.topic,
                    value,
                    key,
                    envelope.partition,
                    headers=headers,
                )
            except KafkaError:
                refused.add(place)

    async def _discard(self) -> None:
        """Drop the producer with what it has not sent: `stop` alone would wait for the broker."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        # First the sender's task, then its batches: it does not bear batches that are done already.
        await _bounded(producer._sender.close(), STOP_SECONDS)  # noqa: SLF001 -- no public way
        with contextlib.suppress(Exception):
            producer._message_accumulator.fail_all(KafkaError())  # noqa: SLF001 -- the same
        if not await _bounded(producer.stop(), STOP_SECONDS):
            await _bounded(producer.client.close(), STOP_SECONDS)


def _forget(futures: Iterable[asyncio.Future[object]]) -> None:
    """Let futures fail later without a complaint that nobody asked them."""
    for future in futures:
        future.add_done_callback(lambda f: f.cancelled() or f.exception())


def _well(future: asyncio.Future[object]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
