"""The whole platform in one process of its own, with accounts of several roles and a partner's key."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from flow.desk import PASSWORD, Stack
from hostile.door import Door, fill
from servers import free_port


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The running platform and those who knock: `city`, `district`, `mediator`, a partner `court`."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
    environment |= {
        "FENGQIAO_DATA_DIR": str(folder),
        "FENGQIAO_TEST_MODE": "1",
        "FENGQIAO_NEW_PASSWORD": PASSWORD,
        **{f"FENGQIAO_GATEWAY_LIMIT_{who}": "" for who in ("USER", "PARTNER", "ADDRESS", "LOGIN")},
    }
    stack = Stack("embedded", f"http://127.0.0.1:{free_port()}", environment)
    stack.fengqiao("migrate", "--init-keys")
    stack.fengqiao(
        *("account", "create", "city", "--role", "city", "--name", "市中心", "--area", "510100")
    )
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fengqiao_host", "up", "--port", stack.url.rpartition(":")[2]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield asyncio.run(fill(stack, folder))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture
async def http(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A client without any proof of who calls."""
    async with httpx.AsyncClient(base_url=door.url, timeout=60, trust_env=False) as opened:
        yield opened
