"""Starting the whole platform in its own processes, in either mode, and ending it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flow.desk import PASSWORD, Stack
from servers import KafkaBroker, PostgresServer, free_port

from fengqiao_host.processes import Fleet
from fengqiao_host.services import NAMES

_SERVERS = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]
MODES = [
    pytest.param("embedded", marks=pytest.mark.slow),
    pytest.param("servers", marks=_SERVERS),
]
OWN_DATABASES = pytest.param("databases", marks=_SERVERS)
"""As `servers`, with a PostgreSQL database for each service."""


@contextlib.contextmanager
def running(
    request: pytest.FixtureRequest, folder: Path, *others: str, **more: str
) -> Iterator[Stack]:
    """The platform of the fixture's mode with the account `city`, and one named for each role of
    `others`; `more` adds to its environment.

    It ends with the block: seven processes left beside other tests would share their groups.
    """
    environment = surroundings(request, folder)
    environment |= {"FENGQIAO_TEST_MODE": "1", "FENGQIAO_NEW_PASSWORD": PASSWORD}
    made = Stack(request.param, f"http://127.0.0.1:{free_port()}", environment | more)
    made.fengqiao("migrate", "--init-keys")
    made.fengqiao(
        *("account", "create", "city", "--role", "city", "--name", "市中心", "--area", "510100")
    )
    for role in others:
        made.fengqiao("account", "create", f"the-{role}", "--role", role, "--name", role)
    start = _one if request.param == "embedded" else _seven
    with start(made, folder):
        yield made


def surroundings(request: pytest.FixtureRequest, folder: Path) -> dict[str, str]:
    """The environment of the fixture's mode: empty databases, a broker without topics, `folder`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
    environment["FENGQIAO_DATA_DIR"] = str(folder)
    if request.param == "embedded":
        return environment
    pg: PostgresServer = request.getfixturevalue("pg_server")
    kafka: KafkaBroker = request.getfixturevalue("kafka_server")
    names = [f"FENGQIAO_{name.upper().replace('-', '_')}_DATABASE_URL" for name in NAMES]
    databases = names if request.param == "databases" else ["FENGQIAO_DATABASE_URL"]
    environment["FENGQIAO_KAFKA_BOOTSTRAP"] = kafka.bootstrap
    return environment | asyncio.run(_fresh(pg, kafka, databases))


async def _fresh(pg: PostgresServer, kafka: KafkaBroker, databases: list[str]) -> dict[str, str]:
    await kafka.clear()
    return {name: await pg.create_database() for name in databases}


@contextlib.contextmanager
def _one(made: Stack, folder: Path) -> Iterator[None]:
    port = made.url.rpartition(":")[2]
    made.processes["gateway"] = made.url
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fengqiao_host", "up", "--port", port],
            env=made.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, (folder / "up.log").read_text()


@contextlib.contextmanager
def _seven(made: Stack, folder: Path) -> Iterator[None]:
    fleet = Fleet(int(made.url.rpartition(":")[2]), folder / "logs", made.environment)
    made.processes |= {name: f"http://127.0.0.1:{port}" for name, port in fleet.ports.items()}
    fleet.start()
    processes = dict(fleet.processes)
    try:
        yield
    finally:
        fleet.stop()
        ends = {name: process.returncode for name, process in processes.items()}
        assert set(ends.values()) == {0}, f"not each left its group and ended by itself: {ends}"
