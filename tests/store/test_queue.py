"""The bounded queue of commands, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from fengqiao_chassis.store.database import BATCH, Database
from fengqiao_chassis.store.direct import execute
from fengqiao_contracts.errors import Busy


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    made = Database(url, queue=1)
    await made.open()
    yield made
    await made.close()


class Held:
    """A command that is at work until it is released."""

    def __init__(self, database: Database) -> None:
        self.begun, self.released = asyncio.Event(), asyncio.Event()
        self.done = asyncio.create_task(database.write(self._work))

    async def _work(self, _: Any) -> str:
        self.begun.set()
        await self.released.wait()
        return "held"


async def _one(conn: Any) -> int:
    await execute(conn, text("SELECT 1"), {})
    return 1


async def test_a_command_too_many_is_refused_at_once_and_its_place_is_free_again(
    database: Database,
) -> None:
    held = Held(database)
    await held.begun.wait()
    with pytest.raises(Busy) as refused:
        await asyncio.wait_for(database.write(_one), 1)
    assert (refused.value.code, refused.value.status) == ("queue-full", 503)
    assert refused.value.retry_after
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT 2"))).scalar() == 2

    held.released.set()
    assert await held.done == "held"
    assert await database.write(_one) == 1


async def test_a_batch_of_facts_waits_for_its_turn_instead(database: Database) -> None:
    held = Held(database)
    await held.begun.wait()
    batch = asyncio.create_task(database.write(_one, priority=BATCH))
    await asyncio.sleep(0)
    held.released.set()

    assert await batch == 1
    assert await held.done == "held"


async def test_a_command_that_failed_or_was_cancelled_leaves_its_place(database: Database) -> None:
    async def fail(_: Any) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    held = Held(database)
    await held.begun.wait()
    held.done.cancel()
    held.released.set()
    await asyncio.gather(held.done, return_exceptions=True)

    assert await database.write(_one) == 1
