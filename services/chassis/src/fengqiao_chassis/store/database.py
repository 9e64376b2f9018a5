"""The database: one writer on SQLite with commands before batches, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fengqiao_contracts.errors import Busy

from .direct import DRIVER, begin_direct, rolled_back
from .opening import PRAGMAS, opened

Work = Callable[[AsyncConnection], Awaitable[Any]]
COMMAND, BATCH = 0, 1
RETRIES = 12
READERS = 4
_GONE_STATES = ("08", "53", "57P")
_SQLITE_GONE = ("locked", "unable to open", "disk i/o", "readonly")
WRITER_MS = 30_000
GROUP = 64
"""Commands that may share one SQLite commit."""


def _tune(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@dataclass(order=True)
class _Job:
    priority: int
    number: int
    work: Work = field(compare=False)
    done: asyncio.Future[Any] = field(compare=False)


class Database:
    """An open database. `write` runs work in one transaction; `read` gives a read connection."""

    def __init__(self, url: str, *, queue: int = 1000, pool: int = 10) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.queue_limit = queue
        self.waiting = 0
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._watchers: list[asyncio.Event] = []
        self.tail: object = None
        """What the embedded bus keeps of its log for all readers."""
        self.stated = 0
        """Commits of this process that stated facts."""
        if self.sqlite:
            Path(url.removeprefix("sqlite+aiosqlite:///")).parent.mkdir(parents=True, exist_ok=True)
            self.writes = _direct_engine(url, "BEGIN IMMEDIATE")
            self.reads = _reader_engine(url)
            self.glances = _direct_engine(url, "BEGIN")
        else:
            self.writes = self.reads = self.glances = create_async_engine(
                url,
                pool_size=pool,
                max_overflow=pool,
                pool_pre_ping=True,
                pool_timeout=30,
                connect_args={"server_settings": {"jit": "off", "application_name": "fengqiao"}},
            )

    async def open(self) -> None:
        """Open SQLite's few connections now, so that what cannot be opened is told at the start."""
        if self.sqlite:
            async with self.writes.connect(), self.glances.connect(), AsyncExitStack() as stack:
                for _ in range(READERS):
                    await stack.enter_async_context(self.reads.connect())

    async def close(self) -> None:
        """Stop the writer and close every connection."""
        if self._writer:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self.writes.dispose()
        await self.reads.dispose()
        await self.glances.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection with a read transaction."""
        async with self.reads.connect() as conn:
            yield conn

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """A connection for a few rows by their key: on SQLite it holds up the loop, and saves the
        threads that a `read` needs.
        """
        async with self.glances.connect() as conn:
            yield conn

    async def write(self, work: Work, *, priority: int = COMMAND) -> Any:
        """Run `work(conn)` in one transaction and commit; retried on serialization failures.

        Commands come before batches. Raises Busy when the queue of commands is full.
        """
        if priority == COMMAND and self.waiting >= self.queue_limit:
            raise Busy(
                "queue-full", "系统繁忙，请稍后重试。", "The system is busy; try again shortly."
            )
        self.waiting += 1
        try:
            if self.sqlite:
                return await self._enqueue(work, priority)
            return await self._write_pooled(work)
        finally:
            self.waiting -= 1

    def watch(self) -> asyncio.Event:
        """An event set after each commit of this process that stated facts."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return watcher

    def notify(self) -> None:
        """Wake those who watch."""
        self.stated += 1
        for watcher in self._watchers:
            watcher.set()

    async def _write_pooled(self, work: Work) -> Any:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.writes.begin() as conn:
                    result = await work(conn)
            except DBAPIError as error:
                if attempt >= RETRIES or not _transient(error):
                    raise
                await asyncio.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 6)))  # noqa: S311
                continue
            return result

    async def _enqueue(self, work: Work, priority: int) -> Any:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_loop())
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._jobs, _Job(priority, next(self._numbers), work, done))
        self._wake.set()
        return await done

    async def _write_loop(self) -> None:
        while True:
            while not self._jobs:
                self._wake.clear()
                await self._wake.wait()
            group = [heapq.heappop(self._jobs)]
            if group[0].priority == COMMAND:
                while self._jobs and self._jobs[0].priority == COMMAND and len(group) < GROUP:
                    group.append(heapq.heappop(self._jobs))
            await self._commit_group([job for job in group if not job.done.cancelled()])

    async def _commit_group(self, group: list[_Job]) -> None:
        """One commit for several commands, a savepoint each: one that fails takes only itself back."""
        results: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            async with self.writes.begin() as conn:
                for job in group:
                    one = await _attempt(conn, job, alone=len(group) == 1)
                    results.append(one)
                    if one[2] is not None and rolled_back(conn):
                        raise one[2]  # those before it are lost too
                if len(group) == 1 and results[0][2] is not None:
                    raise results[0][2]
        except BaseException as error:
            for job in group:
                if not job.done.done():
                    job.done.set_exception(_public(error))
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        for job, value, failure in results:
            if job.done.done():
                continue
            if failure is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(failure)


