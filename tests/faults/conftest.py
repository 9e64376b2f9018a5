"""The platform under fault, one for each module, and its load."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.load import Load
from faults.receiver import Receiver
from faults.stack import Platform


def begun(mode: str, folder: Path, shared: Path, request: pytest.FixtureRequest) -> Iterator[Load]:
    """The load on a platform that begins here and ends, with all it started, with the generator."""
    servers = ("pg_server", "kafka_server") if mode == "servers" else ()
    receiver = Receiver()
    platform = Platform(mode, folder, receiver.place, *map(request.getfixturevalue, servers))
    try:
        platform.begin()
        load = Load(platform, receiver, shared, folder / "history.jsonl")
        asyncio.run(load.prepare())
        yield load
    finally:
        platform.end()
        receiver.close()


@pytest.fixture(scope="module")
def embedded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Path
) -> Iterator[Load]:
    """One process on one SQLite file."""
    yield from begun("embedded", tmp_path_factory.mktemp("one"), shared_data, request)


@pytest.fixture(scope="module")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Path
) -> Iterator[Load]:
    """Seven processes on PostgreSQL and Kafka."""
    yield from begun("servers", tmp_path_factory.mktemp("seven"), shared_data, request)
