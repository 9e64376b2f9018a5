"""A small world around the bus: services that state notes, groups that record their effects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bus.checks import Effect
from servers import retry
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, text, update

from fengqiao_chassis.bus import Received, Subscriptions, on
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.inbox import Fenced
from fengqiao_chassis.bus.kafka import KafkaPublisher, KafkaReader
from fengqiao_chassis.bus.port import Reader, Relay
from fengqiao_chassis.bus.relay import KafkaRelay
from fengqiao_chassis.bus.sql import SqlReader
from fengqiao_chassis.clock import Clock
from fengqiao_chassis.keys import Keyring, init_keys
from fengqiao_chassis.migrate import migrate
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.database import Database
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.errors import Reject
from fengqiao_contracts.facts import TOPICS, PersonalDataErased

SETTLE_SECONDS = 45.0

metadata = MetaData()
effects = Table(
    "test_effects",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("grp", String(64), nullable=False),
    Column("fact_id", String(36), nullable=False),
    Column("source", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("topic", String(64), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("cause", String(36)),
    Column("note", String(80), nullable=False),
)


class Recorder:
    """A handler that records each fact; notes in `bad` are poison until taken out of it."""

    def __init__(self) -> None:
        self.bad: set[str] = set()
        self.failures: dict[str, int] = {}
        self.batches: list[int] = []

    async def __call__(self, tx: Tx, items: Sequence[Received[Any]]) -> None:
        rows = [_row(tx.service, i) for i in items]
        await tx.run(insert(effects), rows)  # before the failure: it must be taken back
        for row in rows:
            if row["note"] in self.bad:
                raise Reject("bad note")
            if self.failures.get(row["note"], 0) > 0:
                self.failures[row["note"]] -= 1
                raise RuntimeError("passing trouble")
        self.batches.append(len(items))


def _row(group: str, item: Received[Any]) -> dict[str, Any]:
    e = item.envelope
    return {
        "grp": group,
        "fact_id": e.id,
        "source": e.source,
        "subject": e.subject,
        "sequence": e.sequence,
        "position": e.position,
        "topic": e.topic,
        "partition": e.partition,
        "cause": e.causation_id,
        "note": item.fact.reason,
    }


class World:
    """One database, any number of services and groups, one adapter."""

    kind = "embedded"
    consumer: type[Consumer] = Consumer
    """What its members are; a test of the checks plants one that errs."""

    def __init__(self, url: str, keys: Keyring) -> None:
        self.database = Database(url)
        self.keys = keys
        self.stack = AsyncExitStack()
        self.relays: list[asyncio.Task[None]] = []

    def service(self, name: str) -> ServiceDb:
        """The door of a service."""
        return ServiceDb(self.database, name, self.keys, Clock())

    def reader(self, group: str, topics: Sequence[str]) -> Reader:
        """A new member of a group."""
        return SqlReader(self.database, topics)

    async def relay(self, service: str) -> None:
        """Start a relay of a service (the embedded log needs none)."""

    async def redeliver(self, consumer: Consumer) -> None:
        """Have everything come once more: the group reads again from the log's beginning."""
        begin = update(t.offsets).where(t.offsets.c.grp == consumer.group).values(next_offset=0)
        await self.service(consumer.group).write(lambda tx: tx.run(begin))
        await consumer.reader.rewind()

    async def member(
        self, group: str, *handlers: Any, batch_size: int = 500, **options: Any
    ) -> Consumer:
        """A started member of a group that hears notes with `handlers`."""
        subscriptions = Subscriptions(*[on(PersonalDataErased, h) for h in handlers], **options)
        reader = self.reader(group, subscriptions.topics)
        consumer = self.consumer(self.service(group), reader, subscriptions, batch_size=batch_size)
        await consumer.start()
        self.stack.push_async_callback(reader.close)
        return consumer

    async def settle(self, *consumers: Consumer, extra: int = 0) -> None:
        """Step until each group passed every position stated; `extra` empty steps afterwards."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            moved = sum([await step(c, 0.0 if self.kind == "embedded" else 0.2) for c in consumers])
            if not moved and not [x for c in consumers for x in await self.behind(c)]:
                if extra <= 0:
                    return
                extra -= 1
            late = [x for c in consumers for x in await self.behind(c)]
            assert time.monotonic() < deadline, f"not settled: {late[:5]}"

    async def behind(self, consumer: Consumer) -> list[str]:
        """The (source, topic, partition) where the group has not passed the last position."""
        async with self.database.read() as conn:
            mine = t.passed.c.grp == consumer.group
            passed = {
                (r.source, r.topic, r.partition): r.position
                for r in (await conn.execute(select(t.passed).where(mine))).all()
            }
            rows = (await conn.execute(select(t.positions))).all()
        return [
            f"{consumer.group}: {r.source} {r.topic}/{r.partition} {r.position}"
            for r in rows
            if r.topic in consumer.subscriptions.topics
            and passed.get((r.source, r.topic, r.partition), 0) != r.position
        ]

    async def history(self, group: str | None = None) -> list[Effect]:
        """The recorded effects in the order of their transactions."""
        query = select(effects).order_by(effects.c.number)
        if group is not None:
            query = query.where(effects.c.grp == group)
        async with self.database.read() as conn:
            return [Effect(*row) for row in (await conn.execute(query)).all()]

    async def parked(self, group: str) -> list[tuple[str, str]]:
        """Subject and reason of a group's parked facts, in order."""
        query = select(t.parked).where(t.parked.c.grp == group).order_by(t.parked.c.id)
        async with self.database.read() as conn:
            return [(r.subject, r.reason) for r in (await conn.execute(query)).all()]

    async def stated(self, source: str | None = None) -> list[str]:
        """The ids of all facts in the outbox."""
        query = select(t.outbox.c.fact_id).order_by(t.outbox.c.id)
        if source is not None:
            query = query.where(t.outbox.c.source == source)
        async with self.database.read() as conn:
            return list((await conn.scalars(query)).all())

    async def close(self) -> None:
        """End relays and members, then the database."""
        for task in self.relays:
            task.cancel()
        await asyncio.gather(*self.relays, return_exceptions=True)
        await self.stack.aclose()
        await self.database.close()


