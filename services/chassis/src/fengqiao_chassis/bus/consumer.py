"""A group's loop: fetch what is there, prepare, one short write transaction, commit the position."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.errors import Reject
from fengqiao_contracts.facts import UnknownFact

from ..crash import crash_point
from ..profile import STAGE
from ..store import tables as t
from ..store.database import away
from ..store.session import ServiceDb
from ..store.tx import Tx
from ..telemetry import BUS_LAG, FACTS_APPLIED, PARKED, logger
from . import codec, inbox
from .cutting import halves, key_of, reason_of, unreadable_record
from .plan import BEHIND, Done, Plan, plan_handlers, prepare, sort_out
from .port import Batch, Entry, Place, Reader
from .received import Received
from .subscriptions import Subscriptions, by_type, waves

ATTEMPTS = 5
"""Tries of one fact before it is parked."""
STOP_AFTER = 200
"""Facts parked in a row after which the consumer stops and says so."""
GAP_SECONDS = 30.0
STOPPED_SECONDS = 1.0
TARGET_SECONDS = 0.020


class Consumer:
    """One member of a service's group (group = service name)."""

    def __init__(
        self, db: ServiceDb, reader: Reader, subscriptions: Subscriptions, *, batch_size: int = 500
    ) -> None:
        self.db = db
        self.group = db.service
        self.reader = reader
        self.subscriptions = subscriptions
        self.most = batch_size
        self.size = min(100, batch_size)
        self.stopped = ""
        self.log = logger(self.group)
        self.log_number = 1
        self._passed: inbox.Passed = {}
        self._journal: dict[Place, int] = {}
        self._first = set(subscriptions.first)
        self._gap_since: float | None = None
        self._in_a_row = 0
        self._seconds = 0.0
        self._behind = False
        """A batch failed: the reader stands after it and must go back."""
        self.busy = False

    @property
    def ready(self) -> bool:
        """False when a gap has lasted 30 s or the consumer stopped itself."""
        gap = self._gap_since is not None and time.monotonic() - self._gap_since > GAP_SECONDS
        return not gap and not self.stopped

    async def start(self) -> None:
        """Make the group's rows and open the reader at them."""
        places = [(topic, p) for topic in self.subscriptions.topics for p in range(PARTITIONS)]

        async def ensure(tx: Tx) -> None:
            number = await tx.scalar(
                select(t.sources.c.log_number).where(t.sources.c.service == self.group)
            )
            await inbox.ensure_offsets(tx, self.group, places, int(number or 1))

        await self.db.batch(ensure)
        await self.reader.open(self._load, self._look)

    async def _load(self) -> dict[Place, int]:
        async with self.db.read() as tx:
            rows = await inbox.load_offsets(tx, self.group)
            self._passed = await inbox.load_passed(tx, self.group)
            self.log_number = max((n for _, n in rows.values()), default=1)
            if self.subscriptions.journal:
                numbers = await tx.all(
                    select(
                        t.journal.c.topic, t.journal.c.partition, func.max(t.journal.c.number)
                    ).group_by(t.journal.c.topic, t.journal.c.partition)
                )
                self._journal = {(r[0], r[1]): r[2] for r in numbers}
        return {place: offset for place, (offset, _) in rows.items()}

    async def _look(self) -> dict[Place, int]:
        async with self.db.read() as tx:
            rows = await inbox.load_offsets(tx, self.group)
        return {place: offset for place, (offset, _) in rows.items()}

    async def run(self) -> None:
        """Consume until cancelled. An unexpected error is logged by its class and tried again; a
        stopped consumer goes on when `dlq replay` has found that facts can be applied again.
        """
        STAGE.set(f"{self.group}: facts")
        while True:
            if self.stopped:
                await self._wait_for_replay()
            try:
                if self._behind:
                    await self.reader.rewind()
                    self._behind = False
                await self.step(wait=1.0)
            except asyncio.CancelledError:
                raise
            except inbox.Fenced:
                self._behind = True
            except Exception as error:
                self._behind = True
                self.log.warning("consumer.retry", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _wait_for_replay(self) -> None:
        """Until a replay, here or in another process, has applied some of the parked facts."""
        parked: int | None = None
        while self.stopped:
            await asyncio.sleep(STOPPED_SECONDS)
            try:
                now = await self._count()
            except Exception as error:
                self.log.warning("consumer.retry", error=type(error).__name__)
                continue
            if parked is not None and now < parked:
                self._go_on()
            parked = now

    def _go_on(self) -> None:
        self.stopped, self._in_a_row = "", 0

    async def _count(self) -> int:
        """The parked facts of this group."""
        async with self.db.read() as tx:
            parked = await tx.scalar(
                select(func.count()).select_from(t.parked).where(t.parked.c.grp == self.group)
            )
        return int(parked or 0)

    async def step(self, wait: float = 0.0) -> int:
        """Fetch and apply one batch; returns the number of records taken."""
        topics = self._topics()
        batch = await self.reader.fetch(self.size, wait, topics)
        if not batch.entries:
            if self._first and await self.reader.lag() is not None:
                self._first.clear()
            return 0
        self.busy = True
        try:
            await self._take(batch)
        finally:
            self.busy = False
        await self.reader.committed(batch)
        return len(batch.entries)

    def _topics(self) -> Sequence[str]:
        first = [x for x in self.subscriptions.topics if x in self._first]
        return first or self.subscriptions.topics

    async def _take(self, batch: Batch) -> None:
        """Apply a batch; one that fails is cut in halves down to the fact that fails.

        A database that is away is no fact's fault: that goes through, and the batch comes again.
        """
        try:
            await self._try(batch)
        except (inbox.Fenced, asyncio.CancelledError):
            raise
        except Exception as error:
            if away(error):
                raise
            if len(batch.entries) > 1:
                for half in halves(batch):
                    await self._take(half)
                return
            await self._insist(batch, error)
        crash_point("consumer.after_commit", self.group)
        self._adapt(self._seconds, len(batch.entries))

    def _adapt(self, seconds: float, taken: int) -> None:
        """Keep write transactions near 20 ms; the wait for the writer is not the batch's own."""
        if seconds > TARGET_SECONDS * 2:
            self.size = max(25, self.size * 2 // 3)
        elif taken >= self.size:
            self.size = min(self.most, self.size + 50)

    async def _try(self, batch: Batch) -> None:
        plan = self._prepare(batch)
        crash_point("consumer.after_prepare", self.group)
        await self._commit(plan)

    async def _insist(self, batch: Batch, error: Exception) -> None:
        """Try one fact again with back-off, then park it with its reason."""
        for attempt in range(1, ATTEMPTS):
            if isinstance(error, Reject | ValidationError | UnknownFact):
                break
            await asyncio.sleep(0.05 * 4 ** (attempt - 1))
            try:
                await self._try(batch)
            except inbox.Fenced:
                raise
            except Exception as again:
                if away(again):
                    raise
                error = again
            else:
                return
        await self._commit(Plan(batch, unreadable={key_of(batch.entries[0]): reason_of(error)}))

    def _prepare(self, batch: Batch) -> Plan:
        return prepare(batch, self.subscriptions, self.db.keys)

    async def _commit(self, plan: Plan) -> None:
        passed, journal = dict(self._passed), dict(self._journal)

        async def work(tx: Tx) -> tuple[inbox.Passed, dict[Place, int], Done]:
            started = time.monotonic()
            try:
                return await self._apply(tx, plan, dict(passed), dict(journal))
            finally:
                self._seconds = time.monotonic() - started

        self._passed, self._journal, done = await self.db.batch(work)
        self._count_parked(done)
        FACTS_APPLIED.labels(service=self.group, group=self.group).inc(len(plan.batch.entries))

    def _count_parked(self, done: Done) -> None:
        """Stop at too many in a row; those that wait behind another are no trouble of their own."""
        if done.applied:
            self._in_a_row = 0
        self._in_a_row += done.parked
        if self._in_a_row >= STOP_AFTER:
            self.stopped = "too many facts parked in a row"
            self.log.error("consumer.stopped", parked=self._in_a_row)

    async def _apply(
        self, tx: Tx, plan: Plan, passed: inbox.Passed, journal: dict[Place, int]
    ) -> tuple[inbox.Passed, dict[Place, int], Done]:
        await inbox.fence(tx, self.group, plan.batch, self.log_number)
        taken, moved = self._accept(plan.batch, passed)
        subjects = [e.envelope.subject for e in taken if e.envelope is not None]
        held = await inbox.held_subjects(tx, self.group, subjects) if subjects else set()
        parked, live = sort_out(taken, plan, held, self.subscriptions)
        parked += [
            (unreadable_record(e, self.db.keys, tx.now), f"not readable: {e.error}")
            for e in plan.batch.entries
            if e.envelope is None
        ]
        await inbox.park(tx, self.group, parked)
        seen: dict[Place, int] = {}
        for e in taken:
            if e.envelope is not None:
                seen[e.place] = max(seen.get(e.place, 0), e.envelope.order)
        await inbox.move(tx, self.group, plan.batch, moved, seen)
        if self.subscriptions.journal:
            envelopes = [e.envelope for e in taken if e.envelope is not None]
            journal = await inbox.write_journal(tx, envelopes, journal)
        for wave in waves(live):
            await self._handle(tx, wave, plan)
        fresh = sum(1 for _, reason in parked if reason != BEHIND)
        return passed | moved, journal, Done(len(live), fresh)

    def _accept(self, batch: Batch, passed: inbox.Passed) -> tuple[list[Entry], inbox.Passed]:
        """The records whose position is the next of their source; lower is a duplicate, higher is
        early and comes again.
        """
        taken: list[Entry] = []
        moved: inbox.Passed = {}
        early = False
        for entry in batch.entries:
            envelope = entry.envelope
            if envelope is None or envelope.log_number < self.log_number:
                continue
            key = (envelope.source, envelope.topic, envelope.partition)
            last = moved.get(key, passed.get(key, 0))
            if envelope.position != last + 1:
                early = early or envelope.position > last
                continue
            moved[key] = envelope.position
            taken.append(entry)
        if early:
            self._gap_since = self._gap_since or time.monotonic()
        elif taken:
            self._gap_since = None
        return taken, moved

    async def _handle(self, tx: Tx, wave: list[Received[Any]], plan: Plan) -> None:
        for name, items in by_type(wave).items():
            for n, subscription in enumerate(self.subscriptions.by_name.get(name, ())):
                plans = plan.plans.get((name, n))
                if subscription.prepare is not None and plans is not None:
                    chosen = [plans[i.envelope.id] for i in items]
                    await subscription.apply(tx, items, chosen)
                else:
                    await subscription.apply(tx, items)
        if self.subscriptions.every is not None:
            await self.subscriptions.every(tx, wave)

    async def replay_parked(self, subject: str | None = None) -> int:
        """Apply parked facts again, in order per subject; stops a subject at the first that fails.

        Returns how many were applied and taken away.
        """
        async with self.db.read() as tx:
            query = select(t.parked.c.subject).where(t.parked.c.grp == self.group).distinct()
            subjects = [r.subject for r in await tx.all(query)]
        done = 0
        for one in subjects if subject is None else [subject]:
            while await self._replay_one(one):
                done += 1
        if done:
            self._go_on()
        return done

    async def _replay_one(self, subject: str) -> bool:
        async def work(tx: Tx) -> bool:
            lock = select(t.held).where(t.held.c.grp == self.group, t.held.c.subject == subject)
            if await tx.one(lock.with_for_update()) is None:
                return False
            row = await tx.one(
                select(t.parked)
                .where(t.parked.c.grp == self.group, t.parked.c.subject == subject)
                .order_by(t.parked.c.id)
                .limit(1)
            )
            if row is None:
                return False
            item = codec.receive(
                inbox.undump(row.envelope, self.db.keys), self.db.keys, pii=self.subscriptions.pii
            )
            plan = Plan(Batch(), received={item.envelope.id: item})
            plan_handlers(plan, self.subscriptions)
            await inbox.release(tx, self.group, subject, row.id)
            await self._handle(tx, [item], plan)
            return True

        try:
            return await self.db.batch(work)
        except Exception as error:
            self.log.warning("parked.still_fails", reason=reason_of(error))
            return False

    async def status(self) -> dict[str, Any]:
        """Lag and parked facts of this group, for readiness and settlement."""
        lag = await self.reader.lag()
        parked = await self._count()
        BUS_LAG.labels(service=self.group, group=self.group).set(lag or 0)
        PARKED.labels(service=self.group, group=self.group).set(parked)
        behind = None if lag is None else lag + int(self.busy or self._behind)
        return {"lag": behind, "parked": parked, "stopped": self.stopped}
