"""The permanent record as a log: the register's journal across databases, then what it has not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bus.world import World, log_world, state
from servers import PostgresServer
from sqlalchemy import insert

from fengqiao_chassis.bus.codec import partition_of
from fengqiao_chassis.bus.inbox import Passed
from fengqiao_chassis.bus.port import Place
from fengqiao_chassis.bus.record import RecordReader
from fengqiao_chassis.store import tables as t
from fengqiao_contracts.errors import Conflict
from fengqiao_contracts.facts import CASES
from fengqiao_contracts.ids import new_id

pytestmark = pytest.mark.postgres


@pytest.fixture
async def two(tmp_path: Path, pg: PostgresServer) -> AsyncIterator[tuple[World, World]]:
    """The register's database and another service's."""
    one, other = await pg.create_database(), await pg.create_database()
    async with (
        log_world(tmp_path, one) as register,
        log_world(tmp_path, other) as rest,
    ):
        yield register, rest
    await pg.drop_database(one)
    await pg.drop_database(other)


async def no_offsets() -> dict[Place, int]:
    return {}


async def read(reader: RecordReader, done: Passed, target: Passed) -> list[tuple[str, int]]:
    left = await reader.aim(done, target)
    found: list[tuple[str, int]] = []
    while (batch := await reader.fetch(3, 0, ())).entries:
        found += [(e.envelope.source, e.envelope.position) for e in batch.entries if e.envelope]
    assert left == len(found)
    assert await reader.lag() == 0
    return found


async def test_the_order_is_the_journals_then_by_order_and_source(two: tuple[World, World]) -> None:
    """The journal is turned against (order, source); it holds more than the group has passed."""
    intake, triage = two[0].service("intake"), two[1].service("triage")
    subject = new_id()
    partition = partition_of(subject)
    for n in range(4):
        await state(intake, [subject], f"i{n}")
        await state(triage, [subject], f"t{n}")
    turned = [("/triage", 1), ("/triage", 2), ("/intake", 1), ("/triage", 3), ("/intake", 2)]
    rows = [
        {"topic": CASES, "partition": partition, "number": n, "source": s, "position": p}
        for n, (s, p) in enumerate(turned, 1)
    ]
    await intake.batch(lambda tx: tx.run(insert(t.journal), rows))
    reader = RecordReader([intake, triage], intake, [CASES])
    await reader.open(no_offsets)

    def at(of_intake: int, of_triage: int) -> Passed:
        return {("/intake", CASES, partition): of_intake, ("/triage", CASES, partition): of_triage}

    assert await read(reader, {}, at(1, 2)) == turned[:3]
    assert await read(reader, at(1, 2), at(2, 2)) == [turned[4]]
    rest = [("/intake", 3), ("/intake", 4), ("/triage", 4)]
    assert await read(reader, at(2, 2), at(4, 4)) == [turned[3], *rest]
    again = RecordReader([intake, triage], intake, [CASES])
    await again.open(no_offsets)
    assert await read(again, {}, at(4, 4)) == [*turned, *rest]


async def test_a_database_that_is_not_at_hand_is_named_by_its_source(
    two: tuple[World, World],
) -> None:
    intake, triage = two[0].service("intake"), two[1].service("triage")
    subject = new_id()
    await state(triage, [subject], "t")
    reader = RecordReader([intake], intake, [CASES])
    await reader.open(no_offsets)
    await reader.aim({}, {("/triage", CASES, partition_of(subject)): 1})
    with pytest.raises(Conflict) as refused:
        await reader.fetch(10, 0, ())
    assert "/triage" in refused.value.en
