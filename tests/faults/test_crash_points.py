"""Each crash point of each service, in both modes: passed, ended, started again, nothing lost."""

import asyncio
import time

import pytest
from faults.load import Load
from faults.points import EMBEDDED, SERVERS
from faults.recovery import judged_whole, looked_over, partner_knows
from faults.stack import CRASHED

NTH = 2
"""The pass at which a process ends: not the first, so that something is done already."""


async def crash_and_heal(load: Load, point: str, services: tuple[str, ...]) -> float:
    """Arm, load, restart whatever falls, heal, look; the seconds from answering again to
    settled."""
    platform = load.platform
    platform.ensure()
    before = len(platform.crashes())
    for service in services:
        platform.arm(service, point, NTH)
    processes = [platform.process_of(service) for service in services]
    await asyncio.gather(*map(platform.ready, processes))

    async def restarted(process: str) -> None:
        assert await platform.crashed(process) == CRASHED
        platform.start(process)

    async with load.running():
        await asyncio.gather(*map(restarted, processes))
        passed = sorted(platform.crashes()[before:])
        assert passed == sorted(f"{point}@{service}" for service in services)
        await asyncio.gather(*map(platform.ready, processes))
        back = time.monotonic()
    took = await platform.healed(back)
    await looked_over(load)
    return took


def name(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "services"), EMBEDDED, ids=name)
async def test_one_process_ends_at_a_point_and_heals(
    embedded: Load, point: str, services: tuple[str, ...]
) -> None:
    took = await crash_and_heal(embedded, point, services)
    if (point, services) == EMBEDDED[-1]:
        await partner_knows(embedded)
        assert embedded.receiver.repeated, "what was sent but not marked comes again"
        await judged_whole(embedded, took)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "services"), SERVERS, ids=name)
async def test_services_end_at_a_point_and_heal(
    servers: Load, point: str, services: tuple[str, ...]
) -> None:
    took = await crash_and_heal(servers, point, services)
    if (point, services) == SERVERS[-1]:
        await partner_knows(servers)
        assert servers.receiver.repeated, "what was sent but not marked comes again"
        await judged_whole(servers, took)
