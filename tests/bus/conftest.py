"""The world of the conformance suite, once on each adapter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bus.ledger import Ledger
from bus.world import World, embedded_world, kafka_world, log_world
from servers import PostgresServer

KAFKA = pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow])


@pytest.fixture(params=["embedded", KAFKA])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A small world on SQLite with its log, and on PostgreSQL with Kafka."""
    if request.param == "embedded":
        async with embedded_world(tmp_path) as made:
            yield made
        return
    pg, kafka = request.getfixturevalue("pg_server"), request.getfixturevalue("kafka_server")
    if not kafka.running():
        kafka.start()
    await kafka.clear()
    url = await pg.create_database()
    async with kafka_world(tmp_path, url, kafka.bootstrap) as made:
        yield made
    await pg.drop_database(url)


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    """A group with a projection beside the register's, on either database."""
    if request.param == "sqlite":
        async with embedded_world(tmp_path) as world:
            yield Ledger(world)
        return
    pg: PostgresServer = request.getfixturevalue("pg")
    url = await pg.create_database()
    async with log_world(tmp_path, url) as world:
        yield Ledger(world)
    await pg.drop_database(url)
