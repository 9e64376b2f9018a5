"""The relay: sends a service's outbox to the bus in position order, one holder of the lease at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import Row, and_, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer, String

from fengqiao_contracts.envelope import Envelope

from ..crash import crash_point
from ..profile import STAGE
from ..store import tables as t
from ..store.session import ServiceDb
from ..store.sql import upsert
from ..store.tx import ReadTx, Tx
from ..telemetry import OUTBOX_AGE, OUTBOX_ROWS, logger
from .outbox import source_of
from .stored import envelope_of

KIND = "relay"
LEASE = timedelta(seconds=10)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ROUND = 500
"""Facts per round."""
POLL_SECONDS = 0.5
CLOSE_SECONDS = 2.0
BACK_OFF = (0.1, 0.5, 1.0, 2.0)

Stretch = tuple[str, str, int]
"""A (source, topic, partition): what has positions of its own."""

_ROWS = text(
    "SELECT o.* FROM unnest(:sources, :topics, :partitions, :above, :upto)"
    " AS r(source, topic, partition, above, upto)"
    " JOIN bus_outbox o ON o.source = r.source AND o.topic = r.topic"
    " AND o.partition = r.partition AND o.position > r.above AND o.position <= r.upto"
    " ORDER BY o.topic, o.partition, o.position"
).bindparams(
    bindparam("sources", type_=ARRAY(String)),
    bindparam("topics", type_=ARRAY(String)),
    bindparam("partitions", type_=ARRAY(Integer)),
    bindparam("above", type_=ARRAY(BigInteger)),
    bindparam("upto", type_=ARRAY(BigInteger)),
)
_ACK = (
    update(t.positions)
    .where(
        t.positions.c.source == bindparam("s"),
        t.positions.c.topic == bindparam("t"),
        t.positions.c.partition == bindparam("p"),
        t.positions.c.acked < bindparam("a"),
    )
    .values(acked=bindparam("a"))
)


class Publisher(Protocol):
    """What a relay needs of a broker."""

    async def publish(self, envelopes: Sequence[Envelope]) -> list[bool]:
        """Send in order; for each fact whether it is acknowledged. Bounded in time."""
        ...

    async def log_number(self) -> int | None:
        """The number of the log as it stands; None while the broker is away."""

    async def close(self) -> None:
        """Close within a bounded time."""


@dataclass
class Load:
    """What a round sends: the term and log number it was read under, the rows, how many wait."""

    mine: bool = False
    term: int = 0
    soon: bool = False
    log_number: int = 1
    rows: Sequence[Row[Any]] = field(default_factory=list)
    waiting: int = 0


class KafkaRelay:
    """Sends a service's outbox, of all its incarnations, to the bus. PostgreSQL only."""

    def __init__(self, db: ServiceDb, publisher: Publisher, holder: str = "") -> None:
        self.db = db
        self.publisher = publisher
        self.holder = holder or uuid4().hex
        self.log = logger(db.service)
        self._grown = db.database.watch()
        self._failed = 0
        self._vouched = 0

    async def run(self) -> None:
        """Relay until cancelled, then let the lease go.

        An error is logged by its class and everything above `acked` is sent again.
        """
        STAGE.set(f"{self.db.service}: relay")
        try:
            while True:
                await self._turn()
        finally:
            await self._release()

    async def _turn(self) -> None:
        try:
            busy = await self.step()
        except Exception as error:
            self.log.warning("relay.retry", error=type(error).__name__)
            await self._back_off()
            return
        if not busy:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._grown.wait(), POLL_SECONDS)

    async def step(self) -> bool:
        """One round; False when there was nothing to send or another holds the lease."""
        self._grown.clear()
        load = await self._look()
        if load.waiting and (not load.mine or load.soon):
            if not await self.db.batch(self._take_lease):
                return False
            load = await self._look()
        self._measure(load)
        if not load.mine or not load.rows:
            return False
        if self._vouched != load.term:
            if not await self._vouch(load):
                await self._back_off()
                return False
            load = await self._look()
            if not load.mine or not load.rows:
                return False
        crash_point("outbox.after_commit", self.db.service)
        acked = await self.publisher.publish(
            [envelope_of(row, load.log_number) for row in load.rows]
        )
        crash_point("relay.after_publish", self.db.service)
        await self._mark(load, unbroken(load.rows, acked))
        if all(acked):
            self._failed = 0
        else:
            self.log.warning("relay.not_acknowledged", facts=acked.count(False))
            await self._back_off()
        return True

    async def close(self) -> None:
        """Let the lease go and close the publisher, within some seconds."""
        await self._release()
        await self.publisher.close()

    async def _release(self) -> None:
        async def work(tx: Tx) -> None:
            await release_lease(tx, self.db.service, self.holder)

        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.db.batch(work), CLOSE_SECONDS)

    async def _back_off(self) -> None:
        await asyncio.sleep(BACK_OFF[min(self._failed, len(BACK_OFF) - 1)])
        self._failed += 1

    async def _look(self) -> Load:
        """The lease, the log's number and the rows to send.

        Lease and number come from one statement: a refill takes the lease before it raises the
        number, so a lease that is ours vouches for the number.
        """
        load = Load()
        async with self.db.read() as tx:
            stretches = await self._pending(tx)
            load.waiting = sum(upto - above for _, above, upto in stretches)
            if not load.waiting:
                return load
            row = await tx.one(
                select(
                    t.leases.c.term,
                    t.leases.c.holder,
                    (t.leases.c.expires_at > func.now()).label("valid"),
                    (t.leases.c.expires_at < func.now() + LEASE / 2).label("soon"),
                    t.sources.c.log_number,
                )
                .join(t.sources, t.sources.c.service == t.leases.c.service)
                .where(_lease(self.db.service))
            )
            if row is None or row.holder != self.holder or not row.valid:
                return load
            load.mine, load.term, load.soon = True, row.term, row.soon
            load.log_number = row.log_number
            load.rows = await read_stretches(tx, share(first_incarnations(stretches), ROUND))
        return load

    async def _pending(self, tx: ReadTx) -> list[tuple[Stretch, int, int]]:
        p = t.positions.c
        rows = await tx.all(
            select(p.source, p.topic, p.partition, p.acked, p.position).where(
                of_service(p.source, self.db.service), p.position > p.acked
            )
        )
        return [((r.source, r.topic, r.partition), r.acked, r.position) for r in rows]

    async def _take_lease(self, tx: Tx) -> bool:
        """Take or extend the lease; a new holder takes a new term."""
        await ensure_lease(tx, self.db.service)
        row = await lock_lease(tx, self.db.service)
        if row.holder != self.holder and row.valid:
            return False
        term = row.term if row.holder == self.holder else row.term + 1
        await hold_lease(tx, self.db.service, self.holder, term)
        return True

    async def _vouch(self, load: Load) -> bool:
        """Once per term: take the log's number where it is higher than the service's own.

        That is so after a refill that did not know the service: a new one, or a restored one. Its
        facts would be ignored for ever, and its group begins anew.
        """
        number = await self.publisher.log_number()
        if number is None:
            return False

        async def work(tx: Tx) -> bool:
            row = await lock_lease(tx, self.db.service)
            if row.holder != self.holder or row.term != load.term:
                return False
            await raise_number(tx, self.db.service, number)
            return True

        if number <= load.log_number or await self.db.batch(work):
            self._vouched = load.term
        return self._vouched == load.term

    async def _mark(self, load: Load, acked: dict[Stretch, int]) -> None:
        """Move `acked`, only while the term is our own."""

        async def work(tx: Tx) -> bool:
            row = await lock_lease(tx, self.db.service)
            if row.holder != self.holder or row.term != load.term:
                return False
            await write_acked(tx, acked)
            await hold_lease(tx, self.db.service, self.holder, load.term)
            return True

        if acked and not await self.db.batch(work):
            self.log.info("relay.lease_lost", term=load.term)

    def _measure(self, load: Load) -> None:
        OUTBOX_ROWS.labels(service=self.db.service).set(load.waiting)
        if not load.waiting:
            OUTBOX_AGE.labels(service=self.db.service).set(0)
        elif load.rows:
            oldest: datetime = min(row.time for row in load.rows)
            age = (self.db.clock.now() - oldest).total_seconds()
            OUTBOX_AGE.labels(service=self.db.service).set(max(0.0, age))


