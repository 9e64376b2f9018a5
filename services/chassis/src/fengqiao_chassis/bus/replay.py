"""`replay --group`: a group's projections made anew from the record, and exchanged in one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, override

from sqlalchemy import Table, and_, delete, insert, select

from fengqiao_contracts.errors import Conflict

from ..crash import crash_point
from ..store import tables as t
from ..store.projection import Projection
from ..store.session import ServiceDb
from ..store.shadow import Shadow, ShadowDb
from ..store.sql import upsert
from ..store.tx import Tx
from . import inbox
from .consumer import Consumer
from .inbox import Passed
from .plan import BEHIND, Plan
from .port import Batch
from .record import RecordReader, incomplete
from .subscriptions import Subscriptions

NEAR = 200
"""A shadow that lacks at most so many facts catches up inside the exchange."""
PATIENCE = 2.0
"""The register's group is waited for so long without a move of it."""
ACTION = "projection.replay"
_SHADOWED = (t.offsets, t.passed, t.parked, t.held)

Place = tuple[str, str, int, int]
"""A (source, topic, partition, position): one fact."""
Progress = Callable[[int, int], None]
"""Told (facts done, facts in all)."""


@dataclass(frozen=True)
class Standing:
    """How far a group has come, and what it holds parked."""

    passed: Passed
    parked: frozenset[Place]


@dataclass(frozen=True)
class Rebuilt:
    """What a replay found: facts followed, keys corrected per table, facts parked anew."""

    facts: int
    corrected: Mapping[str, int]
    parked: int


@dataclass(frozen=True)
class Target:
    """What is replayed: a service's door, what it hears, and what the facts make of its tables."""

    db: ServiceDb
    subscriptions: Subscriptions
    projections: Sequence[Projection]
    scratch: Sequence[Table] = field(default_factory=tuple[Table, ...])


class Follower(Consumer):
    """The group's own loop over the record and the shadow tables; facts that the group holds parked
    stay so, and hold their subjects.
    """

    def __init__(self, db: ServiceDb, reader: RecordReader, subscriptions: Subscriptions) -> None:
        super().__init__(db, reader, _without_effects(subscriptions))
        self.size = self.most
        self.held_back: frozenset[Place] = frozenset()

    @override
    def _adapt(self, seconds: float, taken: int) -> None:
        """A shadow's transaction keeps nobody waiting: batches stay as large as they may be."""

    @override
    def _prepare(self, batch: Batch) -> Plan:
        live = [e for e in batch.entries if place_of(e.envelope) not in self.held_back]
        plan = super()._prepare(Batch(live, batch.begin, batch.end))
        plan.batch = batch
        for envelope in (e.envelope for e in batch.entries):
            if envelope is not None and place_of(envelope) in self.held_back:
                plan.unreadable[envelope.id] = BEHIND  # no new trouble: its own reason stands
        return plan

    async def follow(self, standing: Standing) -> None:
        """Hold back what the group holds; apply, in its order, what it has applied since."""
        freed = self.held_back - standing.parked
        self.held_back = standing.parked
        if not freed:
            return
        async with self.db.read() as tx:
            rows = await tx.all(select(t.parked).order_by(t.parked.c.id))
        for subject in dict.fromkeys(r.subject for r in rows):
            for row in (r for r in rows if r.subject == subject):
                if place_of(row) not in freed or not await self._replay_one(subject):
                    break


