"""A consumer that can apply nothing any more stops and says so; what waits behind others is no sign."""

import asyncio
from pathlib import Path

import pytest
from bus.world import Recorder, embedded_world, state
from sqlalchemy import update

from fengqiao_chassis.bus import consumer
from fengqiao_chassis.store import tables as t
from fengqiao_contracts.ids import new_id


@pytest.fixture(autouse=True)
def _few_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "STOP_AFTER", 5)


async def test_facts_of_one_batch_that_cannot_be_read_count_one_by_one(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        intake = world.service("intake")
        await state(intake, [new_id() for _ in range(6)], "n")
        newer = update(t.outbox).values(type="personal_data.erased.v9")
        await intake.write(lambda tx: tx.run(newer))
        member = await world.member("triage", Recorder())
        assert await member.step() == 6
        assert len(await world.parked("triage")) == 6
        assert member.stopped
        assert not member.ready


async def test_it_goes_on_when_the_parked_facts_can_be_applied_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "STOPPED_SECONDS", 0.02)
    async with embedded_world(tmp_path) as world:
        intake, recorder = world.service("intake"), Recorder()
        recorder.bad.add("poison")
        member = await world.member("triage", recorder)
        running = asyncio.create_task(member.run())
        try:
            await state(intake, [new_id() for _ in range(6)], "poison")
            async with asyncio.timeout(20):
                while not member.stopped:
                    await asyncio.sleep(0.02)
                recorder.bad.clear()
                elsewhere = await world.member("triage", recorder)  # as the command line does it
                assert await elsewhere.replay_parked() >= 5  # the last may not have been taken yet
                await state(intake, [new_id()], "good")
                while len(await world.history()) < 7:
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()


async def test_handled_facts_between_parked_ones_let_it_go_on(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        intake, recorder = world.service("intake"), Recorder()
        recorder.bad.add("poison")
        member = await world.member("triage", recorder)
        for _ in range(3):
            await state(intake, [new_id() for _ in range(4)], "poison")
            await state(intake, [new_id()], "good")
            await world.settle(member)
        assert len(await world.parked("triage")) == 12
        assert not member.stopped


async def test_one_subject_with_many_facts_behind_it_stops_nobody(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        intake, recorder, one = world.service("intake"), Recorder(), new_id()
        recorder.bad.add("poison")
        member = await world.member("triage", recorder)
        await state(intake, [one], "poison")
        for _ in range(8):
            await state(intake, [one], "later")
        await world.settle(member)
        assert len(await world.parked("triage")) == 9
        assert not member.stopped
