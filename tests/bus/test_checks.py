"""Each check of the suite finds its planted bug: in a history, and in a consumer that errs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bus.checks import Effect, check_causes, check_complete, check_once, check_order
from bus.world import Recorder, World, embedded_world, gaps, state
from sqlalchemy import text

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.inbox import Passed
from fengqiao_chassis.bus.port import Batch, Entry, LoadOffsets, Reader
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


async def test_a_gap_in_sequence_or_position_is_found(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
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

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
        await self.real.open(load, look)

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        batch = await self.real.fetch(limit, wait, topics)
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
    subscriptions = Subscriptions(on(PersonalDataErased, Recorder()))
    reader = Faulty(world.reader("g", subscriptions.topics), spoil)
    consumer = kind(world.service("g"), reader, subscriptions)
    await consumer.start()
    case = new_id()
    for n in range(6):
        await state(world.service("intake"), [case], f"n{n}")
    await consumer.step()
    return problems(await world.history(), await world.stated())


@pytest.mark.parametrize(
    ("spoil", "found"),
    [(dropped, {"order", "complete"}), (doubled, {"order", "once"}), (swapped, {"order"})],
)
async def test_a_consumer_that_looks_at_no_position_is_found_out(
    spoil: Callable[[list[Entry]], list[Entry]], found: set[str], tmp_path: Path
) -> None:
    async with embedded_world(tmp_path) as world:
        assert await history_of(Careless, spoil, world) == found


@pytest.mark.parametrize(
    ("spoil", "left"), [(dropped, {"complete"}), (doubled, set()), (swapped, {"complete"})]
)
async def test_the_real_consumer_never_errs_in_order_or_twice_on_the_same_reader(
    spoil: Callable[[list[Entry]], list[Entry]], left: set[str], tmp_path: Path
) -> None:
    """It waits for what is missing; it applies nothing out of order and nothing twice."""
    async with embedded_world(tmp_path) as world:
        assert await history_of(Consumer, spoil, world) == left
