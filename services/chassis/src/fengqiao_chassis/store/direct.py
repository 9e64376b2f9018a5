"""SQLite without a thread: statements run where they are called, only BEGIN and COMMIT leave the loop.

A write transaction has many short statements. Handing each of them to a thread costs more than the
statement: a queue, a wake-up through a socket pair and two fights for the interpreter's lock. What
may wait for long (another process's lock, the disk) still goes to a thread. Long reads belong to
the pool of readers, which keeps the threads.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

DRIVER = "sqlite+direct"


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
        """COMMIT waits for the disk (fsync), so it waits in a thread."""
        if dbapi_connection.in_transaction:
            await_only(_in_thread(dbapi_connection, "COMMIT"))


async def execute(conn: AsyncConnection, stmt: Executable, params: Any) -> CursorResult[Any]:
    """Run a statement on a connection of either kind; a direct one needs no switch of context."""
    if conn.dialect.driver == DirectSqlite.driver and conn.sync_connection is not None:
        return conn.sync_connection.execute(stmt, params)
    return await conn.execute(stmt, params)


async def execute_many(conn: AsyncConnection, sql: str, rows: list[tuple[Any, ...]]) -> int:
    """Run a statement of the driver's own words for every row; the row count."""
    if conn.dialect.driver == DirectSqlite.driver and conn.sync_connection is not None:
        return conn.sync_connection.exec_driver_sql(sql, rows).rowcount
    return (await conn.exec_driver_sql(sql, rows)).rowcount


def begin_direct(conn: Connection, statement: str) -> None:
    """BEGIN; one that takes the write lock may have to wait for another process, so in a thread."""
    connection: Any = conn.connection.dbapi_connection
    if statement == "BEGIN":
        connection.execute(statement)
    else:
        await_only(_in_thread(connection, statement))


async def _in_thread(connection: sqlite3.Connection, statement: str) -> None:
    """Not to be left before the thread is done, not even when the task is cancelled: the connection
    would go back to the pool while it is in use.
    """
    running = asyncio.get_running_loop().run_in_executor(None, connection.execute, statement)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


registry.register("sqlite.direct", __name__, "DirectSqlite")
