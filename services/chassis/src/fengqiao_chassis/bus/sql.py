"""The embedded adapter: the outbox table is the log, its key the offset, with Kafka's semantics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from fengqiao_contracts.envelope import PARTITIONS, Envelope

from ..store import tables as t
from ..store.database import Database
from .port import Batch, Entry, LoadOffsets, Place

LOG_NUMBER = 1
# The key's order is the log's order: an index by topic would sort the whole topic at each fetch.
_BY_KEY = "NOT INDEXED"
_LOG = (
    select(t.outbox)
    .with_hint(t.outbox, _BY_KEY, "sqlite")
    .where(
        t.outbox.c.id > bindparam("after"),
        t.outbox.c.topic.in_(bindparam("topics", expanding=True)),
    )
    .order_by(t.outbox.c.id)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(t.outbox.c.id)).where(
    t.outbox.c.topic == bindparam("topic"),
    t.outbox.c.partition == bindparam("partition"),
    t.outbox.c.id >= bindparam("offset"),
)
_END = select(func.max(t.outbox.c.id)).where(
    t.outbox.c.topic.in_(bindparam("topics", expanding=True))
)


def envelope_of(row: Row[Any], log_number: int = LOG_NUMBER) -> Envelope:
    """The envelope of an outbox row."""
    return Envelope(
        id=row.fact_id,
        source=row.source,
        type=row.type,
        time=row.time,
        subject=row.subject,
        topic=row.topic,
        partition=row.partition,
        sequence=row.sequence,
        order=row.fact_order,
        position=row.position,
        log_number=log_number,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
        actor=row.actor,
        area=row.area,
        data=row.data,
        pii=row.pii,
    )


class SqlReader:
    """Reads the log table; one member per group, in the process that holds the file."""

    def __init__(self, database: Database, topics: Sequence[str]) -> None:
        self.database = database
        self.topics = tuple(topics)
        self._grown = database.watch()
        self._offsets: dict[Place, int] = {}
        self._cursor: dict[str, int] = {}

    async def open(self, load: LoadOffsets) -> None:
        """Begin where the group's rows stand."""
        self._load = load
        await self.rewind()

    async def rewind(self) -> None:
        """Read again from the group's rows; skips to the first record that some partition lacks."""
        self._offsets = await self._load()
        self._cursor = {}
        async with self.database.read() as conn:
            for topic in self.topics:
                firsts = [
                    await conn.scalar(
                        _NEXT,
                        {
                            "topic": topic,
                            "partition": p,
                            "offset": self._offsets.get((topic, p), 0),
                        },
                    )
                    for p in range(PARTITIONS)
                ]
                known = [f for f in firsts if f is not None]
                end = await conn.scalar(_END, {"topics": [topic]})
                self._cursor[topic] = (min(known) - 1) if known else (end or 0)

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        """What lies after the cursor, waiting up to `wait` seconds for a first record."""
        self._grown.clear()
        batch = await self._read(limit, topics)
        if not batch.entries and wait > 0:
            try:
                await asyncio.wait_for(self._grown.wait(), wait)
            except TimeoutError:
                return batch
            batch = await self._read(limit, topics)
        return batch

    async def _read(self, limit: int, topics: Sequence[str]) -> Batch:
        """The next page that holds something new; pages that every partition passed are skipped."""
        while True:
            after = min(self._cursor[topic] for topic in topics)
            async with self.database.read() as conn:
                rows = (
                    await conn.execute(
                        _LOG, {"after": after, "topics": list(topics), "most": limit}
                    )
                ).all()
            batch = self._batch(rows)
            self._offsets.update(batch.end)
            if rows:
                for topic in topics:
                    self._cursor[topic] = max(self._cursor[topic], rows[-1].id)
            if batch.entries or not rows:
                return batch

    def _batch(self, rows: Sequence[Row[Any]]) -> Batch:
        batch = Batch()
        for row in rows:
            place = (row.topic, row.partition)
            if row.id < self._offsets.get(place, 0):
                continue  # this partition had passed it when another had not
            batch.begin.setdefault(place, self._offsets.get(place, 0))
            batch.end[place] = row.id + 1
            batch.entries.append(Entry(place, row.id, envelope_of(row)))
        return batch

    async def committed(self, batch: Batch) -> None:
        """Nothing to tell: the rows are the only place."""

    async def lag(self) -> int | None:
        """Records after the cursor."""
        async with self.database.read() as conn:
            behind = 0
            for topic in self.topics:
                behind += int(
                    await conn.scalar(
                        select(func.count())
                        .select_from(t.outbox)
                        .with_hint(t.outbox, _BY_KEY, "sqlite")
                        .where(
                            t.outbox.c.topic == topic, t.outbox.c.id > self._cursor.get(topic, 0)
                        )
                    )
                    or 0
                )
        return behind

    async def close(self) -> None:
        """Nothing to leave."""
