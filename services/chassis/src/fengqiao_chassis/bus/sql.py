"""The embedded adapter: the outbox table is the log, its key the offset, with Kafka's semantics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from fengqiao_contracts.envelope import PARTITIONS

from ..store import tables as t
from ..store.database import Database
from .port import Batch, Entry, LoadOffsets, Place
from .tail import tail_of

LOOK_SECONDS = 0.5
"""How often a reader that nobody wakes looks for what another process has written."""
_NEXT = select(func.min(t.outbox.c.id)).where(
    t.outbox.c.topic == bindparam("topic"),
    t.outbox.c.partition == bindparam("partition"),
    t.outbox.c.id >= bindparam("offset"),
)
_END = select(func.max(t.outbox.c.id)).where(
    t.outbox.c.topic.in_(bindparam("topics", expanding=True))
)
# The key's order is the log's order: an index by topic would count the whole topic.
_BEHIND = (
    select(func.count())
    .select_from(t.outbox)
    .with_hint(t.outbox, "NOT INDEXED", "sqlite")
    .where(t.outbox.c.topic == bindparam("topic"), t.outbox.c.id > bindparam("after"))
)


class SqlReader:
    """Reads the log table; one member per group, in the process that holds the file."""

    def __init__(self, database: Database, topics: Sequence[str]) -> None:
        self.database = database
        self.topics = tuple(topics)
        self._grown = database.watch()
        self._tail = tail_of(database)
        self._look_at = 0.0
        self._offsets: dict[Place, int] = {}
        self._cursor: dict[str, int] = {}

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
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
            look = time.monotonic() > self._look_at
            page = await self._tail.page(after, topics, limit, look=look)
            if look:
                self._look_at = time.monotonic() + LOOK_SECONDS
            batch = self._batch(page.entries)
            self._offsets.update(batch.end)
            for topic in topics:
                self._cursor[topic] = max(self._cursor[topic], page.upto)
            if batch.entries or page.upto == after:
                return batch

    def _batch(self, entries: Sequence[Entry]) -> Batch:
        batch = Batch()
        for entry in entries:
            offset = self._offsets.get(entry.place, 0)
            if entry.offset < offset:
                continue  # this partition had passed it when another had not
            batch.begin.setdefault(entry.place, offset)
            batch.end[entry.place] = entry.offset + 1
            batch.entries.append(entry)
        return batch

    async def committed(self, batch: Batch) -> None:
        """Nothing to tell: the rows are the only place."""

    async def lag(self) -> int | None:
        """Records after the cursor."""
        end = await self._tail.end()
        if all(self._cursor.get(topic, 0) >= end for topic in self.topics):
            return 0
        async with self.database.read() as conn:
            behind = 0
            for topic in self.topics:
                after = self._cursor.get(topic, 0)
                behind += int(await conn.scalar(_BEHIND, {"topic": topic, "after": after}) or 0)
        return behind

    async def close(self) -> None:
        """Nothing to leave."""
