"""Many routers at once on one database: each work is a transaction of its own, as a handler has it.

Run as a program it is one of several routing processes: `routers.py URL FIRST LAST` assesses the cases
FIRST..LAST-1, ten to a batch, all batches at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.sql import Upsert
from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseRegistered,
    CommitteeRegistered,
    Fact,
    MediatorAdmitted,
)
from fengqiao_routing.handlers import assess, cases, registry, schedules
from fengqiao_routing.table_file import load

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TABLE = load()
DISTRICT = "/510100/510104/"
STREETS = tuple(f"{DISTRICT}51010401{n}/" for n in range(3))
UNITS = ("s0", "s1", "s2", "district")
MEDIATORS, CAPACITY, BATCH = 16, 3, 10
AGAIN = ("40001", "40P01")


def heard(fact: Fact, sequence: int = 1) -> Received[Any]:
    """The fact as it arrives."""
    envelope = SimpleNamespace(sequence=sequence, area=DISTRICT)
    return Received(fact, cast("Any", envelope))


class Transaction:
    """What a handler needs of a Tx, on a connection of a real database; facts are collected."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.now = datetime.now(UTC)
        self._connection = connection
        self.dialect = connection.dialect.name
        self.stated: list[Fact] = []
        self.later: list[tuple[str, str, Any]] = []

    def waited(self) -> None:
        self.now = datetime.now(UTC)

    async def _execute(self, stmt: Any, params: Any = None) -> Any:
        native = stmt.native(self.dialect) if isinstance(stmt, Upsert) else stmt
        return await self._connection.execute(native, params)

    async def all(self, stmt: Any, params: Any = None) -> Sequence[Any]:
        found: Sequence[Any] = (await self._execute(stmt, params)).all()
        return found

    async def scalar(self, stmt: Any, params: Any = None) -> Any:
        return (await self._execute(stmt, params)).scalar()

    async def run(self, stmt: Any, params: Any = None) -> int:
        return int((await self._execute(stmt, params)).rowcount)

    def state(self, fact: Fact, **_: Any) -> str:
        self.stated.append(fact)
        return ""

    def due(self, kind: str, subject: str, _: datetime, data: Any = None) -> None:
        self.later.append((kind, subject, data))


@dataclass
class Routers:
    """Transactions on one engine: one routing process, as far as the database can tell."""

    engine: AsyncEngine
    retries: int = 0

    async def write[T](self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `work` in a transaction, again after a deadlock or a serialization failure."""
        for attempt in range(50):
            try:
                async with self.engine.begin() as connection:
                    tx = Transaction(connection)
                    answer = await work(cast("Tx", tx))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in AGAIN:
                    raise
                self.retries += 1
                await asyncio.sleep(0.01 * attempt)
                continue
            for kind, subject, data in tx.later:
                if kind == "move_on":
                    await self.write(partial(move_on, subject, data))
            return answer
        raise RuntimeError("no end of retries")

    async def assess(self, numbers: Sequence[int]) -> None:
        """Route one batch."""
        await self.write(lambda tx: assess.route_cases(TABLE, tx, [assessed(n) for n in numbers]))


async def move_on(subject: str, data: Any, tx: Tx) -> None:
    """The schedule of a mediator who was given a case while he left."""
    await schedules.move_on(TABLE, tx, subject, data)


@asynccontextmanager
async def routers(url: str) -> AsyncIterator[Routers]:
    """A routing process on the database `url`, with a connection for every router."""
    engine = create_async_engine(url, pool_size=70, isolation_level="READ COMMITTED")
    yield Routers(engine)
    await engine.dispose()


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


async def main(url: str, first: int, last: int) -> None:
    """One of several processes."""
    async with routers(url) as process:
        await assess_all(process, first, last)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
