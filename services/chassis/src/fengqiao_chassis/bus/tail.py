"""The end of the embedded log, read once for all groups of the process.

Every group reads the same rows. Each of them would fetch, decrypt and decode a fact by itself, seven
times the same work; here a row becomes one entry that all share, with what was decoded of it.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from sqlalchemy import bindparam, func, select

from ..store import tables as t
from ..store.database import Database
from ..store.direct import execute
from .port import Entry
from .stored import envelope_of

PAGE = 500
KEPT = 3000
"""Entries kept in memory; a group further behind reads by itself."""
KEPT_BYTES = 8 * 1024 * 1024
"""Bytes of the kept facts as they are stored; decoded they take some times as much."""

_ID = attrgetter("offset")
# The key's order is the log's order: an index by topic would sort the whole topic at each fetch.
_AFTER = (
    select(t.outbox)
    .with_hint(t.outbox, "NOT INDEXED", "sqlite")
    .where(t.outbox.c.id > bindparam("after"))
    .order_by(t.outbox.c.id)
    .limit(bindparam("most"))
)
_END = select(func.coalesce(func.max(t.outbox.c.id), 0))


class Tail:
    """The newest entries of one log table, in its order, without a gap between them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: list[Entry] = []
        self._after = -1
        """The key after which the entries begin; -1 = nothing read yet."""
        self._bytes = 0
        self._at = 0
        self._seen = -1
        self._lock = asyncio.Lock()

    async def page(self, after: int, topics: Sequence[str], most: int, *, look: bool) -> Page:
        """Up to `most` entries of `topics` behind the key `after`, and how far they reach.

        `look`: ask the database even when no commit of this process has stated a fact since.
        """
        if self._after < 0:
            async with self._lock:
                if self._after < 0:
                    self._after = self._at = after
        if after < self._after:
            return _cut(await self._read(after, PAGE), topics, most, after)
        if after >= self._at and (look or self._seen != self._database.stated):
            await self._extend(after)
            if after < self._after:  # another group has taken the tail along meanwhile
                return _cut(await self._read(after, PAGE), topics, most, after)
        first = bisect_right(self._entries, after, key=_ID)
        return _cut(self._entries[first : first + PAGE], topics, most, after)

    async def end(self) -> int:
        """The last key of the log."""
        async with self._database.glance() as conn:
            return int((await execute(conn, _END, None)).scalar() or 0)

    async def _extend(self, after: int) -> None:
        async with self._lock:
            if self._at > after:
                return  # another group has just read on
            if self._at < after:  # the leaders share the tail; who is behind reads by itself
                self._entries, self._bytes, self._after, self._at = [], 0, after, after
            seen = self._database.stated
            found = await self._read(self._at, PAGE)
            if len(found) < PAGE:
                self._seen = seen
            if not found:
                return
            self._entries += found
            self._bytes += sum(_weight(entry) for entry in found)
            self._at = found[-1].offset
            self._trim()

    def _trim(self) -> None:
        """Let the oldest go, by their number and by their size."""
        gone, last = 0, len(self._entries) - 1
        while gone < last and (last + 1 - gone > KEPT or self._bytes > KEPT_BYTES):
            self._bytes -= _weight(self._entries[gone])
            gone += 1
        if gone:
            self._after = self._entries[gone - 1].offset
            del self._entries[:gone]

    async def _read(self, after: int, most: int) -> list[Entry]:
        async with self._database.glance() as conn:
            rows = (await execute(conn, _AFTER, {"after": after, "most": most})).all()
        return [Entry((row.topic, row.partition), row.id, envelope_of(row)) for row in rows]


class Page:
    """Entries of the wanted topics, and the key up to which the log was looked through."""

    __slots__ = ("entries", "upto")

    def __init__(self, entries: list[Entry], upto: int) -> None:
        self.entries = entries
        self.upto = upto


def _cut(found: Sequence[Entry], topics: Sequence[str], most: int, after: int) -> Page:
    wanted = set(topics)
    chosen: list[Entry] = []
    for entry in found:
        if entry.place[0] in wanted:
            chosen.append(entry)
            if len(chosen) == most:
                return Page(chosen, entry.offset)
    return Page(chosen, found[-1].offset if found else after)


def _weight(entry: Entry) -> int:
    fact = entry.envelope
    return 0 if fact is None else len(fact.data) + len(fact.pii or "")


def tail_of(database: Database) -> Tail:
    """The tail that all readers of a database share; it lives as long as the database."""
    if not isinstance(database.tail, Tail):
        database.tail = Tail(database)
    return database.tail
