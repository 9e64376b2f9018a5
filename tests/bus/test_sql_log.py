"""What only the embedded log has to show: its cursor over topics and partitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bus.world import Recorder, embedded_world, state
from sqlalchemy import insert, update

from fengqiao_chassis.bus import Received, Subscriptions, on
from fengqiao_chassis.bus.codec import partition_of
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.sql import SqlReader
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.facts import CASES, FACTS, LATEST, CaseLinked, Fact, PersonalDataErased
from fengqiao_contracts.ids import new_id


async def test_a_partition_left_behind_is_reached_over_pages_the_others_passed(
    tmp_path: Path,
) -> None:
    """One partition's row goes back to the start: the next fetch must find its first record."""
    async with embedded_world(tmp_path) as world:
        ids = [new_id() for _ in range(300)]
        last = next(i for i in (new_id() for _ in range(1000)) if partition_of(i) == 3)
        ids = [i for i in ids if partition_of(i) != 3]
        intake = world.service("intake")
        await state(intake, [last], "early")
        await state(intake, ids, "many")
        await state(intake, [last], "late")
        member = await world.member("triage", Recorder())
        await world.settle(member)

        back = (
            update(t.offsets)
            .where(t.offsets.c.topic == CASES, t.offsets.c.partition == 3)
            .values(next_offset=0)
        )
        await intake.write(lambda tx: tx.run(back))
        await member.reader.rewind()
        found: list[str] = []
        while batch := (await member.reader.fetch(25, 0.0, (CASES,))).entries:
            found.extend(e.envelope.subject for e in batch if e.envelope)
        assert found == [last, last]


class Standing(Fact, name="test.standing", topic="fengqiao.registry", subject="person"):
    """A fact of the registry's topic for these tests; known only while one of them runs."""

    person: str


del FACTS[Standing.TYPE], LATEST[Standing.NAME]


@pytest.fixture(autouse=True)
def _standing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, Standing.TYPE, Standing)
    monkeypatch.setitem(LATEST, Standing.NAME, 1)


async def test_a_topic_to_be_read_first_is_read_to_its_end_and_not_again(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        heard: list[str] = []

        async def hear(tx: Tx, items: Sequence[Received[Any]]) -> None:
            heard.extend(i.envelope.topic for i in items)

        registry, people = world.service("mediator-registry"), [new_id() for _ in range(400)]

        async def enrol(tx: Tx) -> None:
            for p in people:
                tx.state(Standing(person=p), area="/")

        await state(world.service("intake"), [new_id() for _ in range(5)], "before")
        await registry.write(enrol)
        await state(world.service("intake"), [new_id() for _ in range(5)], "after")
        subscriptions = Subscriptions(
            on(PersonalDataErased, hear), on(Standing, hear), first=(Standing.TOPIC,)
        )
        reader = SqlReader(world.database, subscriptions.topics)
        member = Consumer(world.service("routing"), reader, subscriptions, batch_size=50)
        await member.start()
        for _ in range(12):
            await member.step()
        assert heard == [Standing.TOPIC] * 400 + [CASES] * 10


async def test_a_fact_that_nobody_hears_is_passed_and_counted(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        member = await world.member("triage", Recorder())
        intake, case = world.service("intake"), new_id()

        async def link(tx: Tx) -> None:
            tx.state(
                CaseLinked(case_id=case, other_case_id=case, reason="same", linked_at=tx.now),
                area="/",
            )

        await state(intake, [case], "a")
        await intake.write(link)
        await state(intake, [case], "b")
        await world.settle(member)
        assert [e.note for e in await world.history()] == ["a", "b"]
        assert [e.position for e in await world.history()] == [1, 3]


async def test_a_record_that_is_no_fact_parks_its_subject_only(tmp_path: Path) -> None:
    """Data that does not fit its model, as a foreign program might write it."""
    async with embedded_world(tmp_path) as world:
        member = await world.member("triage", Recorder())
        intake, ids = world.service("intake"), [new_id(), new_id()]
        await state(intake, ids, "a")
        broken = update(t.outbox).where(t.outbox.c.subject == ids[0]).values(data=b'{"case_id": 5}')
        await intake.write(lambda tx: tx.run(broken))
        await state(intake, ids, "b")
        await world.settle(member)
        assert [s for s, _ in await world.parked("triage")] == [ids[0], ids[0]]
        reason = (await world.parked("triage"))[0][1]
        assert reason.startswith("invalid: ")
        assert "reason" in reason
        assert [e.note for e in await world.history()] == ["a", "b"]


async def test_the_effect_and_the_offset_are_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that fails after its insert leaves neither an effect nor a moved row."""
    monkeypatch.setattr("fengqiao_chassis.bus.consumer.ATTEMPTS", 3)  # the waits grow fourfold
    async with embedded_world(tmp_path) as world:
        intake = world.service("intake")

        async def fails(tx: Tx, items: Sequence[Received[Any]]) -> None:
            await tx.run(insert(t.held), [{"grp": "x", "subject": "y"}])
            raise RuntimeError("always")

        member = await world.member("triage", Recorder(), fails)
        await state(intake, [new_id()], "a")
        await world.settle(member)
        assert await world.history() == []
        async with world.database.read() as conn:
            held = (await conn.execute(t.held.select())).all()
        assert [r.grp for r in held] == ["triage"]
        assert [r for _, r in await world.parked("triage")] == ["error: RuntimeError"]
