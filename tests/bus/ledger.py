"""A small projection for replays: a line per subject, a log of its facts, and what must never run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bus.world import Recorder, World, metadata, state
from sqlalchemy import Column, Integer, String, Table, bindparam, delete, insert, select, update

from fengqiao_chassis.bus import Received, Subscriptions, on
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.replay import Rebuilt, Replay, Target
from fengqiao_chassis.store import Projection, upsert
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.sql import excluded
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.errors import Reject
from fengqiao_contracts.facts import PersonalDataErased
from fengqiao_contracts.ids import new_id

GROUP = "analytics"
SERVICES = ("intake", "triage", "routing")


lines = Table(
    "test_lines",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("facts", Integer, nullable=False),
    Column("last", String(80)),
)
sums = Table(
    "test_sums",
    metadata,
    Column("note", String(80), primary_key=True),
    Column("n", Integer, nullable=False),
)
log = Table(
    "test_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(64), nullable=False),
    Column("fact_id", String(36), nullable=False),
)
cards = Table(
    "test_cards",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("title", String(80), nullable=False),
    Column("secret", String(80)),
    Column("last", String(80)),
)
"""A command's rows, of which the facts move `last` alone."""

NOTE_CARD = update(cards).where(cards.c.subject == bindparam("card")).values(last=bindparam("note"))
LINES, SUMS = Projection(lines), Projection(sums, void={"n": 0})
LOG = Projection(log, key=("subject",), serial="id")
CARDS = Projection(cards, initial={"last": None})


