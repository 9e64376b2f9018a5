"""The world of the conformance suite, once on each adapter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bus.world import World, embedded_world, kafka_world

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
