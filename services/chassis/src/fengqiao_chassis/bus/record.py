"""The permanent record read as one log: per partition as the register journalled it, then the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, and_, or_, select

from fengqiao_contracts.errors import Conflict

from ..store import tables as t
from ..store.session import ServiceDb
from .inbox import Passed
from .port import Batch, Entry, LoadOffsets, Place
from .stored import envelope_of

Key = tuple[str, int]
"""A (source, position) within one partition."""


PAGE = 500
"""Facts of one partition read ahead."""


@dataclass
class _Lane:
    """One partition between two standings: spans (above, up to) per source, and how far it is read."""

    place: Place
    spans: dict[str, tuple[int, int]]
    scanned: int
    left: int
    ahead: deque[Row[Any]] = field(default_factory=deque[Row[Any]])
    waiting: int | None = None
    rest: list[Key] | None = None


class RecordReader:
    """A Reader of the outboxes between two standings of a group; topics come one after another, the
    partitions of a topic side by side.

    Facts that the register has not journalled yet come last, by (order, source); in the embedded
    mode by their place in the log. Offsets are the record's own count.
    """

    def __init__(
        self, dbs: Sequence[ServiceDb], register: ServiceDb, topics: Sequence[str]
    ) -> None:
        self.dbs = dbs
        self.register = register
        self.topics = tuple(topics)
        self.log_number = 1
        self._holders: dict[str, list[ServiceDb]] = {}
        self._journal: dict[Place, int] = {}
        self._lanes: list[_Lane] = []

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
        """Keep `load`, and learn which database holds whose facts."""
        self._load = load
        await self.rewind()
        for db in self.dbs:
            async with db.read() as tx:
                for row in await tx.all(select(t.positions.c.source).distinct()):
                    self._holders.setdefault(row[0], []).append(db)

    async def aim(self, done: Passed, target: Passed) -> int:
        """Read what lies after `done` up to `target`; returns how many facts that is."""
        spans: dict[Place, dict[str, tuple[int, int]]] = {}
        for key, last in target.items():
            source, topic, partition = key
            first = done.get(key, 0)
            if topic in self.topics and last > first:
                spans.setdefault((topic, partition), {})[source] = (first, last)
        self._lanes = [
            _Lane(place, found, self._journal.get(place, 0), sum(b - a for a, b in found.values()))
            for place, found in sorted(spans.items())
        ]
        await self.rewind()
        return sum(lane.left for lane in self._lanes)

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        """The next facts, from each partition alike; empty = all that was aimed at has come."""
        lanes: list[_Lane] = []
        for topic in self.topics:
            lanes = lanes or [x for x in self._lanes if x.place[0] == topic and x.left]
        batch = Batch()
        for lane in lanes:
            if not lane.ahead:
                await self._read_ahead(lane)
            self._take(lane, -(-limit // len(lanes)), batch)
        return batch

    def _take(self, lane: _Lane, most: int, batch: Batch) -> None:
        begin = self._offsets.get(lane.place, 0)
        end = begin + min(most, len(lane.ahead))
        for offset in range(begin, end):
            envelope = envelope_of(lane.ahead.popleft(), self.log_number)
            batch.entries.append(Entry(lane.place, offset, envelope))
        batch.begin[lane.place], batch.end[lane.place] = begin, end
        self._offsets[lane.place] = end
        lane.left -= end - begin
        if not lane.left:
            self._journal[lane.place] = lane.scanned if lane.waiting is None else lane.waiting

    async def _read_ahead(self, lane: _Lane) -> None:
        keys = await self._next(lane)
        rows = await self._rows(lane.place, keys)
        if lost := sorted({source for source, n in keys if (source, n) not in rows}):
            raise incomplete(lost)
        if not keys:
            raise incomplete(sorted(s for s, (above, upto) in lane.spans.items() if above < upto))
        lane.ahead.extend(rows[key] for key in keys)

    async def _next(self, lane: _Lane) -> list[Key]:
        """A page of keys: from the journal as long as it has any, then from the rest."""
        while lane.rest is None:
            page = await self._journal_page(lane)
            keys: list[Key] = []
            for row in page:
                above, upto = lane.spans.get(row.source, (0, 0))
                if above < row.position <= upto:
                    keys.append((row.source, row.position))
                    lane.spans[row.source] = (row.position, upto)
                elif row.position > upto and lane.waiting is None:
                    lane.waiting = row.number - 1  # not passed yet: comes at a later aim
            if page:
                lane.scanned = page[-1].number
            else:
                lane.rest = await self._unjournalled(lane)
            if keys:
                return keys
        keys, lane.rest = lane.rest[:PAGE], lane.rest[PAGE:]
        return keys

    async def _journal_page(self, lane: _Lane) -> Sequence[Row[Any]]:
        j, place = t.journal.c, lane.place
        query = (
            select(j.number, j.source, j.position)
            .where(j.topic == place[0], j.partition == place[1], j.number > lane.scanned)
            .order_by(j.number)
            .limit(PAGE)
        )
        async with self.register.read() as tx:
            return await tx.all(query)

    async def _unjournalled(self, lane: _Lane) -> list[Key]:
        o, place = t.outbox.c, lane.place
        found: list[Row[Any]] = []
        for db in self.dbs:
            mine = {s: span for s, span in lane.spans.items() if db in self._held_by(s)}
            if not mine:
                continue
            wanted = [
                and_(o.source == s, o.position > first, o.position <= last)
                for s, (first, last) in sorted(mine.items())
            ]
            query = select(o.id, o.fact_order, o.source, o.position).where(
                o.topic == place[0], o.partition == place[1], or_(*wanted)
            )
            async with db.read() as tx:
                found += await tx.all(query)
        if self.register.database.sqlite:
            found.sort(key=lambda r: r.id)
        else:
            found.sort(key=lambda r: (r.fact_order, r.source, r.position))
        return [(r.source, r.position) for r in found]

    def _held_by(self, source: str) -> Sequence[ServiceDb]:
        return self._holders.get(source, ())

    async def _rows(self, place: Place, keys: Sequence[Key]) -> dict[Key, Row[Any]]:
        reach: dict[str, tuple[int, int]] = {}
        for source, position in keys:
            low, high = reach.get(source, (position, position))
            reach[source] = (min(low, position), max(high, position))
        o = t.outbox.c
        found: dict[Key, Row[Any]] = {}
        for source, (low, high) in reach.items():
            query = select(t.outbox).where(
                o.source == source,
                o.topic == place[0],
                o.partition == place[1],
                o.position.between(low, high),
            )
            for db in self._held_by(source):
                async with db.read() as tx:
                    found |= {(r.source, r.position): r for r in await tx.all(query)}
        return found

    async def rewind(self) -> None:
        """Count on from the group's own rows."""
        self._offsets = await self._load()

    async def committed(self, batch: Batch) -> None:
        """Nothing to tell."""

    async def lag(self) -> int | None:
        """How many facts are still to come."""
        return sum(lane.left for lane in self._lanes)

    async def close(self) -> None:
        """Nothing to leave."""


def incomplete(sources: Sequence[str]) -> Conflict:
    """The outboxes at hand do not hold what a group has passed."""
    names = ", ".join(sources)
    return Conflict(
        "record-incomplete",
        f"发件箱不完整（{names}）：请用 FENGQIAO_<服务>_DATABASE_URL 提供每个服务的数据库。未做任何改动。",
        f"The group has passed facts of {names} that no outbox at hand holds: name the database of "
        "every service (FENGQIAO_<SERVICE>_DATABASE_URL). Nothing was changed.",
    )
