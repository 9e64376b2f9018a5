"""The database of a measure: empty, and gone afterwards whatever happens."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fengqiao_chassis.store.scratch import NAME, scratch_database

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


async def names(url: str) -> set[str]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as conn:
        return set((await conn.execute(text("SELECT datname FROM pg_database"))).scalars())


async def left_behind(url: str) -> None:
    async with scratch_database(url) as scratch:
        engine = create_async_engine(scratch, poolclass=NullPool)
        async with engine.begin() as conn:
            await conn.execute(text("CREATE TABLE left_behind (n INTEGER)"))
        assert NAME in await names(url)
        raise RuntimeError("broken off")


async def test_it_is_empty_each_time_and_gone_after_a_failure(database_url: str) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken off"):
            await left_behind(database_url)
        assert NAME not in await names(database_url)
