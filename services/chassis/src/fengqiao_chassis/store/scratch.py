"""A PostgreSQL database beside the platform's own, for a measure: made empty, taken away afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

NAME = "fengqiao_bench"


@asynccontextmanager
async def scratch_database(url: str) -> AsyncIterator[str]:
    """The address of an empty database on the server of `url`, whose role may create databases."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    drop = text("DROP DATABASE IF EXISTS fengqiao_bench WITH (FORCE)")
    try:
        async with engine.connect() as conn:
            await conn.execute(drop)  # of a run that was killed
            await conn.execute(text("CREATE DATABASE fengqiao_bench"))
        try:
            yield make_url(url).set(database=NAME).render_as_string(hide_password=False)
        finally:
            async with engine.connect() as conn:
                await conn.execute(drop)
    finally:
        await engine.dispose()
