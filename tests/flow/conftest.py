"""The whole platform in its own processes, in both modes, with the synthetic city's registry."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from flow.desk import PASSWORD, Stack
from flow.running import MODES, running

from fengqiao_host import city, remote
from fengqiao_host.drive import load_registry


@pytest.fixture(scope="module", params=MODES)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The running platform with its registry and the account `city`; it ends with its module."""
    with running(request, tmp_path_factory.mktemp("flow")) as made:
        asyncio.run(fill(made))
        yield made


async def fill(made: Stack) -> None:
    """The synthetic city's registry, and the token of the account `city`."""
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
