"""Each check of the suite finds its planted bug, on both adapters: in a history, and in a consumer
that errs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from bus import test_conformance as conformance
from bus import test_conformance_members as members
from bus.checks import Effect, check_causes, check_complete, check_once, check_order
from bus.world import SETTLE_SECONDS, KafkaWorld, Recorder, World, gaps, state
from sqlalchemy import text

from fengqiao_chassis.bus import Subscriptions, inbox, on
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.inbox import Passed
from fengqiao_chassis.bus.plan import Done, Plan
from fengqiao_chassis.bus.port import Batch, Entry, LoadOffsets, Place, Reader
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.facts import PersonalDataErased
from fengqiao_contracts.ids import new_id


def good() -> list[Effect]:
    one = Effect(1, "g", "f1", "/a", "s", 1, 1, "t", 0, None, "")
    return [
        one,
        replace(one, number=2, fact_id="f2", sequence=2, position=2),
        replace(one, number=3, fact_id="f3", source="/b", cause="f1"),
        replace(one, number=4, fact_id="f4", sequence=3, position=3),
    ]


IDS = ["f1", "f2", "f3", "f4"]


def problems(history: Sequence[Effect], stated: Sequence[str] = IDS) -> set[str]:
    """The names of the checks that find something."""
    found = {
        "order": check_order(history),
        "once": check_once(history),
        "causes": check_causes(history),
        "complete": check_complete(stated, history, "g"),
    }
    return {name for name, wrong in found.items() if wrong}


def test_a_good_history_passes() -> None:
    assert problems(good()) == set()


def test_a_dropped_fact_is_found() -> None:
    for n in range(4):
        assert "complete" in problems([e for e in good() if e.number != n + 1])
    assert "order" in problems([e for e in good() if e.fact_id != "f2"])


def test_a_doubled_fact_is_found() -> None:
    for n in range(4):
        assert "once" in problems([*good(), replace(good()[n], number=5)])


def test_swapped_facts_are_found() -> None:
    a, b, c, d = good()
    assert problems([b, a, c, d]) == {"order"}
    assert problems([replace(c, number=0), a, b, d]) == {"causes"}


def test_an_invented_fact_is_found() -> None:
    assert problems([*good(), replace(good()[0], number=5, fact_id="x", sequence=4)]) == {
        "complete"
    }


def test_one_groups_gap_is_not_hidden_by_another_group() -> None:
    other = [replace(e, group="h") for e in good()]
    assert problems([*good()[:3], *other]) == {"complete"}


async def test_a_gap_in_sequence_or_position_is_found(world: World) -> None:
    case = new_id()
    for _ in range(3):
        await state(world.service("intake"), [case], "n")
    assert await gaps(world) == []
    lose = text("DELETE FROM bus_outbox WHERE position = 2")
    await world.service("intake").write(lambda tx: tx.run(lose))
    assert {g.split()[0] for g in await gaps(world)} == {"sequence", "position"}


class Faulty:
    """A reader that spoils what a real one reads."""

    def __init__(self, real: Reader, spoil: Callable[[list[Entry]], list[Entry]]) -> None:
        self.real = real
        self.spoil = spoil
        self.sizes: list[int] = []

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
        await self.real.open(load, look)

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        batch = await self.real.fetch(limit, wait, topics)
        if batch.entries:
            self.sizes.append(len(batch.entries))
        batch.entries[:] = self.spoil(batch.entries)
        return batch

    async def rewind(self) -> None:
        await self.real.rewind()

    async def committed(self, batch: Batch) -> None:
        await self.real.committed(batch)

    async def lag(self) -> int | None:
        return await self.real.lag()

    async def close(self) -> None:
        await self.real.close()


class Careless(Consumer):
    """A consumer with the bug planted: it takes whatever comes and looks at no position."""

    def _accept(self, batch: Batch, passed: Passed) -> tuple[list[Entry], Passed]:
        return list(batch.entries), {}


def dropped(entries: list[Entry]) -> list[Entry]:
    return entries[:2] + entries[3:]


def doubled(entries: list[Entry]) -> list[Entry]:
    return entries[:3] + entries[2:]


def swapped(entries: list[Entry]) -> list[Entry]:
    return entries[:1] + entries[2:0:-1] + entries[3:]


async def history_of(
    kind: type[Consumer], spoil: Callable[[list[Entry]], list[Entry]], world: World
) -> set[str]:
    """What the checks find when six facts come as one spoiled batch."""
    await world.relay("intake")
    subscriptions = Subscriptions(on(PersonalDataErased, Recorder()))
    reader = Faulty(world.reader("g", subscriptions.topics), spoil)
    consumer = kind(world.service("g"), reader, subscriptions)
    await consumer.start()
    case = new_id()
    for n in range(6):
        await state(world.service("intake"), [case], f"n{n}")
    if isinstance(world, KafkaWorld):
        await world.acknowledged()
    world.stack.push_async_callback(reader.close)
    async with asyncio.timeout(SETTLE_SECONDS):
        while not await consumer.step(0.5):
            pass
    assert reader.sizes == [6], "all at once, as the spoiling needs it"
    return problems(await world.history(), await world.stated())


@pytest.mark.parametrize(
    ("spoil", "found"),
    [(dropped, {"order", "complete"}), (doubled, {"order", "once"}), (swapped, {"order"})],
)
async def test_a_consumer_that_looks_at_no_position_is_found_out(
    spoil: Callable[[list[Entry]], list[Entry]], found: set[str], world: World
) -> None:
    assert await history_of(Careless, spoil, world) == found


@pytest.mark.parametrize(
    ("spoil", "left"), [(dropped, {"complete"}), (doubled, set()), (swapped, {"complete"})]
)
async def test_the_real_consumer_never_errs_in_order_or_twice_on_the_same_reader(
    spoil: Callable[[list[Entry]], list[Entry]], left: set[str], world: World
) -> None:
    """It waits for what is missing; it applies nothing out of order and nothing twice."""
    assert await history_of(Consumer, spoil, world) == left


class ParksNothing(Consumer):
    """A consumer with the bug planted: it passes over a fact that it cannot apply."""

    async def _insist(self, batch: Batch, error: Exception) -> None:
        await self._commit(Plan(batch))


class Unfenced(Consumer):
    """A consumer with the bug planted: wherever its batch began, it writes where the group stands."""

    async def _apply(
        self, tx: Tx, plan: Plan, passed: Passed, journal: dict[Place, int]
    ) -> tuple[Passed, dict[Place, int], Done]:
        rows = await inbox.load_offsets(tx, self.group)
        begin = {place: rows[place][0] for place in plan.batch.begin}
        unfenced = replace(plan, batch=replace(plan.batch, begin=begin))
        return await super()._apply(tx, unfenced, passed, journal)


Check = Callable[[World], Awaitable[None]]


async def found_by(check: Check, planted: type[Consumer], world: World) -> str:
    """The words with which a check of the conformance suite fails a planted consumer."""
    world.consumer = planted
    with pytest.raises((AssertionError, pytest.fail.Exception)) as failure:
        await check(world)
    return str(failure.value)


async def test_a_consumer_that_parks_nothing_is_found_out(world: World) -> None:
    check = conformance.test_a_poison_fact_parks_its_subject_alone_and_replay_catches_up
    assert "rejected: bad note" in await found_by(check, ParksNothing, world)


async def test_a_consumer_that_ignores_the_fence_is_found_out(world: World) -> None:
    check = members.test_the_work_of_a_fenced_member_is_not_applied
    assert "DID NOT RAISE" in await found_by(check, Unfenced, world)


@pytest.mark.parametrize("world", ["embedded"], indirect=True)
async def test_members_that_ignore_the_fence_do_the_work_twice(world: World) -> None:
    """On Kafka the group protocol keeps them apart as long as both are well."""
    check = members.test_two_members_working_at_once_apply_every_fact_once
    assert "== 240" in await found_by(check, Unfenced, world)
