"""No file of the store stays open behind a read that was cancelled while its connection opened."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from fengqiao_chassis.store.opening import opened


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Opening takes a while; what was opened."""
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def connect_slowly(*args: Any, **options: Any) -> sqlite3.Connection:
        time.sleep(0.2)
        made.append(connect(*args, **options))
        return made[-1]

    monkeypatch.setattr("aiosqlite.core.sqlite3.connect", connect_slowly)
    return made


async def test_a_cancelled_opening_closes_what_it_opened(
    tmp_path: Path, slow: list[sqlite3.Connection]
) -> None:
    task = asyncio.create_task(opened(tmp_path / "x.db", check_same_thread=False))
    for _ in range(3):
        await asyncio.sleep(0.03)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (left,) = slow
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        left.execute("SELECT 1")


async def test_an_opened_connection_is_tuned(tmp_path: Path) -> None:
    connection = await opened(tmp_path / "x.db")
    found = [
        (await (await connection.execute(f"PRAGMA {name}")).fetchone() or (None,))[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    ]
    await connection.close()
    assert found == ["wal", 2, 1, 5000]