class Replay:
    """One run of a replay."""

    def __init__(self, target: Target, register: ServiceDb, dbs: Sequence[ServiceDb]) -> None:
        """`register` has the journal; `dbs` reach every outbox of the platform, each once."""
        self.target = target
        self.group = target.db.service
        self.register = register
        topics = target.subscriptions.topics
        first = [x for x in topics if x in target.subscriptions.first]
        self.reader = RecordReader(dbs, register, [*first, *(x for x in topics if x not in first)])
        self.done = 0

    async def run(self, progress: Progress = lambda _done, _all: None) -> Rebuilt:
        """Follow the record up to the group's rows, then exchange; a run that is cut changes nothing.

        Raises Conflict for a second run of the group and for a record that is not complete.
        """
        db, target = self.target.db, self.target
        self.progress = progress
        more = (*target.scratch, *_SHADOWED)
        async with Shadow.open(db.database.url, self.group, target.projections, more) as shadow:
            self.shadow = shadow
            self.follower = Follower(ShadowDb(shadow, db), self.reader, target.subscriptions)
            await self.follower.start()
            self.reader.log_number = self.follower.log_number
            standing = await self.standing()
            while True:
                await self.advance(standing)
                latest = await self.standing()
                if _between(standing.passed, latest.passed) <= NEAR:
                    break
                standing = latest
            return await self.exchange()

    async def standing(self) -> Standing:
        """Where the group stands now; it goes on meanwhile."""
        async with self.target.db.read() as tx:
            passed = await inbox.load_passed(tx, self.group)
            rows = await tx.all(select(t.parked).where(t.parked.c.grp == self.group))
        return Standing(passed, frozenset(map(place_of, rows)))

    async def lock(self, tx: Tx) -> Standing:
        """Where the group stands, and it stays there to the commit: its offsets and held subjects are
        locked, in the order in which its members lock them.
        """
        real = self.shadow.real
        offsets, held = real(t.offsets), real(t.held)
        passed, parked = real(t.passed), real(t.parked)
        mine = select(offsets).where(offsets.c.grp == self.group)
        await tx.all(mine.order_by(offsets.c.topic, offsets.c.partition).with_for_update())
        stuck = select(held).where(held.c.grp == self.group)
        await tx.all(stuck.order_by(held.c.subject).with_for_update())
        rows = await tx.all(select(passed).where(passed.c.grp == self.group))
        facts = await tx.all(select(parked).where(parked.c.grp == self.group))
        return Standing(
            {(r.source, r.topic, r.partition): r.position for r in rows},
            frozenset(map(place_of, facts)),
        )

    async def advance(self, standing: Standing) -> None:
        """Bring the shadow to a standing of the group."""
        await self._journalled(standing.passed)
        await self.shadow.seed()
        await self.follower.follow(standing)
        left = await self.reader.aim(await self._shadow_passed(), standing.passed)
        total = self.done + left
        self.progress(self.done, total)
        while taken := await self.follower.step():
            self.done += taken
            self.progress(self.done, total)
            if self.follower.stopped:
                raise _too_many(self.group)
        reached = await self._shadow_passed()
        topics = self.target.subscriptions.topics
        wanted = {k: n for k, n in standing.passed.items() if k[1] in topics}
        if lost := sorted({k[0] for k, n in wanted.items() if reached.get(k, 0) != n}):
            raise incomplete(lost)

    async def _journalled(self, passed: Passed) -> None:
        """Wait until the register has journalled what the group has passed, or stands still: what it
        has not is followed by (order, source), in which facts without a common cause may swap.
        """
        topics, before = self.target.subscriptions.topics, -1
        since = time.monotonic()
        while not self.register.database.sqlite:  # there the log itself has the order
            async with self.register.read() as tx:
                journalled = await inbox.load_passed(tx, self.register.service)
            left = sum(
                max(0, n - journalled.get(key, 0)) for key, n in passed.items() if key[1] in topics
            )
            if not left or (left == before and time.monotonic() - since > PATIENCE):
                return
            if left != before:
                before, since = left, time.monotonic()
            await asyncio.sleep(0.05)

    async def _shadow_passed(self) -> Passed:
        async with self.follower.db.read() as tx:
            return await inbox.load_passed(tx, self.group)

    async def exchange(self) -> Rebuilt:
        """In one transaction: stop the group, catch up, exchange tables and parked facts."""
        db = self.target.db
        async with self.shadow.exclusive() as conn:
            tx = Tx(conn, self.group, db.keys, db.clock, actor="operator")
            await self.advance(await self.lock(tx))
            parked = await self._park(tx)
            corrected = await self.shadow.exchange()
            tx.audit(ACTION, self.group, fields=sorted(n for n, c in corrected.items() if c))
            await db.finish(tx)
            crash_point("replay.before_commit", self.group)
        return Rebuilt(self.done, corrected, parked)

    async def _park(self, tx: Tx) -> int:
        """Park what this program cannot apply, in order with what is parked of the same subject."""
        real, held = self.shadow.real(t.parked), self.shadow.real(t.held)
        known = {place_of(r): r for r in await tx.all(select(real).where(real.c.grp == self.group))}
        rows = await tx.all(select(t.parked).order_by(t.parked.c.id))
        new = {r.subject for r in rows if place_of(r) not in known}
        fresh = [_parked_row(known.get(place_of(r), r), r) for r in rows if r.subject in new]
        if fresh:
            mine = and_(real.c.grp == self.group, real.c.subject.in_(sorted(new)))
            await tx.run(delete(real).where(mine))
            await tx.run(insert(real), fresh)
            subjects = [{"grp": self.group, "subject": s} for s in sorted(new)]
            await tx.run(upsert(held, ("grp", "subject")), subjects)
        return sum(place_of(r) not in known for r in rows)


def place_of(fact: Any) -> Place:
    """Which fact an envelope or a parked row is."""
    return (fact.source, fact.topic, fact.partition, fact.position)


def _parked_row(known: Any, row: Any) -> dict[str, Any]:
    """A parked row to write again: moment and reason of the earlier one, where there was one."""
    values = {c.name: getattr(row, c.name) for c in t.parked.c if c.name != "id"}
    return values | {"reason": known.reason, "parked_at": known.parked_at}


def _without_effects(subscriptions: Subscriptions) -> Subscriptions:
    """What a group hears in a replay: nothing `live_only`, and it journals nothing."""
    kept = [s for many in subscriptions.by_name.values() for s in many if not s.live_only]
    return Subscriptions(
        *kept, pii=subscriptions.pii, topics=subscriptions.topics, every=subscriptions.every
    )


def _between(before: Passed, after: Passed) -> int:
    return sum(n - before.get(key, 0) for key, n in after.items())


def _too_many(group: str) -> Conflict:
    return Conflict(
        "replay-stopped",
        f"{group} 连续太多事实无法应用：请先确认程序版本与事实相符。未做任何改动。",
        f"Too many facts in a row cannot be applied by {group}: check that this program is as new as "
        "the facts. Nothing was changed.",
    )
