import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from gateway.cases import CHENGHUA, accepted, assigned, registered
from gateway.world import World

from fengqiao_gateway.domain.places import encode
from fengqiao_gateway.handlers.facts import drop_old_facts, read_head
from fengqiao_gateway.runtime import follow as follow_module

pytestmark = pytest.mark.slow


@dataclass
class Events:
    """What one reader has received: (event, id, data)."""

    seen: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False

    def facts(self) -> list[str]:
        return [f"{d['subject']}:{d['type']}" for e, _, d in self.seen if e == "message"]

    async def until(self, count: int, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while len(self.seen) < count:
                await asyncio.sleep(0.01)


async def take(world: World, headers: dict[str, str], events: Events) -> None:
    async with world.http.stream("GET", "/v1/stream", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        event, data = "message", ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                data = value
            elif name == "id":
                events.last_id = value
            elif not line and data:
                events.seen.append((event, events.last_id, json.loads(data)))
                event, data = "message", ""
    events.ended = True


@contextlib.asynccontextmanager
async def reading(world: World, who: dict[str, str], last_id: str = "") -> AsyncIterator[Events]:
    events = Events()
    headers = who | ({"last-event-id": last_id} if last_id else {})
    task = asyncio.create_task(take(world, headers, events))
    async with asyncio.timeout(10):
        while not events.last_id:
            if task.done():
                task.result()
            await asyncio.sleep(0.01)
    try:
        yield events
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_facts_come_live_to_whom_may_see_them_without_personal_data(world: World) -> None:
    city = await world.account("city", "city", areas=["510100"])
    district = await world.account("ch", "district", areas=["510108"])
    mediator = await world.account("m1", "mediator", person_id="m1")
    key = await world.partner("court")
    async with (
        reading(world, city) as all_of_it,
        reading(world, district) as of_district,
        reading(world, mediator) as of_mediator,
        reading(world, key) as of_partner,
    ):
        await world.state(registered("c1", system="court"), registered("c2", area=CHENGHUA))
        await world.state(assigned("c1", "m1"))
        await world.settle()
        await all_of_it.until(3)
        await of_district.until(1)
        await of_mediator.until(1)
        await of_partner.until(2)
        await asyncio.sleep(0.5)
    assert sorted(all_of_it.facts()) == [
        "c1:case.registered.v1",
        "c1:mediator.assigned.v1",
        "c2:case.registered.v1",
    ]
    assert of_district.facts() == ["c2:case.registered.v1"], of_district.seen
    assert "c1:mediator.assigned.v1" in of_mediator.facts()
    assert of_partner.facts() == ["c1:case.registered.v1", "c1:mediator.assigned.v1"]
    assert "canary" not in str(all_of_it.seen)


async def test_a_reader_that_comes_back_gets_what_it_missed_once(world: World) -> None:
    who = await world.account("city", "city", areas=["510100"])
    async with reading(world, who) as first:
        await world.state(*(registered(f"c{n}") for n in range(6)))
        await world.settle()
        await first.until(6)
    await world.state(*(assigned(f"c{n}", "m1") for n in range(6)))
    await world.settle()
    async with reading(world, who, first.seen[3][1]) as second:
        await second.until(8)
        await world.state(accepted("c1"))
        await world.settle()
        await second.until(9)
        await asyncio.sleep(0.4)
    got = first.facts()[:4] + second.facts()
    assert len(got) == len(set(got)) == 13


async def test_the_id_of_the_stream_is_the_cursor_of_the_facts(world: World) -> None:
    who = await world.account("city", "city", areas=["510100"])
    async with reading(world, who) as events:
        await world.state(registered("c1"), registered("c2"))
        await world.settle()
        await events.until(2)
    params = {"after": events.seen[0][1]}
    page = (await world.http.get("/v1/facts", headers=who, params=params)).json()
    assert [f["subject"] for f in page["facts"]] == [events.seen[1][2]["subject"]]


async def test_a_place_that_is_no_longer_kept_is_reset(world: World) -> None:
    who = await world.account("city", "city", areas=["510100"])
    await world.state(*(registered(f"c{n}") for n in range(5)))
    await world.settle()
    first = (await world.http.get("/v1/facts", headers=who, params={"limit": 1})).json()["next"]
    world.clock.advance(timedelta(hours=1))
    assert await world.write(lambda tx: drop_old_facts(tx, timedelta(minutes=1), 1000)) == 5
    for last_id in (first, "not-an-id"):
        async with reading(world, who, last_id) as events:
            await events.until(1)
            assert events.seen[0][0] == "reset"
            await world.state(accepted("c1"))
            await world.settle()
            await events.until(2)
            assert events.facts() == ["c1:case.accepted.v1"]


async def test_a_closed_account_ends_its_stream_within_a_second(world: World) -> None:
    admin = await world.account("boss", "admin")
    who = await world.account("li.na", "district", areas=["510104"])
    found = (await world.http.get("/v1/accounts", headers=admin)).json()["items"]
    mine = next(a["id"] for a in found if a["username"] == "li.na")
    async with reading(world, who) as events:
        body = {"active": False}
        await world.http.patch(f"/v1/accounts/{mine}", json=body, headers=admin)
        async with asyncio.timeout(1):
            while not events.ended:
                await asyncio.sleep(0.01)
    assert events.seen[-1][0] == "end"
    assert events.seen[-1][2] == {"reason": "revoked"}


async def test_a_logout_elsewhere_ends_the_stream_of_that_session_only(world: World) -> None:
    first = await world.account("li.na", "district", areas=["510104"])
    second = await world.log_in("li.na")
    async with reading(world, first) as ended, reading(world, second) as kept:
        await world.http.post("/v1/auth/logout", headers=first)
        async with asyncio.timeout(1):
            while not ended.ended:
                await asyncio.sleep(0.01)
        await world.state(registered("c1"))
        await world.settle()
        await kept.until(1)


@pytest.mark.slow
async def test_a_reader_too_far_behind_is_closed_and_can_come_back(world: World) -> None:
    who = await world.account("city", "city", areas=["510100"])
    caller = await world.caller(who)
    hub = world.door.hub
    async with hub.reading(caller) as slow, reading(world, who) as quick:
        for part in range(12):
            await world.state(*(registered(f"c{part}-{n}") for n in range(100)))
        await world.settle()
        await quick.until(1200, seconds=30)
        assert slow.closed == "behind"
        assert not slow.queue
    async with reading(world, who, encode(slow.start)) as again:
        await again.until(1200, seconds=30)


async def test_a_heartbeat_moves_the_place_on_past_what_was_not_for_the_reader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_module, "HEARTBEAT", 0.3)
    who = await world.account("ch", "district", areas=["510108"])
    async with reading(world, who) as events:
        await world.state(registered("c1"))
        await world.settle()
        async with world.read() as tx:
            head, _ = await read_head(tx)
        async with asyncio.timeout(5):
            while events.last_id != encode(head):
                await asyncio.sleep(0.05)
    assert events.seen == []


async def test_a_fact_is_judged_by_the_right_of_the_moment_of_delivery(world: World) -> None:
    await world.state(registered("c1"))
    await world.settle()
    who = await world.account("m1", "mediator", person_id="m1")
    async with reading(world, who) as events:
        await world.state(accepted("c1"))
        await world.settle()
        await asyncio.sleep(0.5)
        assert events.seen == []
        await world.state(assigned("c1", "m1"))
        await world.settle()
        await events.until(1)
    assert events.facts() == ["c1:mediator.assigned.v1"]


async def test_a_gateway_that_stops_ends_its_streams(world: World) -> None:
    who = await world.account("city", "city", areas=["510100"])
    async with reading(world, who) as events:
        world.door.hub.close_all("stopping")
        async with asyncio.timeout(1):
            while not events.ended:
                await asyncio.sleep(0.01)
    assert events.seen[-1][2] == {"reason": "stopping"}