@dataclass
class Ledger:
    """A group with this projection: what it hears, and what went out of it."""

    world: World
    bad: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    stray: str = ""

    def subscriptions(self) -> Subscriptions:
        return Subscriptions(
            on(PersonalDataErased, self.project), on(PersonalDataErased, self.send, live_only=True)
        )

    async def project(self, tx: Tx, items: Sequence[Received[Any]]) -> None:
        """The projection; it states, schedules and audits too, which only a live run may keep."""
        notes = [(i.envelope.subject, i.fact.reason, i.envelope.id) for i in items]
        await tx.run(insert(log), [{"subject": s, "fact_id": i} for s, _, i in notes])
        rows = [{"subject": s, "facts": 1, "last": note} for s, note, _ in notes]
        more = {"facts": lines.c.facts + 1, "last": excluded(lines, "last")}
        await tx.run(upsert(lines, ["subject"], update=more), rows)
        counts = Counter(note for _, note, _ in notes)
        total = {"n": sums.c.n + excluded(sums, "n")}
        await tx.run(
            upsert(sums, ["note"], update=total),
            [{"note": note, "n": n} for note, n in sorted(counts.items())],
        )
        await tx.run(NOTE_CARD, [{"card": s, "note": note} for s, note, _ in notes])
        if self.bad & {note for _, note, _ in notes}:
            raise Reject("bad note")
        if self.stray in {subject for subject, _, _ in notes}:
            row = {"service": "stray", "incarnation": 0, "log_number": 1}
            await tx.run(insert(t.sources), [row])
        if not tx.live:
            fact = PersonalDataErased(case_id="echo", reason="echo", erased_at=tx.now)
            tx.state(fact, area="/510100/", cause=items[0])
            tx.due("test", "echo", tx.now)
            tx.audit("echo", "echo")
            tx.after_commit(lambda: self.sent.append("after the commit"))

    async def send(self, tx: Tx, items: Sequence[Received[Any]]) -> None:
        """An effect outside."""
        self.sent.append(f"{len(items)} letters")

    async def start(self) -> Consumer:
        """Start the register's group and a member of this one; the member."""
        self.register = await self.world.member("intake", Recorder(), journal=True)
        self.member = await self.another()
        return self.member

    async def settle(self) -> None:
        """Until both groups have passed all that is stated."""
        await self.world.settle(self.member, self.register)

    async def another(self) -> Consumer:
        """A started member of the group."""
        subscriptions = self.subscriptions()
        reader = self.world.reader(GROUP, subscriptions.topics)
        consumer = Consumer(self.world.service(GROUP), reader, subscriptions)
        await consumer.start()
        self.world.stack.push_async_callback(reader.close)
        return consumer

    async def replay(self) -> Rebuilt:
        """Replay the group."""
        return await self.replay_by(Replay).run()

    def replay_by[R: Replay](self, kind: type[R]) -> R:
        """A replay of the group; the register's journal lies in the same database."""
        db = self.world.service(GROUP)
        target = Target(db, self.subscriptions(), (LINES, SUMS, LOG, CARDS))
        intake = self.world.service("intake")
        return kind(target, intake, [db])

    async def held(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the projection; the log in its order per subject, without its numbers."""
        async with self.world.database.read() as conn:
            found = {
                table.name: sorted(tuple(r) for r in (await conn.execute(select(table))).all())
                for table in (lines, sums, cards)
            }
            rows = (await conn.execute(select(log).order_by(log.c.subject, log.c.id))).all()
        found["test_sums"] = [r for r in found["test_sums"] if r[1]]
        return found | {"test_log": [(r.subject, r.fact_id) for r in rows]}

    async def group(self) -> list[tuple[Any, ...]]:
        """The group's rows of the bus, and all that was ever stated, scheduled and audited."""
        async with self.world.database.read() as conn:
            found = []
            for table in (t.offsets, t.passed, t.parked, t.held, t.positions, t.due):
                rows = (await conn.execute(select(table))).all()
                found += sorted((table.name, *map(str, r)) for r in rows)
            return [*found, *((await conn.execute(select(t.outbox.c.fact_id))).all())]

    async def damage_lines(self) -> None:
        """Change every line and take one in three away, whatever stands in them."""

        async def work(tx: Tx) -> None:
            subjects = [r[0] for r in await tx.all(select(lines.c.subject).order_by("subject"))]
            await tx.run(delete(lines).where(lines.c.subject.in_(subjects[::3])))
            await tx.run(update(lines).values(facts=lines.c.facts - 1))

        await self.world.service(GROUP).write(work)

    async def damage(self) -> None:
        """Take rows away, change others, and put in what no fact speaks of."""

        async def work(tx: Tx) -> None:
            subjects = [r[0] for r in await tx.all(select(lines.c.subject).order_by("subject"))]
            await tx.run(delete(lines).where(lines.c.subject.in_(subjects[::3])))
            await tx.run(update(lines).where(lines.c.subject.in_(subjects[1::3])).values(facts=99))
            await tx.run(insert(lines), [{"subject": "nobody", "facts": 1, "last": "x"}])
            await tx.run(update(sums).values(n=sums.c.n + 3))
            firsts = select(log.c.id).where(log.c.subject.in_(subjects[::2])).order_by(log.c.id)
            ids = [r[0] for r in await tx.all(firsts)]
            await tx.run(delete(log).where(log.c.id.in_(ids[::2])))
            await tx.run(update(log).where(log.c.id == ids[1]).values(fact_id="wrong"))
            await tx.run(update(cards).values(last="wrong"))

        await self.world.service(GROUP).write(work)


async def tell(ledger: Ledger, subjects: list[str], *notes: str) -> None:
    """Each service in turn states a note of every subject."""
    for n, note in enumerate(notes):
        await state(ledger.world.service(SERVICES[n % len(SERVICES)]), subjects, note)


async def filled(ledger: Ledger, count: int = 24) -> list[str]:
    """Subjects with cards and five facts each, all heard and journalled."""
    subjects = [new_id() for _ in range(count)]
    rows = [{"subject": s, "title": "t", "secret": "s", "last": None} for s in subjects]
    await ledger.world.service(GROUP).write(lambda tx: tx.run(insert(cards), rows))
    await ledger.start()
    await tell(ledger, subjects, "a", "b", "c", "d", "e")
    await ledger.settle()
    return subjects


async def expected(ledger: Ledger) -> dict[str, tuple[int, str]]:
    """Facts and last note of every subject, counted from what was stated."""
    async with ledger.world.database.read() as conn:
        rows = (await conn.execute(select(t.outbox).order_by(t.outbox.c.id))).all()
    found: dict[str, tuple[int, str]] = {}
    for row in rows:
        note = str(PersonalDataErased.model_validate_json(row.data).reason)
        found[row.subject] = (found.get(row.subject, (0, ""))[0] + 1, note)
    return found


async def shown(ledger: Ledger) -> dict[str, tuple[int, str]]:
    return {s: (n, last) for s, n, last in (await ledger.held())["test_lines"]}
