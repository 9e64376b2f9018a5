"""`replay --group`: projections are as the facts make them, and nothing else of the platform moves."""

from typing import override

import pytest
from bus.ledger import GROUP, Ledger, expected, filled, shown, tell
from bus.world import step
from sqlalchemy import select, text

from fengqiao_chassis.bus.replay import Rebuilt, Replay
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.tx import Tx
from fengqiao_contracts.errors import Conflict
from fengqiao_contracts.facts import PersonalDataErased
from fengqiao_contracts.ids import new_id

pytestmark = pytest.mark.slow


async def test_a_damaged_projection_is_row_by_row_what_it_was(ledger: Ledger) -> None:
    subjects = await filled(ledger)
    before, group = await ledger.held(), await ledger.group()
    told: list[tuple[int, int]] = []
    await ledger.damage()
    assert await ledger.held() != before

    found = await ledger.replay_by(Replay).run(lambda done, total: told.append((done, total)))

    assert await ledger.held() == before
    assert await ledger.group() == group, "the group stands where it stood, nothing was stated"
    assert found.facts == 5 * len(subjects)
    assert found.corrected["test_lines"] == 17
    assert found.corrected["test_cards"] == len(subjects)
    assert told[-1] == (found.facts, found.facts)
    assert await step(ledger.member) == 0
    assert set((await ledger.replay()).corrected.values()) == {0}


async def test_rows_that_are_right_are_not_touched(ledger: Ledger) -> None:
    await filled(ledger)
    async with ledger.world.database.read() as conn:
        numbers = (await conn.execute(text("SELECT id, fact_id FROM test_log ORDER BY id"))).all()
    found = await ledger.replay()
    assert set(found.corrected.values()) == {0}
    async with ledger.world.database.read() as conn:
        after = (await conn.execute(text("SELECT id, fact_id FROM test_log ORDER BY id"))).all()
    assert after == numbers


async def test_a_replay_states_nothing_and_sends_nothing(ledger: Ledger) -> None:
    """The projecting handler states, schedules, audits and rings in a replay: all of it is dropped."""
    await filled(ledger)
    await ledger.damage()
    group, sent = await ledger.group(), list(ledger.sent)
    assert sent, "the live run had its effects outside"

    await ledger.replay()

    assert await ledger.group() == group
    assert ledger.sent == sent
    async with ledger.world.database.read() as conn:
        entries = (await conn.execute(select(t.audit))).all()
    assert [(e.action, e.subject, e.actor) for e in entries] == [
        ("projection.replay", GROUP, "operator")
    ]
    assert entries[0].fields == ["test_cards", "test_lines", "test_log", "test_sums"]


async def test_parked_facts_stay_parked_and_hold_their_subjects(ledger: Ledger) -> None:
    ledger.bad = {"c"}
    member = await ledger.start()
    good, held = [new_id() for _ in range(5)], [new_id() for _ in range(2)]
    await tell(ledger, good + held, "a", "b")
    await tell(ledger, held, "c", "d", "e")
    await tell(ledger, good, "f")
    await ledger.settle()
    before, group = await ledger.held(), await ledger.group()
    assert len(await ledger.world.parked(GROUP)) == 6

    ledger.bad = set()  # a mended handler: still nothing is applied that `dlq replay` should apply
    await ledger.damage()
    found = await ledger.replay()

    assert found.parked == 0
    assert await ledger.held() == before
    assert await ledger.group() == group
    await tell(ledger, held, "g")
    await ledger.settle()
    assert [r for _, r in await ledger.world.parked(GROUP)].count("behind a parked fact") == 6
    assert await member.replay_parked() == 8
    assert await shown(ledger) == await expected(ledger)


