"""A replay while its group works: nothing is lost, a cut run changes nothing, one run at a time."""

import asyncio
import contextlib
from collections import Counter
from typing import override

import pytest
from bus.ledger import SERVICES, Ledger, expected, filled, shown, tell
from bus.world import state, step
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.replay import Rebuilt, Replay, Standing
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.errors import Conflict

pytestmark = pytest.mark.slow


class Fenced(Replay):
    """The group goes on between the last look and the exchange."""

    ledger: Ledger

    @override
    async def exchange(self) -> Rebuilt:
        await tell(self.ledger, list(await shown(self.ledger))[:6], "late", "later")
        await self.ledger.settle()
        return await super().exchange()


class Unfenced(Fenced):
    """The planted bug: the exchange believes an earlier look and locks nothing."""

    @override
    async def advance(self, standing: Standing) -> None:
        await super().advance(standing)
        self.seen = standing

    @override
    async def lock(self, tx: Tx) -> Standing:
        return self.seen


async def late(member: Consumer) -> bool:
    """Whether the group has not passed all that is stated."""
    async with member.db.read() as tx:
        passed = await tx.all(select(t.passed).where(t.passed.c.grp == member.group))
        stated = await tx.all(select(t.positions))
    reached = {(r.source, r.topic, r.partition): r.position for r in passed}
    return any(reached.get((r.source, r.topic, r.partition), 0) < r.position for r in stated)


@pytest.mark.parametrize(("kind", "kept"), [(Fenced, True), (Unfenced, False)])
async def test_what_the_group_applies_before_the_exchange_is_kept_and_without_the_fence_lost(
    ledger: Ledger, kind: type[Fenced], kept: bool
) -> None:
    await filled(ledger)
    replay = ledger.replay_by(kind)
    replay.ledger = ledger

    await replay.run()
    await ledger.settle()

    assert (await shown(ledger) == await expected(ledger)) is kept


async def test_the_group_waits_for_the_exchange(ledger: Ledger) -> None:
    """Members are stopped from the look to the commit, and go on by themselves behind it."""
    subjects = await filled(ledger)
    await ledger.damage()
    await tell(ledger, subjects, "late")

    class Slow(Replay):
        work: asyncio.Task[None]

        @override
        async def lock(self, tx: Tx) -> Standing:
            standing = await super().lock(tx)
            self.work = asyncio.create_task(_until_passed(ledger.member))
            done, _ = await asyncio.wait([self.work], timeout=1.5)
            assert not done
            return standing

    replay = ledger.replay_by(Slow)
    await replay.run()
    await asyncio.wait_for(replay.work, 30)
    assert await shown(ledger) == await expected(ledger)


async def _until_passed(member: Consumer) -> None:
    while await late(member):
        with contextlib.suppress(DBAPIError):
            await step(member, 0.1)


@pytest.mark.slow
async def test_replays_beside_a_busy_group_lose_nothing(ledger: Ledger) -> None:
    subjects = await filled(ledger)
    running = [asyncio.create_task(m.run()) for m in (ledger.member, ledger.register)]
    stop = asyncio.Event()

    async def talk() -> int:
        n = 0
        while not stop.is_set():
            n += 1
            await state(ledger.world.service(SERVICES[n % 3]), subjects[n % 5 :: 5], f"n{n % 7}")
            await asyncio.sleep(0.1)
        return n

    talking = asyncio.create_task(talk())
    try:
        for _ in range(4):
            await asyncio.sleep(0.3)
            await ledger.damage_lines()
            found = await ledger.replay()
            assert found.facts > 0
        stop.set()
        assert await talking > 8
        async with asyncio.timeout(45):
            while await late(ledger.member):
                await asyncio.sleep(0.1)
    finally:
        stop.set()
        for task in running:
            task.cancel()
        await asyncio.gather(talking, *running, return_exceptions=True)

    numbers = {s: n for s, (n, _) in (await expected(ledger)).items()}
    assert {s: n for s, (n, _) in (await shown(ledger)).items()} == numbers
    per_subject = Counter(s for s, _ in (await ledger.held())["test_log"])
    assert dict(per_subject) == numbers


async def test_a_run_that_is_cut_changes_nothing_and_the_next_one_does_it(ledger: Ledger) -> None:
    await filled(ledger)
    before = await ledger.held()
    await ledger.damage()
    damaged, group = await ledger.held(), await ledger.group()

    class Cut(Replay):
        @override
        async def _park(self, tx: Tx) -> int:
            await super()._park(tx)
            await self.shadow.exchange()
            raise RuntimeError("cut")

    class CutEarly(Replay):
        @override
        async def exchange(self) -> Rebuilt:
            raise RuntimeError("cut")

    for kind in (CutEarly, Cut):
        with pytest.raises(RuntimeError, match="cut"):
            await ledger.replay_by(kind).run()
        assert await ledger.held() == damaged
        assert await ledger.group() == group
    await ledger.replay()
    assert await ledger.held() == before
    assert await step(ledger.member) == 0


async def test_a_second_run_of_the_group_is_refused(ledger: Ledger) -> None:
    await filled(ledger)
    go, there = asyncio.Event(), asyncio.Event()

    class Slow(Replay):
        @override
        async def exchange(self) -> Rebuilt:
            there.set()
            await go.wait()
            return await super().exchange()

    first = asyncio.create_task(ledger.replay_by(Slow).run())
    await there.wait()
    with pytest.raises(Conflict) as refused:
        await ledger.replay()
    assert "wait" in refused.value.en
    go.set()
    assert (await first).facts == 120
    assert (await ledger.replay()).facts == 120
