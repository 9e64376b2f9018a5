"""Fixtures for all tests: real servers, started when first asked for, and the shared data."""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from servers import ROOT, KafkaBroker, PostgresServer, ServerUnavailable, strict

MEMORY = Path("/dev/shm")  # noqa: S108 -- pytest makes a folder of the user's own there
ENOUGH = 2 * 1024**3


hypothesis.settings.register_profile(
    "fengqiao", deadline=None
)  # no limit by a busy machine's clock
hypothesis.settings.load_profile("fengqiao")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory where there is plenty: a sync then costs nothing.

    The tests kill processes, never the machine: what a process wrote is there either way.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the imports made stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def missing(text: str) -> NoReturn:
    """Fail where nothing may be skipped, skip elsewhere."""
    if strict():
        pytest.fail(f"{text} (CI=1 and FENGQIAO_STRICT=1 allow no skip)", pytrace=False)
    pytest.skip(text)


def started[S: (PostgresServer, KafkaBroker)](make: Callable[[], S]) -> Iterator[S]:
    """Yield the server, running, and close it at the end; skip where it cannot be had."""
    server = make()
    try:
        try:
            server.start()
        except ServerUnavailable as absent:
            missing(str(absent))
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; ask for `pg` unless your fixture is session-wide too."""
    yield from started(PostgresServer)


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaBroker]:
    """One Kafka broker for the whole run; ask for `kafka` unless your fixture is session-wide too."""
    yield from started(KafkaBroker)


@pytest.fixture
def pg(pg_server: PostgresServer) -> PostgresServer:
    """A running PostgreSQL; each test makes its own databases."""
    if not pg_server.running():  # the test before killed it
        pg_server.start()
    return pg_server


@pytest.fixture
async def database_url(pg: PostgresServer) -> AsyncIterator[str]:
    """A fresh PostgreSQL database of this test alone."""
    url = await pg.create_database()
    yield url
    await pg.drop_database(url)


@pytest.fixture
async def kafka(kafka_server: KafkaBroker) -> KafkaBroker:
    """A running Kafka broker without any topic."""
    if not kafka_server.running():  # the test before killed it
        await asyncio.to_thread(kafka_server.start)
    await kafka_server.clear()
    return kafka_server


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real and annotated texts (FENGQIAO_SHARED, or `shared` beside the checkout)."""
    place = Path(os.environ.get("FENGQIAO_SHARED") or ROOT.parent / "shared")
    if not (place / "data").is_dir():
        missing(f"no shared data at {place}: set FENGQIAO_SHARED to the folder that holds `data/`")
    return place
