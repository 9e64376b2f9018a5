"""Two routing processes in one group on one database: both work, one is killed for good, the other goes on."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from faults.checker import CHECKS
from faults.evidence import gather
from faults.stack import DISTRICT, Platform, registry
from servers import KafkaBroker, PostgresServer, retry
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

from fengqiao_contracts.areas import areas
from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_host import city, remote
from fengqiao_host.processes import HOST, Fleet, free_port
from fengqiao_host.public_api import Api
from fengqiao_routing.store import tables

CASES, PART = 500, 50
CAPACITY = 2
SETTLE_SECONDS = 180.0
WAIT_SECONDS = 60.0
ROUTING = "routing"
APPLIED = 'fengqiao_facts_applied_total{group="routing",service="routing"} '


class Scarce(Platform):
    """A district in which every mediator has few places, and two processes that give them."""

    def records(self) -> Iterator[dict[str, Any]]:
        """The district's registry with a capacity of its own."""
        for record in registry():
            yield record | ({"capacity": CAPACITY} if record["record"] == "mediator" else {})

    @property
    def places(self) -> int:
        """All places of all mediators."""
        return CAPACITY * len([r for r in registry() if r["record"] == "mediator"])

    def start_second(self) -> Fleet:
        """Start `serve routing` once more, with the same broker, group and database."""
        second = Fleet(self.fleet.port, self.fleet.logs / "second", self.stack.environment)
        second.ports = self.fleet.ports | {ROUTING: free_port()}
        second.start_one(ROUTING)
        return second


@pytest.fixture
def scarce(
    tmp_path: Path, pg_server: PostgresServer, kafka_server: KafkaBroker
) -> Iterator[Scarce]:
    """The running platform, one process per service."""
    platform = Scarce("servers", tmp_path, "127.0.0.1:9", pg_server, kafka_server)
    try:
        platform.begin()
        yield platform
    finally:
        platform.end()


async def shares(bootstrap: str) -> list[int]:
    """How many partitions each member of routing's group holds."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await retry(admin.start)
    try:
        (answer,) = await admin.describe_consumer_groups([ROUTING])
    finally:
        await admin.close()
    (group,) = answer.groups
    held = [ConsumerProtocolMemberAssignment.decode(m[4]) for m in group[5] if m[4]]
    return [sum(len(numbers) for _, numbers in one.assignment) for one in held]


async def applied(fleet: Fleet) -> float:
    """The facts that the routing process of a fleet has applied itself."""
    url = f"http://{HOST}:{fleet.ports[ROUTING]}/metrics"
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        lines = (await client.get(url)).raise_for_status().text.splitlines()
    return sum(float(line.removeprefix(APPLIED)) for line in lines if line.startswith(APPLIED))


async def decided(platform: Platform) -> int:
    """The cases that either process has routed so far."""
    engine = create_async_engine(platform.stack.environment["FENGQIAO_DATABASE_URL"])
    try:
        async with engine.connect() as connection:
            distinct = func.count(tables.decisions.c.case_id.distinct())
            return int(await connection.scalar(select(distinct)) or 0)
    finally:
        await engine.dispose()


def bodies() -> list[dict[str, Any]]:
    """Disputes in the streets of the district."""
    random = Random(1)
    streets = [area.code for area in areas().children(DISTRICT)]
    made = city.cases(CASES, 1, datetime.now(UTC).date())
    return [body | {"area": random.choice(streets)} for body in made]


async def import_all(platform: Platform) -> None:
    """Register the cases in bulk, a part at a time."""
    sent = bodies()
    async with platform.client(timeout=120) as client:
        api = Api(client, platform.stack.token)
        for n in range(0, CASES, PART):
            done = await api.post_lines("/imports", sent[n : n + PART])
            assert not done["rejected"], done


async def share_the_work(platform: Scarce, second: Fleet) -> None:
    """Wait until both processes are in the group and hold partitions."""
    assert platform.kafka is not None
    end = time.monotonic() + WAIT_SECONDS
    while True:
        held = await shares(platform.kafka.bootstrap)
        if len(held) == 2 and min(held) > 0 and sum(held) >= PARTITIONS * 2:
            return
        code = second.processes[ROUTING].poll()
        assert code is None, f"the second process ended: {code}"
        assert time.monotonic() < end, f"partitions are held so: {held}"
        await asyncio.sleep(0.3)


async def killed_amid(platform: Scarce, second: Fleet) -> None:
    """Kill the second process while the cases go through, and both have done some of it."""
    before = await applied(platform.fleet), await applied(second)
    load = asyncio.create_task(import_all(platform))
    end = time.monotonic() + WAIT_SECONDS
    while True:
        now = await applied(platform.fleet), await applied(second)
        if all(a - b >= PART for a, b in zip(now, before, strict=True)):
            break
        assert time.monotonic() < end, f"applied {before}, then {now}"
        await asyncio.sleep(0.05)
    second.kill(ROUTING)
    assert await decided(platform) < CASES, "killed amid the work, not after it"
    await load


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.timeout(500)
async def test_two_routing_processes_give_each_place_once_and_one_is_killed(
    scarce: Scarce,
) -> None:
    assert scarce.places < CASES
    second = scarce.start_second()
    try:
        await share_the_work(scarce, second)
        await killed_amid(scarce, second)
    finally:
        second.stop()
    async with scarce.client(timeout=30) as client:
        settled = await remote.wait_settled(client, SETTLE_SECONDS)
    assert settled["settled"], settled
    assert settled["parked"] == 0
    await judged(scarce)


async def judged(platform: Scarce) -> None:
    """Nothing is lost, nobody has two places or is over his capacity, and there was a crowd."""
    stack = platform.stack
    evidence = await gather(
        url=stack.url, token=stack.token, environment=stack.environment, whole_history=False
    )
    for invariant in ("I2", "I3", "I4", "I5"):
        for one in CHECKS[invariant]:
            wrong = [found for found in one(evidence) if found]
            assert not wrong, "\n".join(map(str, wrong[:10]))
    states = [row["state"] for row in evidence.rows["routing_cases"]]
    assert len(states) == CASES
    assert 0 < states.count("assigned") <= platform.places
    assert states.count("waiting") > 0, "more cases than places"
