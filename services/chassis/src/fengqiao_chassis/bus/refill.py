"""`bus refill`: writes an empty broker anew from the outboxes, in the order the register journalled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, func, or_, select

from ..store import tables as t
from ..store.session import ServiceDb
from ..store.tx import Tx
from .admin import create_topics
from .kafka import KafkaPublisher
from .port import Place
from .relay import (
    Publisher,
    Stretch,
    ensure_lease,
    hold_lease,
    lock_lease,
    raise_number,
    read_stretches,
    release_lease,
    write_acked,
)
from .stored import envelope_of

CHUNK = 1000
GIVE_UP_SECONDS = 120.0
RENEW_SECONDS = 3.0

Key = tuple[str, int]
"""A (source, position) within one partition."""


class RefillError(Exception):
    """The refill cannot be done or ended early: the text says why, and the remedy."""


async def refill(
    dbs: Sequence[ServiceDb], bootstrap: str, prefix: str = "", *, lost_ok: bool = False
) -> int:
    """Write every stated fact to the broker's topics again; returns how many.

    `dbs` must reach every database of the platform. Services may run meanwhile: their relays wait,
    their groups begin anew at offset 0 and know what they have passed. After an early end run it
    again. Ends with SystemExit and its remedy; `lost_ok` goes on where a group has passed facts that no outbox holds.
    """
    await create_topics(bootstrap, prefix)
    publisher = KafkaPublisher(bootstrap, prefix)
    try:
        return await Refill(dbs, publisher).run(lost_ok=lost_ok)
    except RefillError as error:
        raise SystemExit(str(error)) from None
    finally:
        await publisher.close()


@dataclass
class _Store:
    """One database of the platform, and the terms of the leases taken in it."""

    db: ServiceDb
    services: list[str]
    terms: dict[str, int] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)


class Refill:
    """One run of a refill."""

    def __init__(self, dbs: Sequence[ServiceDb], publisher: Publisher) -> None:
        self.publisher = publisher
        self.holder = f"refill-{uuid4().hex}"
        self.number = 0
        self._renewed = 0.0
        self._stores: dict[str, _Store] = {}
        for db in dbs:
            store = self._stores.setdefault(db.database.url, _Store(db, []))
            store.services.append(db.service)

    @property
    def stores(self) -> Iterable[_Store]:
        """The databases, each once."""
        return self._stores.values()

    async def run(self, *, lost_ok: bool = False) -> int:
        """Refuse what is incomplete, take every lease, raise the number, write, let go."""
        for store in self.stores:
            await self._look_around(store)
        if not lost_ok:
            await self._refuse_missing()
        for store in self.stores:
            self.number = max(self.number, await self._take_leases(store) + 1)
        for store in self.stores:
            await self._raise_number(store)
        written = 0
        for place in await self._places():
            written += await self._write(place)
        for store in self.stores:
            await self._release(store)
        return written

    # ---- who is there -----------------------------------------------------------------------

    async def _look_around(self, store: _Store) -> None:
        """Every service and source that the database knows, given or not."""
        async with store.db.read() as tx:
            found = set(store.services)
            found |= {r[0] for r in await tx.all(select(t.sources.c.service))}
            found |= {r[0] for r in await tx.all(select(t.offsets.c.grp).distinct())}
            store.sources = {r[0] for r in await tx.all(select(t.positions.c.source).distinct())}
        found |= {source.split("/")[1] for source in store.sources}
        store.services = sorted(found)

    async def _refuse_missing(self) -> None:
        """Whatever a group has passed must lie in an outbox at hand."""
        held: dict[Stretch, int] = {}
        passed: dict[Stretch, int] = {}
        for store in self.stores:
            async with store.db.read() as tx:
                _raise(held, await tx.all(_last(t.positions)))
                _raise(passed, await tx.all(_last(t.passed)))
        lost = sorted({k[0] for k, last in passed.items() if held.get(k, 0) < last})
        if lost:
            names = ", ".join(lost)
            raise RefillError(
                f"发件箱不完整（{names}）：请提供每个服务的数据库；未做任何改动。\n"
                f"Groups have passed facts of {names} that no outbox at hand holds: give the "
                "database of every service. Nothing was changed."
            )

    # ---- leases and the log's number --------------------------------------------------------

    async def _take_leases(self, store: _Store) -> int:
        """Take the relays' leases of a database; returns the highest log number in it."""

        async def work(tx: Tx) -> int:
            for service in store.services:
                await ensure_lease(tx, service)
                row = await lock_lease(tx, service)
                store.terms[service] = row.term + 1
                await hold_lease(tx, service, self.holder, row.term + 1)
            return int(await tx.scalar(select(func.max(t.sources.c.log_number))) or 0)

        highest = await store.db.batch(work)
        self._renewed = time.monotonic()
        return highest

    async def _raise_number(self, store: _Store) -> None:
        async def work(tx: Tx) -> None:
            await self._renew(tx, store)
            for service in store.services:
                await raise_number(tx, service, self.number)

        await store.db.batch(work)

    async def _renew(self, tx: Tx, store: _Store) -> None:
        """Hold the leases on. Raises RefillError when another took one."""
        for service, term in sorted(store.terms.items()):
            row = await lock_lease(tx, service)
            if row.holder != self.holder or row.term != term:
                raise RefillError(
                    "另一个 bus refill 或中继取得了租约：请确认没有其他补写在运行，然后重新运行。\n"
                    f"Another holder took the relay's lease of {service}: make sure that no other "
                    "refill runs, then run `fengqiao bus refill` again."
                )
            await hold_lease(tx, service, self.holder, term)

    async def _renew_all(self) -> None:
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        for store in self.stores:
            await store.db.batch(partial(self._renew, store=store))
        self._renewed = time.monotonic()

    async def _release(self, store: _Store) -> None:
        async def work(tx: Tx) -> None:
            for service in store.services:
                await release_lease(tx, service, self.holder)

        await store.db.batch(work)

    # ---- writing ----------------------------------------------------------------------------

    async def _places(self) -> list[Place]:
        found: set[Place] = set()
        for store in self.stores:
            async with store.db.read() as tx:
                p = t.positions.c
                rows = await tx.all(select(p.topic, p.partition).distinct())
                found |= {(r[0], r[1]) for r in rows}
        return sorted(found)

    async def _write(self, place: Place) -> int:
        """Write one partition: what the register journalled, then the rest by (order, source)."""
        upto: dict[str, int] = {}
        written = 0
        async for keys in self._journalled(place):
            written += await self._send(place, keys, upto)
        rest = await self._rest(place, upto)
        for n in range(0, len(rest), CHUNK):
            written += await self._send(place, rest[n : n + CHUNK], upto)
        for store in self.stores:
            await self._acknowledge(store, place, upto)
        return written

    async def _journalled(self, place: Place) -> AsyncIterator[list[Key]]:
        j = t.journal.c
        for store in self.stores:
            after = 0
            while True:
                query = (
                    select(j.number, j.source, j.position)
                    .where(j.topic == place[0], j.partition == place[1], j.number > after)
                    .order_by(j.number)
                    .limit(CHUNK)
                )
                async with store.db.read() as tx:
                    rows = await tx.all(query)
                if not rows:
                    break
                after = rows[-1].number
                yield [(r.source, r.position) for r in rows]

    async def _rest(self, place: Place, upto: dict[str, int]) -> list[Key]:
        """What the journal does not have, as far as it is committed now."""
        o = t.outbox.c
        found: list[Row[Any]] = []
        for store in self.stores:
            above = [
                and_(o.source == s, o.position > upto.get(s, 0)) for s in sorted(store.sources)
            ]
            if not above:
                continue
            query = select(o.fact_order, o.source, o.position).where(
                o.topic == place[0], o.partition == place[1], or_(*above)
            )
            async with store.db.read() as tx:
                found += await tx.all(query)
        found.sort(key=lambda r: (r.fact_order, r.source, r.position))
        return [(r.source, r.position) for r in found]

    async def _send(self, place: Place, keys: Sequence[Key], upto: dict[str, int]) -> int:
        """Send facts in the given order until all are acknowledged, and note how far each source
        is written.
        """
        rows = await self._rows(place, keys)
        envelopes = [envelope_of(rows[k], self.number) for k in keys if k in rows]
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while envelopes and not all(await self.publisher.publish(envelopes)):
            # Everything again: a partition takes facts in order, so only a tail can be missing.
            if time.monotonic() > deadline:
                raise RefillError(
                    "Kafka 没有确认写入：请检查 Kafka，然后重新运行 fengqiao bus refill。\n"
                    "Kafka does not acknowledge: check the broker, then run `fengqiao bus refill` "
                    "again."
                )
            await self._renew_all()
            await asyncio.sleep(0.2)
        for source, position in keys:
            upto[source] = max(upto.get(source, 0), position)
        await self._renew_all()
        return len(envelopes)

    async def _rows(self, place: Place, keys: Sequence[Key]) -> dict[Key, Row[Any]]:
        spans: dict[str, tuple[int, int]] = {}
        for source, position in keys:
            low, high = spans.get(source, (position, position))
            spans[source] = (min(low, position), max(high, position))
        found: dict[Key, Row[Any]] = {}
        for store in self.stores:
            stretches = [
                ((source, *place), low - 1, high)
                for source, (low, high) in spans.items()
                if source in store.sources
            ]
            if stretches:
                async with store.db.read() as tx:
                    rows = await read_stretches(tx, stretches)
                found |= {(r.source, r.position): r for r in rows}
        return found

    async def _acknowledge(self, store: _Store, place: Place, upto: dict[str, int]) -> None:
        acked: dict[Stretch, int] = {
            (source, *place): last for source, last in upto.items() if source in store.sources
        }

        async def work(tx: Tx) -> None:
            await self._renew(tx, store)
            await write_acked(tx, acked)

        await store.db.batch(work)


def _last(table: Any) -> Any:
    c = table.c
    return select(c.source, c.topic, c.partition, func.max(c.position)).group_by(
        c.source, c.topic, c.partition
    )


def _raise(highest: dict[Stretch, int], rows: Iterable[Any]) -> None:
    for row in rows:
        key = (row[0], row[1], row[2])
        highest[key] = max(highest.get(key, 0), row[3])
