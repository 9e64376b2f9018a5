"""The whole platform in processes of its own, with accounts of several roles and a partner's key."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from flow.running import running
from hostile.door import NOBODY, Door, fill

LIMITS = {f"FENGQIAO_GATEWAY_LIMIT_{who}": "" for who in ("USER", "PARTNER", "ADDRESS", "LOGIN")}


@pytest.fixture(scope="module", params=["embedded"])
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """The running platform and those who knock: `city`, `district`, `mediator`, a partner `court`.

    In one process on SQLite unless a test asks for `servers`.
    """
    folder = tmp_path_factory.mktemp("hostile")
    with running(request, folder, FENGQIAO_GATEWAY_WEBHOOK_ALLOW=NOBODY, **LIMITS) as stack:
        yield asyncio.run(fill(stack, folder))


@pytest.fixture
async def http(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A client without any proof of who calls."""
    async with httpx.AsyncClient(base_url=door.url, timeout=60, trust_env=False) as opened:
        yield opened
