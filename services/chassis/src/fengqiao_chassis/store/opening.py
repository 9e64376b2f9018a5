"""Opening a reading connection of SQLite so that none stays behind, whenever its task is cancelled.

A read that is cancelled takes its connection with it, and the next read opens another. Were that one
cancelled while its thread is just opening the file, nobody would know of the file any more.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiosqlite

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "cache_size=-65536",
    "temp_store=MEMORY",
)
"""What every connection of the embedded mode is set to."""


async def opened(*args: Any, **options: Any) -> aiosqlite.Connection:
    """A tuned connection. A cancelled caller waits until it is open, closes it, and then is cancelled."""
    opening = asyncio.create_task(_open(*args, **options))
    cancelled = await outlasted(opening)
    if cancelled is None:
        return opening.result()
    if opening.exception() is None:
        await opening.result().close()
    raise cancelled


async def _open(*args: Any, **options: Any) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*args, **options, isolation_level=None)
    connection._thread.daemon = True  # noqa: SLF001 -- as SQLAlchemy does: it must not hold up the end
    await connection
    try:
        for pragma in PRAGMAS:
            await (await connection.execute(f"PRAGMA {pragma}")).close()
    except BaseException:
        await connection.close()
        raise
    return connection


async def outlasted(running: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait until something is done, however often the waiting task is cancelled meanwhile; the
    cancellation is given back, to be raised once what must be is done.
    """
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as stop:
            cancelled = stop
    return cancelled
