"""A full disk, a locked file, a value that cannot be sent: each is told as what it is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from fengqiao_chassis.store import database as module
from fengqiao_chassis.store.database import Database, away, disk_full, sqlstate
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


class Crosswise:
    """Two works in each other's way; both begin before either goes on.

    `isolation` None = each locks one of two rows and then the other's: a deadlock. Else both have
    read the rows before they change them, in one order, which only one of them may.
    """

    def __init__(self, isolation: str | None) -> None:
        self.isolation = isolation
        self.tries = 0
        self._begun = {"a": asyncio.Event(), "b": asyncio.Event()}

    def work(self, own: str, other: str) -> Any:
        async def work(conn: AsyncConnection) -> str:
            self.tries += 1
            if self.isolation is None:
                await self._add(conn, own)
            else:
                await conn.execute(text(f"SET TRANSACTION ISOLATION LEVEL {self.isolation}"))
                await conn.execute(text("SELECT n FROM places"))
            self._begun[own].set()
            await self._begun[other].wait()
            for name in (other,) if self.isolation is None else ("a", "b"):
                await self._add(conn, name)
            return own

        return work

    async def both(self, database: Database) -> list[Any]:
        works = (self.work("a", "b"), self.work("b", "a"))
        return await asyncio.gather(*map(database.write, works), return_exceptions=True)

    @staticmethod
    async def _add(conn: AsyncConnection, name: str) -> None:
        await conn.execute(text("UPDATE places SET n = n + 1 WHERE name = :name"), {"name": name})


@pytest.fixture
async def places(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await made.write(_run("CREATE TABLE places (name TEXT PRIMARY KEY, n INTEGER NOT NULL)"))
    await made.write(_run("INSERT INTO places VALUES ('a', 0), ('b', 0)"))
    yield made
    await made.close()


async def _taken(database: Database) -> dict[str, int]:
    async with database.read() as conn:
        return {row.name: row.n for row in await conn.execute(text("SELECT name, n FROM places"))}


CONFLICTS = pytest.mark.parametrize(
    ("isolation", "state"),
    [(None, "40P01"), ("REPEATABLE READ", "40001"), ("SERIALIZABLE", "40001")],
)


@pytest.mark.postgres
@pytest.mark.slow
@CONFLICTS
async def test_two_works_in_each_others_way_are_both_done_once(
    places: Database, isolation: str | None, state: str
) -> None:
    crosswise = Crosswise(isolation)

    assert await crosswise.both(places) == ["a", "b"]
    assert crosswise.tries > 2, f"there was no {state}"
    assert await _taken(places) == {"a": 2, "b": 2}


@pytest.mark.postgres
@pytest.mark.slow
@CONFLICTS
async def test_the_last_try_says_what_the_database_said(
    places: Database, monkeypatch: pytest.MonkeyPatch, isolation: str | None, state: str
) -> None:
    monkeypatch.setattr(module, "RETRIES", 1)
    crosswise = Crosswise(isolation)
    answers = await crosswise.both(places)

    (refused,) = (a for a in answers if isinstance(a, BaseException))
    assert isinstance(refused, DBAPIError)
    assert sqlstate(refused) == state
    assert crosswise.tries == 2
    assert await _taken(places) == {"a": 1, "b": 1}


@pytest.mark.postgres
@pytest.mark.slow
async def test_what_fails_each_time_is_tried_once(places: Database) -> None:
    tries = []

    async def work(conn: AsyncConnection) -> None:
        tries.append(1)
        await conn.execute(text("INSERT INTO places VALUES ('a', 0)"))

    with pytest.raises(IntegrityError):
        await places.write(work)
    assert tries == [1]
