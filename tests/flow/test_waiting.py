"""A case that waits is served as soon as somebody is free, in both modes."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flow.desk import PASSWORD, STREET, Dispute, Stack, register
from flow.running import MODES, running

from fengqiao_host import city, remote
from fengqiao_host.drive import load_registry

WAITING = 5


@pytest.fixture(scope="module", params=MODES)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A city with one committee and one mediator, who takes one case at a time."""
    with running(request, tmp_path_factory.mktemp("waiting")) as made:
        asyncio.run(_fill(made))
        yield made


async def _fill(made: Stack) -> None:
    async with httpx.AsyncClient(base_url=f"{made.url}/v1", timeout=60, trust_env=False) as client:
        await remote.wait_ready(client)
        made.token = await remote.log_in(client, "city", PASSWORD)
        committee = next(c for c in city.committees() if c["area"] == STREET)
        own = (m for m in city.mediators() if m["committee"] == committee["external_id"])
        totals = await load_registry(client, made.token, [committee, next(own) | {"capacity": 1}])
        assert (totals["created"], totals["errors"]) == (2, 0)
        assert (await remote.wait_settled(client, 60))["settled"]


@pytest.mark.timeout(300)
async def test_who_waits_is_served_when_the_mediator_is_free(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    held = await register(client)
    await held.until_assigned(60)
    queue = []
    for number in range(WAITING):
        case = await register(client, reported_at=f"2026-11-0{number + 1}T09:00:00+08:00")
        await case.until(60, status="waiting")
        assert (await case.get())["waiting_reason"] == "no_mediator_free"
        queue.append(case)

    took = []
    for case in queue:
        assert (await case.get("/routing"))["mediator"] is None
        await held.do("acceptance", decision="refuse", reason="out_of_scope")
        took.append(await _served(case))
        await case.until_assigned(60)
        held = case
    shown = ", ".join(f"{seconds:.2f}" for seconds in took)
    print(f"\n{stack.mode}: served after {shown} s")  # noqa: T201 -- the measure
    # The median, for a machine may be busy with something else once; seven processes share it.
    assert statistics.median(took) < (1 if stack.mode == "embedded" else 5)


async def _served(case: Dispute) -> float:
    """Seconds until routing names the case's mediator, the asking included."""
    began = time.monotonic()
    while True:
        routed: dict[str, Any] = await case.get("/routing")
        if routed["mediator"]:
            return time.monotonic() - began
        assert time.monotonic() < began + 60, routed
        await asyncio.sleep(0.02)
