"""One platform with a small town in it, and a browser for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import httpx
import pytest
from conftest import missing
from console.browsing import Watched, browsing, chromium
from flow.desk import LEAK, PASSWORD, Stack, register
from flow.running import running
from hostile.town import LIVES, settle_town
from servers import ServerUnavailable

from fengqiao_host import city, remote

CASES = 40
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Town:
    """Where the platform is, who may log in, and ids of what is there."""

    stack: Stack
    mediator_case: str
    """An assigned case of the account `mediator`."""
    accepted_case: str
    """A case in which no party has consented yet."""

    @property
    def url(self) -> str:
        return self.stack.url


@pytest.fixture(scope="session", params=["embedded"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Cases in every state and in many districts; an account of each role of staff."""
    folder = tmp_path_factory.mktemp("console")
    with running(request, folder, "admin", "auditor", FENGQIAO_GATEWAY_LIMIT_LOGIN="") as stack:
        yield asyncio.run(_settle(stack))


async def _settle(stack: Stack) -> Town:
    async with httpx.AsyncClient(base_url=f"{stack.url}/v1", timeout=60, trust_env=False) as client:
        await remote.wait_ready(client)
        stack.token = await remote.log_in(client, "city", PASSWORD)
        client.headers["authorization"] = f"Bearer {stack.token}"
        cases = (await settle_town(stack.url, stack.token))["path.case_id"]
        today = datetime.now(SHANGHAI).date()
        for at, body in enumerate(islice(city.cases(CASES, 3, today), CASES)):
            made = await client.post("/cases", json=body, headers={"idempotency-key": f"c{at}"})
            assert made.status_code == 201, made.text
        case = await register(client, LEAK)
        await case.until_assigned(60)
        routing = (await client.get(f"/cases/{case.id}/routing")).json()
        people = {
            "clerk": {"role": "clerk", "areas": ["510104022"], "name": "受理员"},
            "jinjiang": {"role": "district", "areas": ["510104"], "name": "锦江区"},
            "mediator": {
                "role": "mediator",
                "person_id": routing["mediator"]["id"],
                "name": "调解员",
            },
        }
        for username, more in people.items():
            body = {"username": username, "password": PASSWORD} | more
            made = await client.post("/accounts", json=body)
            assert made.status_code == 201, made.text
        assert (await remote.wait_settled(client, 60))["settled"]
    return Town(stack, case.id, cases[list(LIVES).index("accepted")])


@pytest.fixture(scope="session")
def executable() -> str:
    """The browser; the test is skipped, or fails in CI, where it cannot be had."""
    try:
        return chromium()
    except ServerUnavailable as absent:
        missing(str(absent))


@pytest.fixture
async def browser(town: Town, executable: str) -> AsyncIterator[Watched]:
    """A browser of 1440 by 900; anything that goes wrong in it fails the test."""
    async with browsing(town.url, {"width": 1440, "height": 900}, executable) as watched:
        yield watched
