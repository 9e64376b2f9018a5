"""Shadow tables: empty copies of a service's tables that one connection finds before the real ones.

They are temporary tables, so that the service's own queries reach them unchanged, and a run that is
cut leaves nothing behind: they end with their connection.
"""

from __future__ import annotations

import fcntl
import sqlite3
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, override

from sqlalchemy import (
    Column,
    MetaData,
    Table,
    and_,
    delete,
    event,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from fengqiao_contracts.errors import Conflict

from .projection import Projection
from .session import ServiceDb
from .tx import ReadTx, Tx

_READ_ONLY = text("SET TRANSACTION READ ONLY")
"""On PostgreSQL such a transaction may write temporary tables and nothing else."""
_LOCK = text("SELECT pg_try_advisory_lock(:class, :group)")
_LOCK_CLASS = 0x66656E67
_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_PRAGMAS = ("synchronous=FULL", "busy_timeout=30000", "temp_store=FILE", "cache_size=-65536")


class Shadow:
    """The shadow tables of a group, on a connection of their own."""

    def __init__(
        self, engine: AsyncEngine, conn: AsyncConnection, projections: Sequence[Projection]
    ) -> None:
        self.conn = conn
        self.sqlite = conn.dialect.name == "sqlite"
        self.projections = projections
        self._begin = "BEGIN"
        self._copies = MetaData()
        self._places = ("main", "temp")
        self._wrong: dict[str, Table] = {}
        if self.sqlite:
            event.listen(engine.sync_engine, "begin", lambda c: c.exec_driver_sql(self._begin))

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, group: str, projections: Sequence[Projection], more: Sequence[Table]
    ) -> AsyncIterator[Shadow]:
        """Empty copies of the projections' tables and of `more`, for one run per group at a time.

        Raises Conflict while another run has the group.
        """
        engine = create_async_engine(url, poolclass=NullPool)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            if url.startswith("sqlite"):
                event.listen(engine.sync_engine, "connect", _tune)
                stack.enter_context(_alone(url, group))
            shadow = cls(engine, await stack.enter_async_context(engine.connect()), projections)
            await shadow._make(group, more)
            yield shadow

    async def _make(self, group: str, more: Sequence[Table]) -> None:
        async with self.conn.begin():
            if not self.sqlite:
                lock = {"class": _LOCK_CLASS, "group": zlib.crc32(group.encode()) & 0x7FFFFFFF}
                if not (await self.conn.execute(_LOCK, lock)).scalar():
                    raise _taken(group)
                schema = (await self.conn.execute(select(func.current_schema()))).scalar()
                self._places = (str(schema), "pg_temp")
            for table in dict.fromkeys([*(p.table for p in self.projections), *more]):
                table.to_metadata(self._copies, schema=self._places[1])
            for p in self.projections:
                columns = [Column(k, p.table.c[k].type) for k in p.keys]
                name = f"replay_wrong_{p.table.name}"
                self._wrong[p.table.name] = Table(
                    name, self._copies, *columns, schema=self._places[1]
                )
            await self.conn.run_sync(lambda c: self._copies.create_all(c, checkfirst=False))
        await self._guard(on=True)

    async def _guard(self, *, on: bool) -> None:
        """SQLite's read-only transaction: no statement may write a table of the file."""
        if self.sqlite:
            raw = await self.conn.get_raw_connection()
            await raw.driver_connection.set_authorizer(_deny if on else None)  # type: ignore[union-attr]

    def real(self, table: Table) -> Table:
        """The table that a shadow hides from this connection."""
        return table.to_metadata(MetaData(), schema=self._places[0])

    def _copy(self, table: Table) -> Any:
        return self._copies.tables[f"{self._places[1]}.{table.name}"].alias("shadow")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Writes to the shadows and to nothing else; inside `exclusive` a savepoint."""
        if self.conn.in_transaction():
            async with self.conn.begin_nested():
                yield self.conn
            return
        async with self.conn.begin():
            if not self.sqlite:
                await self.conn.execute(_READ_ONLY)
            yield self.conn

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[AsyncConnection]:
        """The one transaction that may write the real tables: all of it or nothing."""
        await self._guard(on=False)
        self._begin = "BEGIN IMMEDIATE"
        try:
            async with self.conn.begin():
                yield self.conn
        finally:
            self._begin = "BEGIN"
            await self._guard(on=True)

    async def seed(self) -> None:
        """Bring rows that commands made into the shadows, with the facts' columns at the start.

        Of the others only what a row cannot be without: no personal text is copied.
        """
        async with self.transaction() as conn:
            for p in self.projections:
                if not p.initial:
                    continue
                real, copy = self.real(p.table), self._copy(p.table)
                wanted = [c for c in real.c if c.name in p.initial or not c.nullable]
                first = [
                    literal(p.initial[c.name], c.type) if c.name in p.initial else c for c in wanted
                ]
                missing = select(*first).where(~exists().where(_same(p, real, copy)))
                await conn.execute(
                    insert(copy.element).from_select([c.name for c in wanted], missing)
                )

    async def exchange(self) -> dict[str, int]:
        """Make the real tables as the shadows are; per table how many keys differed."""
        return {p.table.name: await self._exchange(p) for p in self.projections}

    async def _exchange(self, p: Projection) -> int:
        real, copy = self.real(p.table), self._copy(p.table)
        if p.initial:
            differ = or_(*[real.c[n].is_distinct_from(copy.c[n]) for n in p.initial])
            moved = update(real).values({n: copy.c[n] for n in p.initial})
            done = await self.conn.execute(moved.where(_same(p, real, copy), differ))
            return done.rowcount
        wrong = self._wrong[p.table.name]
        found = insert(wrong).from_select(list(p.keys), _differing(p, real, copy))
        count = (await self.conn.execute(found)).rowcount
        if count:
            await self.conn.execute(delete(real).where(exists().where(_same(p, real, wrong))))
            rows = select(*[copy.c[n] for n in p.compared])
            rows = rows.where(exists().where(_same(p, copy, wrong)))
            if p.serial:
                rows = rows.order_by(copy.c[p.serial])
            await self.conn.execute(insert(real).from_select(list(p.compared), rows))
        return count


class ShadowDb(ServiceDb):
    """A service's door to its shadow tables: what its handlers gather to state, to schedule, to audit
    or to do after the commit is dropped.
    """

    def __init__(self, shadow: Shadow, of: ServiceDb) -> None:
        super().__init__(of.database, of.service, of.keys, of.clock)
        self.shadow = shadow

    @override
    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        async with self.shadow.transaction() as conn:
            yield ReadTx(conn, self.service, self.keys, self.clock.now())

    @override
    async def _write[T](
        self,
        work: Callable[[Tx], Awaitable[T]],
        priority: int,
        actor: str,
        correlation: str | None,
        traceparent: str | None,
    ) -> T:
        async with self.shadow.transaction() as conn:
            tx = Tx(conn, self.service, self.keys, self.clock, actor=actor)
            tx.live = False
            return await work(tx)


def _same(p: Projection, a: Any, b: Any) -> Any:
    return and_(*[a.c[k] == b.c[k] for k in p.keys])


def _differing(p: Projection, real: Any, copy: Any) -> Any:
    """The keys whose rows are not the same on both sides, their order under `serial` included."""
    both = union_all(_comparable(p, real), _comparable(p, copy)).subquery()
    # a row of one side is there once; equal rows of both sides make a group of two
    alone = select(*[both.c[k] for k in p.keys]).group_by(*both.c).having(func.count() == 1)
    return alone.distinct()


def _comparable(p: Projection, table: Any) -> Any:
    columns = [table.c[n] for n in p.compared]
    if p.serial:
        keys = [table.c[k] for k in p.keys]
        rank = func.row_number().over(partition_by=keys, order_by=table.c[p.serial])
        columns.append(rank.label("replay_rank"))
    query = select(*columns)
    return query.where(or_(*[table.c[n] != v for n, v in p.void.items()])) if p.void else query


def _tune(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _deny(action: int, _one: str | None, _two: str | None, place: str | None, *_: Any) -> int:
    return sqlite3.SQLITE_DENY if place == "main" and action in _WRITES else sqlite3.SQLITE_OK


@contextmanager
def _alone(url: str, group: str) -> Any:
    """A lock beside the SQLite file that the system frees when the process ends."""
    path = Path(url.partition("///")[2])
    with path.with_name(f"{path.name}.replay-{group}.lock").open("a") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _taken(group) from None
        yield


def _taken(group: str) -> Conflict:
    return Conflict(
        "replay-running",
        f"{group} 正在重放：请等它结束后再运行。未做任何改动。",
        f"A replay of {group} is running: wait until it ends. Nothing was changed.",
    )
