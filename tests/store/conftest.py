"""Databases of both kinds with the chassis's tables, and a service on one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fengqiao_chassis.clock import SetClock
from fengqiao_chassis.keys import Keyring, init_keys
from fengqiao_chassis.migrate import migrate
from fengqiao_chassis.store.database import Database
from fengqiao_chassis.store.session import ServiceDb

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("database_url")
        return found
    return f"sqlite+aiosqlite:///{tmp_path / 'store' / 'fengqiao.db'}"


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at noon."""
    clock = SetClock()
    clock.set(NOON)
    return clock


@pytest.fixture
async def db(url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[ServiceDb]:
    """The door of a service "intake" to a database that has only the chassis's tables."""
    await migrate(url, [])
    init_keys(tmp_path / "keys")
    database = Database(url)
    yield ServiceDb(database, "intake", Keyring.load(tmp_path / "keys" / "pii.json"), clock)
    await database.close()
