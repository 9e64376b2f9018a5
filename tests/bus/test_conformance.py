"""The bus's promises, the same on both adapters (architecture.md §4)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from bus.checks import check_causes, check_complete, check_once, check_order
from bus.world import Recorder, World, gaps, state, step
from sqlalchemy import text

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.facts import PersonalDataErased
from fengqiao_contracts.ids import new_id


def cases(n: int) -> list[str]:
    return [new_id() for _ in range(n)]


async def clean(world: World, *groups: str) -> None:
    """The whole history is in order, once, and complete for each group."""
    history = await world.history()
    stated = await world.stated()
    assert check_order(history) == []
    assert check_once(history) == []
    assert check_causes(history) == []
    for group in groups:
        assert check_complete(stated, history, group) == []


async def test_facts_of_one_subject_arrive_in_their_order(world: World) -> None:
    intake, ids = world.service("intake"), cases(20)
    await world.relay("intake")
    group = await world.member("triage", Recorder())
    for n in range(10):
        await state(intake, ids, f"n{n}")
    await world.settle(group)
    notes: dict[str, list[str]] = {}
    for e in await world.history():
        notes.setdefault(e.subject, []).append(e.note)
    assert notes == {i: [f"n{n}" for n in range(10)] for i in ids}
    await clean(world, "triage")


async def test_no_group_sees_an_answer_before_the_fact_it_answers(world: World) -> None:
    """intake -> triage -> routing -> a listener that is far behind and starts only at the end."""

    def answering(note: str, answer: str) -> Any:
        async def handle(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
            for i in items:
                if i.fact.reason == note:
                    fact = PersonalDataErased(
                        case_id=i.fact.case_id, reason=answer, erased_at=tx.now
                    )
                    tx.state(fact, area="/", cause=i)

        return handle

    for name in ("intake", "triage", "routing"):
        await world.relay(name)
    triage = await world.member("triage", Recorder(), answering("asked", "graded"))
    routing = await world.member("routing", Recorder(), answering("graded", "routed"))
    await state(world.service("intake"), cases(40), "asked")
    await world.settle(triage, routing)
    listener = await world.member("analytics", Recorder())
    await world.settle(listener)
    history = await world.history("analytics")
    assert len(history) == 120
    assert sum(e.cause is not None for e in history) == 80
    await clean(world, "triage", "routing", "analytics")
    async with world.database.read() as conn:
        wrong = await conn.scalar(
            text(
                "SELECT count(*) FROM bus_outbox a JOIN bus_outbox c ON a.causation_id = c.fact_id"
                " WHERE a.fact_order <= c.fact_order"
            )
        )
    assert wrong == 0


async def test_every_group_and_every_handler_hears_every_fact(world: World) -> None:
    intake = world.service("intake")
    await world.relay("intake")
    heard: list[str] = []

    async def second(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
        heard.extend(i.envelope.id for i in items)

    groups = [await world.member(g, Recorder(), second) for g in ("triage", "routing")]
    await state(intake, cases(30), "n")
    await world.settle(*groups)
    assert sorted(heard) == sorted(2 * await world.stated())
    await clean(world, "triage", "routing")


async def test_a_new_group_reads_from_the_beginning(world: World) -> None:
    intake, ids = world.service("intake"), cases(15)
    await world.relay("intake")
    first = await world.member("triage", Recorder())
    await state(intake, ids, "old")
    await world.settle(first)
    await state(intake, ids, "new")
    late = await world.member("analytics", Recorder())
    await world.settle(first, late)
    await clean(world, "triage", "analytics")


async def test_a_restarted_member_goes_on_where_it_stood(world: World) -> None:
    intake, ids = world.service("intake"), cases(60)
    await world.relay("intake")
    await state(intake, ids, "a")
    member = await world.member("triage", Recorder(), batch_size=20)
    member.size = 20
    while not await step(member, 0.5):
        pass
    some = len(await world.history())
    assert 0 < some < 60
    await member.reader.close()
    await state(intake, ids, "b")
    again = await world.member("triage", Recorder())
    await world.settle(again)
    assert len(await world.history()) == 120
    await clean(world, "triage")


async def test_facts_of_many_subjects_are_handled_as_one_batch(world: World) -> None:
    await world.relay("intake")
    recorder = Recorder()
    await state(world.service("intake"), cases(90), "n")
    if world.kind == "kafka":
        await world.acknowledged()  # type: ignore[attr-defined]
    await world.settle(await world.member("triage", recorder))
    assert sum(recorder.batches) == 90
    assert len(recorder.batches) <= 15
    await clean(world, "triage")


async def test_a_fact_delivered_again_has_one_effect(world: World) -> None:
    intake, ids = world.service("intake"), cases(20)
    await world.relay("intake")
    member = await world.member("triage", Recorder())
    for n in range(3):
        await state(intake, ids, f"n{n}")
    await world.settle(member)
    await world.redeliver(member)
    again = 0
    for _ in range(10):
        again += await step(member, 0.0 if world.kind == "embedded" else 0.3)
    assert again == 60, "the facts did come again"
    await state(intake, ids, "after")
    await world.settle(member)
    assert len(await world.history()) == 80
    await clean(world, "triage")


async def test_a_poison_fact_parks_its_subject_alone_and_replay_catches_up(world: World) -> None:
    intake, ids = world.service("intake"), cases(12)
    await world.relay("intake")
    recorder = Recorder()
    recorder.bad.add("poison")
    member = await world.member("triage", recorder)
    await state(intake, ids, "first")
    await state(intake, ids[:1], "poison")
    await state(intake, ids, "second")
    await world.settle(member)
    await state(intake, ids, "third")
    await world.settle(member)
    assert await world.parked("triage") == [
        (ids[0], "rejected: bad note"),
        (ids[0], "behind a parked fact"),
        (ids[0], "behind a parked fact"),
    ]
    notes = [e.note for e in await world.history() if e.subject == ids[0]]
    assert notes == ["first"]
    assert len(await world.history()) == 11 * 3 + 1
    assert (await member.status())["parked"] == 3

    assert await member.replay_parked() == 0, "still poison"
    assert len(await world.parked("triage")) == 3
    recorder.bad.clear()
    assert await member.replay_parked(ids[0]) == 3
    assert await world.parked("triage") == []
    notes = [e.note for e in await world.history() if e.subject == ids[0]]
    assert notes == ["first", "poison", "second", "third"]
    await state(intake, ids, "fourth")
    await world.settle(member)
    assert await world.parked("triage") == []
    await clean(world, "triage")


async def test_a_passing_failure_is_tried_again_and_parks_nothing(world: World) -> None:
    intake, ids = world.service("intake"), cases(10)
    await world.relay("intake")
    recorder = Recorder()
    recorder.failures["shaky"] = 6
    member = await world.member("triage", recorder)
    await state(intake, ids, "a")
    await state(intake, ids[:1], "shaky")
    await state(intake, ids, "b")
    await world.settle(member)
    assert await world.parked("triage") == []
    await clean(world, "triage")


async def test_sequence_and_position_have_no_gap_under_fifty_commands_at_once(
    world: World,
) -> None:
    intake, ids = world.service("intake"), cases(5)
    await world.relay("intake")
    member = await world.member("triage", Recorder())

    async def one(n: int) -> None:
        async def work(tx: Tx) -> None:
            for i in (ids[n % 5], ids[(n + 2) % 5], new_id()):
                fact = PersonalDataErased(case_id=i, reason=f"c{n}", erased_at=tx.now)
                tx.state(fact, area="/")
            if n % 10 == 9:
                raise ValueError("takes itself back")

        await intake.command(work, actor="test")

    done = await asyncio.gather(*[one(n) for n in range(50)], return_exceptions=True)
    assert sum(isinstance(d, ValueError) for d in done) == 5
    assert sum(d is None for d in done) == 45
    assert len(await world.stated()) == 135
    assert await gaps(world) == []
    await world.settle(member)
    await clean(world, "triage")