async def _attempt(
    conn: AsyncConnection, job: _Job, *, alone: bool
) -> tuple[_Job, Any, BaseException | None]:
    savepoint = None if alone else await conn.begin_nested()
    try:
        value = await job.work(conn)
        if savepoint is not None:
            await savepoint.commit()
    except Exception as error:
        if savepoint is not None and savepoint.is_active and not rolled_back(conn):
            await savepoint.rollback()
        return job, None, error
    return job, value, None


def _public(error: BaseException) -> BaseException:
    if isinstance(error, asyncio.CancelledError):
        return Busy("stopping", "系统正在停止。", "The system is stopping.")
    return error


def _direct_engine(url: str, begin: str) -> AsyncEngine:
    """One connection whose statements are short and run in the loop's thread."""
    direct = url.replace("sqlite+aiosqlite", DRIVER, 1)
    engine = create_async_engine(direct, pool_size=1, max_overflow=0, pool_timeout=60)
    event.listen(engine.sync_engine, "connect", _tune)
    event.listen(engine.sync_engine, "connect", _be_patient)
    event.listen(engine.sync_engine, "begin", lambda conn: begin_direct(conn, begin))
    return engine


def _be_patient(connection: Any, _record: Any) -> None:
    """Another process may hold the write lock for long (a replay's exchange); the wait is a thread's."""
    connection.execute(f"PRAGMA busy_timeout={WRITER_MS}")


def _reader_engine(url: str) -> AsyncEngine:
    """Connections that read, each in a thread: a search may take long."""
    engine = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"async_creator_fn": opened},
    )
    event.listen(engine.sync_engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    return engine


def _transient(error: DBAPIError) -> bool:
    """Serialization failure, deadlock, or a lock not had in time."""
    return sqlstate(error) in {"40001", "40P01", "55P03"}


def disk_full(error: BaseException) -> bool:
    """Whether a database error says that the disk is full."""
    text = str(getattr(error, "orig", error))
    return (
        "disk is full" in text or getattr(getattr(error, "orig", None), "sqlstate", "") == "53100"
    )


def away(error: BaseException) -> bool:
    """Whether the database failed, not the work: it does not answer, has no connection, is full."""
    if isinstance(error, PoolTimeout | ConnectionError | TimeoutError) or disk_full(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, InterfaceError):
        # asyncpg calls a value that it cannot send so, too
        return not isinstance(getattr(error.orig, "__cause__", None), ValueError)
    if state := sqlstate(error):
        return state.startswith(_GONE_STATES)
    text = str(error.orig).lower()
    if "sqlite" in type(error.orig).__module__:
        return any(word in text for word in _SQLITE_GONE)
    return isinstance(error, OperationalError)


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of an error; "" where there is none."""
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
