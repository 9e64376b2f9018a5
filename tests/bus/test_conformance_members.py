"""Members, versions and outages: fences, upgrades, two relays, a broker that is away."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from bus.checks import check_complete, check_once, check_order
from bus.world import Recorder, World, gaps, state, step
from servers import KafkaBroker

from fengqiao_chassis.bus import Subscriptions, on
from fengqiao_chassis.bus.consumer import Consumer
from fengqiao_chassis.bus.inbox import Fenced
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.facts import FACTS, LATEST, UPCASTERS, Fact, PersonalDataErased
from fengqiao_contracts.ids import new_id

NAME = "personal_data.erased"


def cases(n: int) -> list[str]:
    return [new_id() for _ in range(n)]


async def whole(world: World, group: str) -> None:
    history = await world.history(group)
    assert check_order(history) == []
    assert check_once(history) == []
    assert check_complete(await world.stated(), history, group) == []
    assert await gaps(world) == []


async def test_the_work_of_a_fenced_member_is_not_applied(world: World) -> None:
    """A member prepares a batch, stalls, another does the work: the first must drop its own."""
    intake = world.service("intake")
    await world.relay("intake")
    slow = await world.member("triage", Recorder())
    await state(intake, cases(30), "n")
    stale = await slow.reader.fetch(100, 10.0, slow.subscriptions.topics)
    assert stale.entries
    if world.kind == "embedded":
        other = await world.member("triage", Recorder())
    else:  # the group protocol gives the partitions to one of them: here the same reader, rewound
        other = slow
        await slow.reader.rewind()
    await world.settle(other)
    before = await world.history()
    with pytest.raises(Fenced):
        await slow._take(stale)
    assert await world.history() == before
    await whole(world, "triage")
    await slow.reader.rewind()
    await state(intake, cases(10), "later")
    await world.settle(slow)
    assert len(await world.history()) == 40
    await whole(world, "triage")


async def test_two_members_working_at_once_apply_every_fact_once(world: World) -> None:
    intake, ids = world.service("intake"), cases(40)
    await world.relay("intake")
    members = [await world.member("triage", Recorder(), batch_size=25) for _ in range(2)]
    runs = [asyncio.create_task(m.run()) for m in members]
    try:
        for n in range(5):
            await state(intake, ids, f"n{n}")
            await asyncio.sleep(0.05)
        runs[0].cancel()  # one dies in the middle
        await asyncio.gather(runs[0], return_exceptions=True)
        await members[0].reader.close()
        await state(intake, ids, "after")
        for _ in range(400):
            if not await world.behind(members[1]):
                break
            await asyncio.sleep(0.1)
    finally:
        for task in runs:
            task.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
    assert len(await world.history()) == 240
    await whole(world, "triage")


@contextmanager
def second_version() -> Iterator[type[Fact]]:
    """The code after an upgrade: version 2 of the fact is known, version 1 is upcast to it."""

    class Erased2(Fact, name=NAME, version=2, subject="case_id"):
        case_id: str
        reason: str
        erased_at: datetime
        by: str

    UPCASTERS[f"{NAME}.v1"] = lambda data: {**data, "by": "unknown"}
    try:
        yield Erased2
    finally:
        del UPCASTERS[f"{NAME}.v1"], FACTS[f"{NAME}.v2"]
        LATEST[NAME] = 1


async def test_a_newer_version_waits_for_the_upgrade_and_then_catches_up(world: World) -> None:
    intake, ids = world.service("intake"), cases(4)
    await world.relay("intake")
    old = await world.member("triage", Recorder())
    await state(intake, ids, "one")
    with second_version() as newer:

        async def work(tx: Tx) -> None:
            tx.state(newer(case_id=ids[0], reason="two", erased_at=tx.now, by="me"), area="/")  # type: ignore[call-arg]

        await intake.command(work, actor="test")
    await state(intake, ids, "three")
    await world.settle(old)
    assert await world.parked("triage") == [
        (ids[0], "unknown-version"),
        (ids[0], "behind a parked fact"),
    ]
    assert await old.replay_parked() == 0, "not upgraded yet"
    assert len(await world.history()) == 7
    with second_version() as newer:
        recorder = Recorder()
        subscriptions = Subscriptions(on(newer, recorder), on(PersonalDataErased, recorder))
        subscriptions.by_name[NAME] = subscriptions.by_name[NAME][:1]
        new = Consumer(world.service("triage"), old.reader, subscriptions)
        await new.start()
        assert await new.replay_parked() == 2
    assert await world.parked("triage") == []
    notes = [e.note for e in await world.history() if e.subject == ids[0]]
    assert notes == ["one", "two", "three"]
    await state(intake, ids, "four")
    await world.settle(old)
    await whole(world, "triage")


async def test_a_gap_is_not_passed_over(world: World) -> None:
    """Nothing behind a missing position may be applied, and the group says that it is behind."""
    intake, ids = world.service("intake"), cases(1)
    await world.relay("intake")
    member = await world.member("triage", Recorder())
    for n in range(4):
        await state(intake, ids, f"n{n}")
    fetched = await member.reader.fetch(1, 10.0, member.subscriptions.topics)
    while len(fetched.entries) < 4:
        more = await member.reader.fetch(100, 5.0, member.subscriptions.topics)
        assert more.entries
        fetched.entries.extend(more.entries)
        fetched.end.update(more.end)
    del fetched.entries[1]
    await member._take(fetched)
    assert [e.note for e in await world.history()] == ["n0"]
    assert await world.behind(member)
    since = member._gap_since
    assert since is not None
    await world.redeliver(member)
    await world.settle(member)
    assert member.ready
    assert member._gap_since is None
    await whole(world, "triage")


KAFKA_ONLY = [
    pytest.mark.kafka,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.parametrize("world", ["kafka"], indirect=True),
]


class TestBroker:
    """What only a broker can do."""

    pytestmark = KAFKA_ONLY

    async def test_what_is_stated_while_the_broker_is_down_arrives(
        self, world: World, kafka_server: KafkaBroker
    ) -> None:
        intake, ids = world.service("intake"), cases(20)
        await world.relay("intake")
        member = await world.member("triage", Recorder())
        await state(intake, ids, "before")
        await world.settle(member)
        await asyncio.to_thread(kafka_server.kill)
        for n in range(5):
            await state(intake, ids, f"down{n}")
        assert await step(member, 0.5) == 0, "a broker that is away is an empty batch"
        await asyncio.to_thread(kafka_server.start)
        await world.settle(member)
        assert len(await world.history()) == 120
        await whole(world, "triage")

    async def test_two_relays_of_one_service_do_no_harm(self, world: World) -> None:
        intake, ids = world.service("intake"), cases(20)
        await world.relay("intake")
        await world.relay("intake")
        member = await world.member("triage", Recorder())
        for n in range(10):
            await state(intake, ids, f"n{n}")
            await step(member, 0.05)
        world.relays[0].cancel()  # the one that may hold the lease
        for n in range(5):
            await state(intake, ids, f"later{n}")
        await world.settle(member)
        assert len(await world.history()) == 300
        await whole(world, "triage")
