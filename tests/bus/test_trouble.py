"""Trouble that is not the fact's own, and trouble before the transaction: what is parked and what is not."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bus.world import Recorder, World, state, step
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fengqiao_chassis.bus import Received, Subscriptions, on
from fengqiao_chassis.bus.consumer import ATTEMPTS, Consumer
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.facts import PersonalDataErased

pytestmark = pytest.mark.slow

CASE = "01900000-0000-7000-8000-{:012d}"


class Unreachable(Recorder):
    """A handler whose transaction loses the database for its first `times` tries."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__()
        self.error, self.times = error, times

    async def __call__(self, tx: Tx, items: Sequence[Received[Any]]) -> None:
        if self.times:
            self.times -= 1
            raise self.error
        await super().__call__(tx, items)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        PoolTimeout(),
        InterfaceError("SELECT 1", {}, Exception("connection is closed")),
        OperationalError("SELECT 1", {}, Exception("disk is full")),
    ],
    ids=lambda e: type(e).__name__,
)
async def test_a_lost_database_parks_nothing_however_long_it_is_away(
    world: World, error: Exception
) -> None:
    await world.relay("intake")
    lost = Unreachable(error, ATTEMPTS + 1)
    member = await world.member("triage", lost)
    await state(world.service("intake"), [CASE.format(1)], "note")
    running = asyncio.create_task(member.run())
    try:
        async with asyncio.timeout(30):
            while not await world.history():
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await world.parked("triage") == []


async def test_a_fact_that_cannot_be_prepared_is_parked_alone(world: World) -> None:
    """`prepare` has no transaction: its errors are the fact's as much as those of `apply`."""
    intake, recorder, bad = world.service("intake"), Recorder(), {"poison"}

    def prepare(items: Sequence[Received[Any]]) -> list[str]:
        if any(item.fact.reason in bad for item in items):
            raise ValueError("cannot be read")
        return [item.fact.reason for item in items]

    async def apply(tx: Tx, items: Sequence[Received[Any]], plans: Sequence[str]) -> None:
        assert [item.fact.reason for item in items] == list(plans)
        await recorder(tx, items)

    subscriptions = Subscriptions(on(PersonalDataErased, apply, prepare=prepare))
    reader = world.reader("triage", subscriptions.topics)
    member = Consumer(world.service("triage"), reader, subscriptions)
    await member.start()
    world.stack.push_async_callback(reader.close)
    await world.relay("intake")
    ids = [CASE.format(n) for n in range(6)]
    await state(intake, ids, "first")
    await state(intake, ids[:1], "poison")
    await state(intake, ids, "second")
    await world.settle(member)
    parked = await world.parked("triage")
    assert [subject for subject, _ in parked] == [ids[0], ids[0]]
    assert len(await world.history()) == 11
    bad.clear()
    assert await member.replay_parked() == 2
    assert await world.parked("triage") == []
    assert await step(member) == 0
