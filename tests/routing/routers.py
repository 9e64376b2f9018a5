"""Many routers at once on one database: each work is a transaction of the chassis, as a consumer has it.

Run as a program it is one of several routing processes: `routers.py URL KEYS FIRST LAST` assesses the
cases FIRST..LAST-1, ten to a batch, all batches at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from fengqiao_chassis.bus import Received
from fengqiao_chassis.bus.codec import partition_of
from fengqiao_chassis.clock import Clock
from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.schedule import Scheduler
from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.database import Database
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseRegistered,
    CommitteeRegistered,
    Fact,
    MediatorAdmitted,
)
from fengqiao_contracts.ids import new_id
from fengqiao_routing.app import build
from fengqiao_routing.handlers import assess, cases, registry
from fengqiao_routing.table_file import load

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TABLE = load()
DISTRICT = "/510100/510104/"
STREETS = tuple(f"{DISTRICT}51010401{n}/" for n in range(3))
UNITS = ("s0", "s1", "s2", "district")
MEDIATORS, CAPACITY, BATCH = 16, 3, 10
CONNECTIONS = 32
"""Of a process, and as many more when all are taken: every one of 64 routers has its own."""


def heard(fact: Fact, sequence: int = 1) -> Received[Any]:
    """The fact as it arrives."""
    envelope = Envelope(
        id=new_id(),
        source="/test",
        type=fact.TYPE,
        time=NOON,
        subject=fact.subject,
        topic=fact.TOPIC,
        partition=partition_of(fact.subject),
        sequence=sequence,
        order=sequence,
        position=sequence,
        log_number=1,
        correlation_id=fact.subject,
        causation_id=None,
        traceparent=None,
        actor="test",
        area=DISTRICT,
        data=b"{}",
        pii=None,
    )
    return Received(fact, envelope)


@dataclass
class Routers:
    """One routing process: its door to the database and its scheduler; the test is its consumers."""

    db: ServiceDb
    scheduler: Scheduler
    retries: int = 0
    """Works begun again, by the chassis, after a deadlock or a serialization failure."""

    async def write[T](self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `work` as a batch."""
        begun = 0

        async def counted(tx: Tx) -> T:
            nonlocal begun
            begun += 1
            return await work(tx)

        done = await self.db.batch(counted)
        self.retries += begun - 1
        return done

    async def assess(self, numbers: Sequence[int]) -> None:
        """Route one batch."""
        await self.write(lambda tx: assess.route_cases(TABLE, tx, [assessed(n) for n in numbers]))

    async def rest(self) -> None:
        """Do what is due by now, until nothing is."""
        while await self.scheduler.tick():
            pass


@asynccontextmanager
async def routers(url: str, keys: Path) -> AsyncIterator[Routers]:
    """A routing process on the migrated database `url`; its scheduler runs beside it."""
    database = Database(url, pool=CONNECTIONS)
    db = ServiceDb(database, "routing", Keyring.load(keys / "pii.json"), Clock())
    scheduler = Scheduler(db, {one.kind: one.handler for one in build().schedules}, interval=0.1)
    beside = asyncio.create_task(scheduler.run())
    try:
        yield Routers(db, scheduler)
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        await database.close()


def assessed(number: int) -> Received[CaseAssessed]:
    grade = ("red", "yellow", "blue")[number % 3]
    fact = CaseAssessed(
        case_id=f"c{number:04d}",
        revision=1,
        type="02",
        suitability="M",
        grade=cast("Any", grade),
        score=1,
        confidence=1,
        policy_version="p1",
        input_sha256="0" * 64,
        assessed_at=NOON,
    )
    return heard(fact)


def registered(number: int) -> Received[CaseRegistered]:
    fact = CaseRegistered(
        case_id=f"c{number:04d}",
        number=str(number),
        unit="u1",
        channel="self",
        source="application",
        area="510104",
        area_path=STREETS[number // 3 % 3],
        reported_at=NOON,
        received_at=NOON,
        reporter="r1",
        sha256="0" * 64,
    )
    return heard(fact)


def committee(name: str) -> Received[CommitteeRegistered]:
    path = DISTRICT if name == "district" else STREETS[int(name[1])]
    fact = CommitteeRegistered(
        committee_id=name,
        revision=1,
        name=name,
        kind="district" if name == "district" else "street",
        area="510104",
        area_path=path,
        registered_at=NOON,
    )
    return heard(fact)


def mediator(number: int) -> Received[MediatorAdmitted]:
    fact = MediatorAdmitted(
        mediator_id=f"m{number}",
        committee_id=UNITS[number % 4],
        area_path=DISTRICT,
        specialities=(),
        grade=2,
        capacity=CAPACITY,
        admitted_at=NOON,
    )
    return heard(fact)


async def found_town(process: Routers, number_of_cases: int) -> None:
    """Three streets and their district with sixteen mediators, and cases that nobody assessed."""
    await process.write(lambda tx: registry.enter_committees(tx, [committee(u) for u in UNITS]))
    team = [mediator(n) for n in range(MEDIATORS)]
    await process.write(lambda tx: registry.admit_mediators(TABLE, tx, team))
    everyone = [registered(n) for n in range(number_of_cases)]
    await process.write(lambda tx: cases.remember_cases(tx, everyone))


async def assess_all(process: Routers, first: int, last: int) -> None:
    """Route the cases, ten to a batch, all batches at once."""
    batches = (range(n, min(n + BATCH, last)) for n in range(first, last, BATCH))
    await asyncio.gather(*(process.assess(batch) for batch in batches))


async def main(url: str, keys: Path, first: int, last: int) -> None:
    """One of several processes."""
    async with routers(url, keys) as process:
        await assess_all(process, first, last)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
