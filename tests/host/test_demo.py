"""`fengqiao demo` as somebody meets it: what it prints is true, and it ends when asked."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow.desk import Dispute
from flow.running import MODES, surroundings
from servers import free_port

from fengqiao_host import remote
from fengqiao_host.stories import stories

PASSWORD = "Zhongping-2026"
ROLES = {
    "city": "city",
    "district": "district",
    "mediator": "mediator",
    "court": "partner",
    "party": "party",
}


@pytest.fixture(params=MODES)
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """A shell in which nothing was ever started, with the password that the demo shall take."""
    given = {"FENGQIAO_DEMO_PASSWORD": PASSWORD}
    return surroundings(request, tmp_path / "data") | given


@pytest.mark.timeout(600)
async def test_the_demo_shows_what_it_promises(
    environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with _running(environment, url, tmp_path / "said.txt") as text:
        ready = re.search(r"the demo is ready \((\d+) s\)", text)
        assert ready, text
        print(f"\n{request.node.name}: ready after {ready[1]} s")  # noqa: T201 -- the measure
        assert f"{url}/docs" in text
        assert PASSWORD in text
        async with httpx.AsyncClient(base_url=f"{url}/v1", timeout=60, trust_env=False) as client:
            city = json.loads(_printed_bodies(text)[0])
            token = await remote.log_in(client, city["username"], city["password"])
            client.headers["Authorization"] = f"Bearer {token}"
            await _the_city_is_there(client, text)
            await _the_lines_do_what_they_say(client, text)
            await _each_account_opens(client, text)


async def _the_city_is_there(client: httpx.AsyncClient, text: str) -> None:
    """The seed's stories among at least 200 cases, at the moment at which the demo says so."""
    assert (await client.get("/cases", params={"size": 1})).json()["total"] >= 200
    told = {story.key: story.body for story in stories(datetime.now(UTC))}
    for body in told.values():
        found = await client.get("/cases", params={"area": body["area"], "size": 100})
        cases = [await Dispute(client, case["id"]).get() for case in found.json()["items"]]
        assert body["narrative"] in [case["narrative"] for case in cases]
    example = re.search(r"/v1/cases/([0-9a-f-]{36})/timeline", text)
    assert example
    case = Dispute(client, example[1])
    assert (await case.get())["narrative"] == told["xinjin"]["narrative"]
    assert (await case.timeline())[0] == "case.registered"


async def _the_lines_do_what_they_say(client: httpx.AsyncClient, text: str) -> None:
    """Register the dispute that is printed; the lines to its assessment and routing answer."""
    for path in ("auth/login", "cases", "cases/$ID/assessment", "cases/$ID/routing"):
        assert f"/v1/{path} " in text
    assert re.search(r"until curl .*/routing .* grep '\"outlet\":\"'", text)
    body = json.loads(_printed_bodies(text)[1])
    answer = await client.post("/cases", json=body, headers={"Idempotency-Key": "printed"})
    assert answer.status_code == 201, answer.text
    case = Dispute(client, answer.json()["id"])
    assessed: dict[str, Any] = await case.get("/assessment", seconds=120)
    assert (assessed["suitability"], assessed["type"]["code"]) == ("M", "02")
    path, end = f"/cases/{case.id}/routing", time.monotonic() + 120
    while '"outlet":"' not in (routed := (await client.get(path)).text):
        assert time.monotonic() < end, routed
        await asyncio.sleep(0.1)
    found = json.loads(routed)
    assert (found["outlet"], bool(found["mediator"])) == ("mediation", True), routed


async def _each_account_opens(client: httpx.AsyncClient, text: str) -> None:
    assert f"accounts {' '.join(ROLES)}\n" in text
    for name, role in ROLES.items():
        answer = await client.post("/auth/login", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, (name, answer.text)
        assert answer.json()["account"]["role"] == role


def _printed_bodies(text: str) -> list[str]:
    """What the printed lines send: the login, then the dispute."""
    bodies = re.findall(r"-d '(\{.*?\})'", text)
    assert len(bodies) == 2, text
    return bodies


@contextmanager
def _running(environment: dict[str, str], url: str, said: Path) -> Iterator[str]:
    """The demo from its welcome, which is given, to its end, which is in order."""
    command = [sys.executable, "-m", "fengqiao_host", "demo", "--port", url.rpartition(":")[2]]
    with said.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        yield _welcome(process, said)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            ended = process.wait(timeout=60)
        finally:
            process.kill()
    assert ended == 0, said.read_text()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", trust_env=False)


def _welcome(process: subprocess.Popen[bytes], said: Path) -> str:
    end = time.monotonic() + 300
    while "Ctrl-C" not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < end, f"no welcome: {said.read_text()}"
        time.sleep(0.1)
    return said.read_text()