def of_service(column: Any, service: str) -> Any:
    """The sources of a service: all its incarnations and nobody else's."""
    base = source_of(service)
    return or_(column == base, column.startswith(base + "/", autoescape=True))


def incarnation_of(source: str) -> int:
    """0 for `/intake`, 2 for `/intake/2`."""
    last = source.rpartition("/")[2]
    return int(last) if last.isdecimal() else 0


def first_incarnations(
    stretches: Sequence[tuple[Stretch, int, int]],
) -> list[tuple[Stretch, int, int]]:
    """Of each partition only the oldest incarnation that still has something to send."""
    first: dict[tuple[str, int], tuple[Stretch, int, int]] = {}
    for one in sorted(stretches, key=lambda s: incarnation_of(s[0][0])):
        first.setdefault(one[0][1:], one)
    return list(first.values())


def share(
    stretches: Sequence[tuple[Stretch, int, int]], most: int
) -> list[tuple[Stretch, int, int]]:
    """Cut the stretches to `most` facts together, evenly: a long one takes what others leave."""
    cut: list[tuple[Stretch, int, int]] = []
    ordered = sorted(stretches, key=lambda s: s[2] - s[1])
    for n, (stretch, above, upto) in enumerate(ordered):
        take = min(upto - above, max(1, most // (len(ordered) - n)))
        most -= take
        cut.append((stretch, above, above + take))
        if most <= 0:
            break
    return cut


def unbroken(rows: Sequence[Row[Any]], acked: Sequence[bool]) -> dict[Stretch, int]:
    """The last position of each stretch's run of acknowledged facts from its first row on."""
    upto: dict[Stretch, int] = {}
    broken: set[Stretch] = set()
    for row, well in zip(rows, acked, strict=True):
        stretch = (row.source, row.topic, row.partition)
        if not well:
            broken.add(stretch)
        elif stretch not in broken:
            upto[stretch] = row.position
    return upto


async def read_stretches(
    tx: ReadTx, stretches: Sequence[tuple[Stretch, int, int]]
) -> Sequence[Row[Any]]:
    """The outbox rows of stretches (above, up to), by topic, partition and position."""
    return await tx.all(
        _ROWS,
        {
            "sources": [s[0] for s, _, _ in stretches],
            "topics": [s[1] for s, _, _ in stretches],
            "partitions": [s[2] for s, _, _ in stretches],
            "above": [above for _, above, _ in stretches],
            "upto": [upto for _, _, upto in stretches],
        },
    )


async def ensure_lease(tx: Tx, service: str) -> None:
    """Make the relay's lease and the row of the service's log number where there is none."""
    await tx.run(
        upsert(t.sources, ("service",)), [{"service": service, "incarnation": 0, "log_number": 1}]
    )
    row = {"service": service, "kind": KIND, "term": 0, "holder": "", "expires_at": LONG_AGO}
    await tx.run(upsert(t.leases, ("service", "kind")), [row])


async def lock_lease(tx: Tx, service: str) -> Row[Any]:
    """The lease, locked to the commit; `valid` = not expired."""
    rows = await tx.all(
        select(t.leases, (t.leases.c.expires_at > func.now()).label("valid"))
        .where(_lease(service))
        .with_for_update()
    )
    row: Row[Any] = rows[0]
    return row


async def hold_lease(tx: Tx, service: str, holder: str, term: int) -> None:
    """Hold a locked lease for 10 s from now, by the database's clock."""
    await tx.run(
        update(t.leases)
        .where(_lease(service))
        .values(term=term, holder=holder, expires_at=func.now() + LEASE)
    )


async def release_lease(tx: Tx, service: str, holder: str) -> None:
    """Let the lease go, if it is `holder`'s."""
    await tx.run(
        update(t.leases)
        .where(_lease(service), t.leases.c.holder == holder)
        .values(expires_at=func.now())
    )


async def raise_number(tx: Tx, service: str, number: int) -> None:
    """Let a service follow the log of this number; its group begins at the log's start."""
    await tx.run(
        update(t.sources)
        .where(t.sources.c.service == service, t.sources.c.log_number < number)
        .values(log_number=number)
    )
    await tx.run(
        update(t.offsets)
        .where(t.offsets.c.grp == service, t.offsets.c.log_number < number)
        .values(next_offset=0, log_number=number)
    )


async def write_acked(tx: Tx, acked: dict[Stretch, int]) -> None:
    """Move `acked` forward, in the order in which stating transactions lock the rows."""
    await tx.run(
        _ACK, [{"s": k[0], "t": k[1], "p": k[2], "a": n} for k, n in sorted(acked.items())]
    )


def _lease(service: str) -> Any:
    return and_(t.leases.c.service == service, t.leases.c.kind == KIND)
