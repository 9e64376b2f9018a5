"""SQLite without a thread: statements run where they are called, only BEGIN and COMMIT leave the loop.

A write transaction has many short statements. Handing each of them to a thread costs more than the
statement: a queue, a wake-up through a socket pair and two fights for the interpreter's lock. What
may wait for long (another process's lock, the disk) still goes to a thread. Long reads belong to
the pool of readers, which keeps the threads.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

from .opening import outlasted

DRIVER = "sqlite+direct"
_THREADS = ThreadPoolExecutor(8, "sqlite")
"""Of their own: look-ups of names that do not answer would fill the loop's."""


class DirectSqlite(SQLiteDialect_pysqlite):
    """The standard library's driver behind SQLAlchemy's asyncio interface."""

    driver = "direct"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:  # noqa: ARG003 -- SQLAlchemy's signature
        """The pool whose queue waits without blocking the loop."""
        return pool.AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        """The arguments of pysqlite; COMMIT comes from a thread."""
        arguments, options = super().create_connect_args(url)
        return arguments, dict(options) | {"check_same_thread": False}

    def do_commit(self, dbapi_connection: Any) -> None:
        """COMMIT waits for the disk (fsync), so it waits in a thread.

        On a full disk or an I/O error SQLite rolls back by itself: then there is nothing to commit,
        and to say nothing would be to promise what is lost.
        """
        if not dbapi_connection.in_transaction:
            raise sqlite3.OperationalError("the transaction was rolled back: disk I/O error")
        await_only(_in_thread(dbapi_connection, "COMMIT"))


async def execute(conn: AsyncConnection, stmt: Executable, params: Any) -> CursorResult[Any]:
    """Run a statement on a connection of either kind; a direct one needs no switch of context."""
    if direct := _direct(conn):
        return direct.execute(stmt, params)
    return await conn.execute(stmt, params)


async def execute_many(conn: AsyncConnection, sql: str, rows: list[tuple[Any, ...]]) -> int:
    """Run a statement of the driver's own words for every row; the row count."""
    if direct := _direct(conn):
        return direct.exec_driver_sql(sql, rows).rowcount
    return (await conn.exec_driver_sql(sql, rows)).rowcount


def begin_direct(conn: Connection, statement: str) -> None:
    """BEGIN; one that takes the write lock may have to wait for another process, so in a thread."""
    connection: Any = conn.connection.dbapi_connection
    try:
        if statement == "BEGIN":
            connection.execute(statement)
        else:
            await_only(_in_thread(connection, statement))
    except sqlite3.Error as error:  # an event is not inside what SQLAlchemy wraps
        raise OperationalError(statement, None, error) from error


def rolled_back(conn: AsyncConnection) -> bool:
    """Whether SQLite has ended the transaction by itself, as it does on a full disk."""
    direct = _direct(conn)
    if direct is None:
        return False
    driver: Any = direct.connection.dbapi_connection
    return not driver.in_transaction


def _direct(conn: AsyncConnection) -> Connection | None:
    """The connection beneath, where it is one of this driver."""
    return conn.sync_connection if conn.dialect.driver == DirectSqlite.driver else None


async def _in_thread(connection: sqlite3.Connection, statement: str) -> None:
    """Not to be left before the thread is done, however often the task is cancelled: the connection
    would go back to the pool while it is in use.
    """
    running = asyncio.get_running_loop().run_in_executor(_THREADS, connection.execute, statement)
    cancelled = await outlasted(running)
    if cancelled is not None:
        running.exception()
        raise cancelled
    running.result()


registry.register("sqlite.direct", __name__, "DirectSqlite")