class KafkaWorld(World):
    """The same on PostgreSQL and Kafka."""

    kind = "kafka"

    def __init__(self, url: str, keys: Keyring, bootstrap: str) -> None:
        super().__init__(url, keys)
        self.bootstrap = bootstrap

    def reader(self, group: str, topics: Sequence[str]) -> Reader:
        return KafkaReader(self.bootstrap, group, topics, "")

    async def relay(self, service: str) -> None:
        relay: Relay = KafkaRelay(self.service(service), KafkaPublisher(self.bootstrap, ""))
        self.relays.append(asyncio.create_task(relay.run()))
        self.stack.push_async_callback(relay.close)

    async def redeliver(self, consumer: Consumer) -> None:
        """The relay loses what it knew of acknowledgements and sends everything again."""
        await self.acknowledged()
        again = update(t.positions).values(acked=0)
        await self.service("test").write(lambda tx: tx.run(again))
        for task in self.relays:
            task.cancel()
        await asyncio.gather(*self.relays, return_exceptions=True)
        async with self.database.read() as conn:
            sources = (await conn.scalars(select(t.positions.c.source).distinct())).all()
        for source in sources:
            await self.relay(source.strip("/"))
        await self.acknowledged()

    async def acknowledged(self) -> None:
        """Wait until the broker has acknowledged every position."""
        query = select(func.count()).where(t.positions.c.acked < t.positions.c.position)
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            async with self.database.read() as conn:
                left = await conn.scalar(query)
            if not left:
                return
            assert time.monotonic() < deadline, f"{left} partitions not acknowledged"
            await asyncio.sleep(0.1)


async def step(consumer: Consumer, wait: float = 0.0) -> int:
    """One step as `Consumer.run` does it: fenced means reading again."""
    try:
        return await consumer.step(wait)
    except Fenced:
        await consumer.reader.rewind()
        return 1


async def state(
    db: ServiceDb, subjects: Sequence[str], note: str, cause: Received[Any] | None = None
) -> list[str]:
    """State one note per subject in one transaction; returns the facts' ids."""

    async def work(tx: Tx) -> list[str]:
        return [
            tx.state(
                PersonalDataErased(case_id=s, reason=note, erased_at=tx.now),
                area="/510100/",
                cause=cause,
            )
            for s in subjects
        ]

    return await db.command(work, actor="test")


@asynccontextmanager
async def embedded_world(folder: Path) -> AsyncIterator[World]:
    """SQLite and its log."""
    async with _world(World, f"sqlite+aiosqlite:///{folder}/bus.db", folder) as world:
        yield world


@asynccontextmanager
async def log_world(folder: Path, url: str) -> AsyncIterator[World]:
    """PostgreSQL with the log read from its table: what concerns the database alone, no broker."""
    async with _world(World, url, folder) as world:
        yield world


@asynccontextmanager
async def kafka_world(folder: Path, url: str, bootstrap: str) -> AsyncIterator[World]:
    """PostgreSQL and Kafka with the platform's topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await retry(admin.start)
    try:
        topics = [NewTopic(name, PARTITIONS, 1) for name in TOPICS]
        await retry(lambda: admin.create_topics(topics))
    finally:
        await admin.close()
    async with _world(KafkaWorld, url, folder, bootstrap) as world:
        yield world


@asynccontextmanager
async def _world(kind: Any, url: str, folder: Path, *more: str) -> AsyncIterator[World]:
    init_keys(folder / "keys")
    await migrate(url, [])
    world: World = kind(url, Keyring.load(folder / "keys/pii.json"), *more)
    try:
        async with world.database.writes.begin() as conn:
            await conn.run_sync(metadata.create_all)
        yield world
    finally:
        await world.close()


async def gaps(world: World) -> list[str]:
    """Where sequence (per source, subject) or position (per partition) is not 1..n."""
    wrong = []
    for column, keys in (("sequence", "source, subject"), ("position", "source, topic, partition")):
        query = text(
            f"SELECT {keys}, count(*), min({column}), max({column}), count(DISTINCT {column})"
            f" FROM bus_outbox GROUP BY {keys}"
        )
        async with world.database.read() as conn:
            for row in (await conn.execute(query)).all():
                count, low, high, distinct = row[-4:]
                if (low, high, distinct) != (1, count, count):
                    wrong.append(f"{column} {row}")
    return wrong
