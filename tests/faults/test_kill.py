"""kill -9 at a random moment under load: of the one process, of each service, of two at once."""

import asyncio
import time
from random import Random

import pytest
from faults.load import Load
from faults.recovery import judged_whole, looked_over, partner_knows
from faults.stack import ONE

from fengqiao_host.services import NAMES

SEED = 20
DOWN_SECONDS = 1.0
PAIRS = [sorted(Random(SEED + n).sample(NAMES, 2)) for n in range(3)]
KILLED = [*([service] for service in NAMES), *PAIRS]


async def kill_and_heal(load: Load, seed: int, *processes: str) -> float:
    """Load, kill at a moment of its first seconds, restart, heal, look; the seconds from answering again to
    settled."""
    platform = load.platform
    platform.ensure()
    await asyncio.gather(*map(platform.ready, platform.processes))
    async with load.running():
        await asyncio.sleep(Random(seed).uniform(0.5, 3.0))
        platform.kill(*processes)
        await asyncio.sleep(DOWN_SECONDS)
        for process in processes:
            platform.start(process)
        await asyncio.gather(*map(platform.ready, processes))
        back = time.monotonic()
    took = await platform.healed(back)
    await looked_over(load)
    await partner_knows(load)
    return took


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.timeout(300)
async def test_the_one_process_is_killed_three_times_and_heals(embedded: Load) -> None:
    took = [await kill_and_heal(embedded, SEED + n, ONE) for n in range(3)]
    await judged_whole(embedded, max(took))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize("processes", KILLED, ids="+".join)
async def test_services_are_killed_and_heal(servers: Load, processes: list[str]) -> None:
    took = await kill_and_heal(servers, SEED + KILLED.index(processes), *processes)
    if processes == KILLED[-1]:
        await judged_whole(servers, took)
