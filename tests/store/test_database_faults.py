"""A full disk, a locked file, a value that cannot be sent: each is told as what it is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from fengqiao_chassis.store import database as module
from fengqiao_chassis.store.database import Database, away, disk_full
from fengqiao_chassis.store.direct import execute


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(module, "WRITER_MS", 50)
    made = Database(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    await made.open()
    await made.write(_run("CREATE TABLE notes (name TEXT, body BLOB)"))
    yield made
    await made.close()


def _run(sql: str, **params: Any) -> Any:
    async def work(conn: AsyncConnection) -> None:
        await execute(conn, text(sql), params)

    return work


def _insert(name: str, size: int) -> Any:
    return _run("INSERT INTO notes VALUES (:name, :body)", name=name, body=b"x" * size)


async def test_on_a_full_disk_no_command_is_answered_that_is_lost(database: Database) -> None:
    await database.write(_run("PRAGMA max_page_count = 20"))
    commands = [_insert("one", 10), _insert("too-large", 500_000), _insert("two", 10)]
    answers = await asyncio.gather(*map(database.write, commands), return_exceptions=True)
    async with database.read() as conn:
        kept = set((await conn.execute(text("SELECT name FROM notes"))).scalars())
    done = {name for name, a in zip(("one", "too-large", "two"), answers, strict=True) if a is None}
    assert done <= kept
    told = [a for a in answers if isinstance(a, BaseException)]
    assert told
    assert all(disk_full(error) for error in told), [repr(e) for e in told]


async def test_a_file_locked_by_another_process_is_a_database_that_is_away(
    database: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBAPIError) as refused:
        await database.write(_insert("one", 10))
    assert away(refused.value)
    other.execute("ROLLBACK")
    other.close()
    await database.write(_insert("one", 10))


async def test_a_cancelled_command_leaves_the_writer_whole(database: Database) -> None:
    task = asyncio.create_task(database.write(_insert("gone", 10)))
    await asyncio.sleep(0)
    task.cancel()
    await database.write(_insert("kept", 10))
    async with database.read() as conn:
        assert "kept" in set((await conn.execute(text("SELECT name FROM notes"))).scalars())


@pytest.mark.postgres
@pytest.mark.slow
async def test_a_value_that_cannot_be_sent_is_no_database_away(database_url: str) -> None:
    engine = create_async_engine(database_url)
    try:
        async with engine.connect() as conn:
            with pytest.raises(DBAPIError) as refused:
                await conn.execute(text("SELECT CAST(:n AS INTEGER)"), {"n": 2**40})
            assert not away(refused.value)
    finally:
        await engine.dispose()
