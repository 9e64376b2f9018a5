"""The embedded log's tail: read once for all groups, whole for those ahead and those behind."""

import asyncio
from pathlib import Path

import pytest
from bus.world import embedded_world, state

from fengqiao_chassis.bus import tail
from fengqiao_chassis.bus.sql import SqlReader
from fengqiao_chassis.store.database import Database
from fengqiao_contracts.facts import CASES
from fengqiao_contracts.ids import new_id


async def _nothing() -> dict[tuple[str, int], int]:
    return {}


async def _reader(database: Database) -> SqlReader:
    reader = SqlReader(database, (CASES,))
    await reader.open(_nothing)
    return reader


async def _all(reader: SqlReader, limit: int = 50) -> list[str]:
    found: list[str] = []
    while entries := (await reader.fetch(limit, 0.0, (CASES,))).entries:
        found += [e.envelope.subject for e in entries if e.envelope]
    return found


async def test_two_groups_share_the_entries_and_what_was_decoded_of_them(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        await state(world.service("intake"), [new_id() for _ in range(5)], "n")
        one, two = await _reader(world.database), await _reader(world.database)
        ours = (await one.fetch(50, 0.0, (CASES,))).entries
        theirs = (await two.fetch(50, 0.0, (CASES,))).entries
        assert len(ours) == 5
        assert all(a is b for a, b in zip(ours, theirs, strict=True))


async def test_a_group_behind_what_is_kept_reads_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "KEPT", 40)
    monkeypatch.setattr(tail, "PAGE", 25)
    async with embedded_world(tmp_path) as world:
        ids = [new_id() for _ in range(300)]
        late = await _reader(world.database)
        for start in range(0, 300, 60):
            await state(world.service("intake"), ids[start : start + 60], "n")
            early = await _reader(world.database)
            assert sorted(await _all(early, 25)) == sorted(ids[: start + 60])
        assert sorted(await _all(late)) == sorted(ids)


async def test_a_reader_ahead_of_the_tail_takes_it_along(tmp_path: Path) -> None:
    async with embedded_world(tmp_path) as world:
        first, second = [new_id() for _ in range(600)], [new_id() for _ in range(7)]
        await state(world.service("intake"), first, "n")
        ahead = await _reader(world.database)
        await _all(ahead)
        behind = await _reader(world.database)
        seen = (await behind.fetch(10, 0.0, (CASES,))).entries
        await state(world.service("intake"), second, "n")
        assert sorted(await _all(ahead)) == sorted(second)
        rest = await _all(behind)
        assert len(seen) + len(rest) == 607


async def test_what_another_process_states_is_found_without_being_woken(tmp_path: Path) -> None:
    """The command line writes into the file of a running platform."""
    async with embedded_world(tmp_path) as world, embedded_world(tmp_path) as other:
        reader = await _reader(world.database)
        assert await _all(reader) == []
        wanted = new_id()
        await state(other.service("intake"), [wanted], "n")
        found: list[str] = []
        for _ in range(3):
            batch = await reader.fetch(10, 0.6, (CASES,))
            found += [e.envelope.subject for e in batch.entries if e.envelope]
        assert found == [wanted]
        assert await reader.lag() == 0


async def test_a_group_that_waited_while_another_took_the_tail_along_misses_nothing(
    tmp_path: Path,
) -> None:
    """The tail at 20 of 60; one group stands at 50, one at 30, and they ask at the same moment."""
    async with embedded_world(tmp_path) as world:
        ids = [new_id() for _ in range(60)]
        for one in ids:
            await state(world.service("intake"), [one], "n")
        shared = tail.tail_of(world.database)
        first = await _reader(world.database)
        await first.fetch(5, 0.0, (CASES,))
        shared._entries, shared._after, shared._at = [], 20, 20
        async with shared._lock:
            waiting = [
                asyncio.create_task(shared.page(after, (CASES,), 500, look=True))
                for after in (50, 30)
            ]
            await asyncio.sleep(0.01)
        pages = await asyncio.gather(*waiting)
        for after, page in zip((50, 30), pages, strict=True):
            assert [e.offset for e in page.entries] == list(range(after + 1, 61))


async def test_large_facts_are_kept_by_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "KEPT_BYTES", 1)
    async with embedded_world(tmp_path) as world:
        ids = [new_id() for _ in range(30)]
        late = await _reader(world.database)
        await state(world.service("intake"), ids, "n")
        assert sorted(await _all(await _reader(world.database), 7)) == sorted(ids)
        assert len(tail.tail_of(world.database)._entries) == 1
        assert sorted(await _all(late)) == sorted(ids)