async def test_what_dlq_replay_applies_meanwhile_is_in_the_new_tables(ledger: Ledger) -> None:
    ledger.bad = {"c"}
    member = await ledger.start()
    subjects = [new_id() for _ in range(4)]
    await tell(ledger, subjects, "a", "b", "c", "d")
    await ledger.settle()
    await ledger.damage_lines()

    class Meanwhile(Replay):
        @override
        async def exchange(self) -> Rebuilt:
            ledger.bad = set()
            assert await member.replay_parked(subjects[0]) == 2
            await tell(ledger, subjects[:1], "e")
            await ledger.settle()
            return await super().exchange()

    await ledger.replay_by(Meanwhile).run()

    wanted = await expected(ledger)
    assert await shown(ledger) == {s: wanted[s] if s == subjects[0] else (2, "b") for s in subjects}
    assert await member.replay_parked() == 6
    assert await shown(ledger) == wanted


async def test_a_fact_that_this_program_cannot_apply_is_parked_before_those_behind_it(
    ledger: Ledger,
) -> None:
    ledger.bad = {"d"}
    member = await ledger.start()
    one, other = new_id(), new_id()
    await tell(ledger, [one], "a", "b", "c", "d", "e")
    await tell(ledger, [other], "a", "b")
    await ledger.settle()
    old = await ledger.world.parked(GROUP)
    ledger.bad = {"b"}  # this program has an error that the one before had not

    found = await ledger.replay()

    assert found.parked == 3, "b and what is behind it of both subjects"
    assert (await shown(ledger))[one] == (1, "a")
    parked = await ledger.world.parked(GROUP)
    assert [r for s, r in parked if s == one] == [
        "rejected: bad note",
        "behind a parked fact",
        *(r for _, r in old),
    ]
    ledger.bad = set()
    assert await member.replay_parked() == 5
    assert await shown(ledger) == await expected(ledger)


async def test_an_unknown_newer_version_stays_parked(ledger: Ledger) -> None:
    await ledger.start()
    subject = new_id()
    await tell(ledger, [subject], "a")
    await ledger.settle()

    async def newer(tx: Tx) -> None:
        tx.state(PersonalDataErased(case_id=subject, reason="b", erased_at=tx.now), area="/510100/")

    class Newer(PersonalDataErased):
        TYPE = "personal_data.erased.v9"

    async def newer_one(tx: Tx) -> None:
        tx.state(Newer(case_id=subject, reason="b", erased_at=tx.now), area="/510100/")

    await ledger.world.service("intake").write(newer_one)
    await ledger.world.service("intake").write(newer)
    await ledger.settle()
    reasons = [r for _, r in await ledger.world.parked(GROUP)]
    assert reasons == ["unknown-version", "behind a parked fact"]
    before, group = await ledger.held(), await ledger.group()
    await ledger.damage_lines()

    found = await ledger.replay()

    assert found.parked == 0
    assert (await ledger.held(), await ledger.group()) == (before, group)


async def test_a_handler_that_writes_another_table_is_stopped(ledger: Ledger) -> None:
    """Only shadows may be written before the exchange: such a fact is parked, nothing else moves."""
    subjects = await filled(ledger)
    wanted = await expected(ledger)
    ledger.stray = subjects[3]

    found = await ledger.replay()

    async with ledger.world.database.read() as conn:
        rows = (await conn.execute(select(t.sources).where(t.sources.c.service == "stray"))).all()
    assert rows == []
    assert found.parked == 5
    assert [s for s, _ in await ledger.world.parked(GROUP)] == 5 * [subjects[3]]
    del wanted[subjects[3]]
    assert await shown(ledger) == wanted


async def test_a_record_that_is_not_complete_is_refused(ledger: Ledger) -> None:
    await filled(ledger)
    await ledger.damage()
    damaged = await ledger.held()
    gone = text("DELETE FROM bus_outbox WHERE source = '/triage' AND position = 2")
    await ledger.world.service("triage").write(lambda tx: tx.run(gone))
    with pytest.raises(Conflict) as refused:
        await ledger.replay()
    assert "/triage" in refused.value.en
    assert await ledger.held() == damaged
