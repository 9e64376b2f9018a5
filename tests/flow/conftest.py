"""The whole platform in its own processes, in both modes, with the synthetic city's registry."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from flow.desk import PASSWORD, Stack
from servers import KafkaBroker, PostgresServer, free_port

from fengqiao_host import city, remote
from fengqiao_host.drive import load_registry
from fengqiao_host.processes import Fleet

MODES = [
    pytest.param("embedded", marks=pytest.mark.slow),
    pytest.param("servers", marks=[pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]),
]


@pytest.fixture(scope="module", params=MODES)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The running platform with its registry and the account `city`.

    It ends with its module: seven processes left beside other tests would share their groups.
    """
    folder = tmp_path_factory.mktemp("flow")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
    environment |= {
        "FENGQIAO_DATA_DIR": str(folder),
        "FENGQIAO_TEST_MODE": "1",
        "FENGQIAO_NEW_PASSWORD": PASSWORD,
    }
    if request.param == "servers":
        pg: PostgresServer = request.getfixturevalue("pg_server")
        kafka: KafkaBroker = request.getfixturevalue("kafka_server")
        environment["FENGQIAO_KAFKA_BOOTSTRAP"] = kafka.bootstrap
        environment["FENGQIAO_DATABASE_URL"] = asyncio.run(_fresh(pg, kafka))
    made = Stack(request.param, f"http://127.0.0.1:{free_port()}", environment)
    made.fengqiao("migrate", "--init-keys")
    made.fengqiao(
        *("account", "create", "city", "--role", "city", "--name", "市中心", "--area", "510100")
    )
    ends = _start_servers(made, folder) if request.param == "servers" else _start_one(made, folder)
    with ends:
        asyncio.run(_fill(made))
        yield made


async def _fresh(pg: PostgresServer, kafka: KafkaBroker) -> str:
    await kafka.clear()
    return await pg.create_database()


class Ends:
    """Ends what was started."""

    def __init__(self, stop: object) -> None:
        self._stop = stop

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        assert callable(self._stop)
        self._stop()


def _start_one(made: Stack, folder: Path) -> Ends:
    port = made.url.rpartition(":")[2]
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fengqiao_host", "up", "--port", port],
            env=made.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def stop() -> None:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM), (folder / "up.log").read_text()

    return Ends(stop)


def _start_servers(made: Stack, folder: Path) -> Ends:
    fleet = Fleet(int(made.url.rpartition(":")[2]), folder / "logs", made.environment)
    fleet.start()
    return Ends(fleet.stop)


async def _fill(made: Stack) -> None:
    async with httpx.AsyncClient(base_url=f"{made.url}/v1", timeout=60, trust_env=False) as client:
        await remote.wait_ready(client)
        made.token = await remote.log_in(client, "city", PASSWORD)
        totals = await load_registry(client, made.token, city.registry())
        assert totals["errors"] == 0
        assert (await remote.wait_settled(client, 60))["settled"]


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway as the city's account uses it."""
    async with httpx.AsyncClient(
        base_url=f"{stack.url}/v1",
        headers={"Authorization": f"Bearer {stack.token}"},
        timeout=60,
        trust_env=False,
    ) as opened:
        yield opened
