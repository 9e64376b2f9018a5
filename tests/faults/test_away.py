"""The broker or the database is killed under load and away for 30 s: services stay up and heal."""

import asyncio
import time

import httpx
import pytest
from faults.caller import until
from faults.load import Load
from faults.recovery import judged_whole, looked_over, partner_knows
from servers import KafkaBroker, PostgresServer

from fengqiao_host.processes import HOST

AWAY_SECONDS = 30.0
BEFORE_SECONDS = 60.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.postgres,
    pytest.mark.kafka,
    pytest.mark.timeout(400),
]


async def away_and_healed(load: Load, server: KafkaBroker | PostgresServer) -> dict[str, int]:
    """Load, kill the server, ask each process whether it is ready, start the server on its data,
    heal, look, judge; what the processes answered.
    """
    async with load.running():
        stated = load.history.stated
        await until(lambda: stated["case.accepted"] > 0, BEFORE_SECONDS, "casework is under way")
        await asyncio.to_thread(server.kill)
        assert not server.running()
        await asyncio.sleep(AWAY_SECONDS)
        readiness = await _readiness(load)
        await asyncio.to_thread(server.start)
        back = time.monotonic()
    took = await load.platform.healed(back)
    await looked_over(load)
    await partner_knows(load)
    await judged_whole(load, took)
    return readiness


async def _readiness(load: Load) -> dict[str, int]:
    """What each process answers to /readyz; each must answer."""
    ports = load.platform.fleet.ports
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return {
            name: (await client.get(f"http://{HOST}:{port}/readyz")).status_code
            for name, port in ports.items()
        }


async def test_without_the_broker_cases_are_taken_and_told_later(servers: Load) -> None:
    assert servers.platform.kafka is not None
    statuses, registered = servers.history.statuses, len(servers.history.registered)
    before = statuses[503]
    readiness = await away_and_healed(servers, servers.platform.kafka)
    assert set(readiness.values()) == {200}, readiness
    assert statuses[503] == before, "a command was refused although the database was there"
    assert len(servers.history.registered) - registered > AWAY_SECONDS, "registering stood still"


async def test_without_the_database_everything_answers_503_and_heals(servers: Load) -> None:
    assert servers.platform.pg is not None
    before = servers.history.statuses[503]
    readiness = await away_and_healed(servers, servers.platform.pg)
    assert set(readiness.values()) == {503}, readiness
    assert servers.history.statuses[503] > before
