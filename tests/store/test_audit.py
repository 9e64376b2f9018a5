"""The sealed audit trail: whole after sealing, and every kind of tampering is found."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import and_, delete, insert, select, update

from fengqiao_chassis.audit import CHUNK, AuditReport, Sealer, seal, verify
from fengqiao_chassis.clock import SetClock
from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.database import Database
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_chassis.store.tables import audit

ENTRIES = 12


async def write(db: ServiceDb, count: int = ENTRIES) -> None:
    async def work(tx: Tx) -> None:
        for number in range(count):
            tx.audit("case.read", f"c{number}", purpose="办案", fields=("name", "phone"))

    await db.batch(work)


async def report(db: ServiceDb, **options: Any) -> AuditReport:
    async with db.read() as tx:
        return await verify(tx, db.service, **options)


async def tamper(db: ServiceDb, *statements: Any) -> None:
    async def work(tx: Tx) -> None:
        for statement in statements:
            assert await tx.run(statement) == 1

    await db.batch(work)


def at(number: int) -> Any:
    return and_(audit.c.service == "intake", audit.c.chain == number)


async def test_sealing_chains_every_entry_and_the_chain_verifies(db: ServiceDb) -> None:
    await write(db)
    assert (await report(db)).sealed == 0
    assert await seal(db) == ENTRIES
    assert await seal(db) == 0
    await write(db, 3)
    assert await seal(db) == 3
    found = await report(db)
    assert (found.ok, found.entries, found.sealed, found.broken_at) == (True, 15, 15, None)


async def test_more_entries_than_one_transaction_are_sealed_in_one_call(db: ServiceDb) -> None:
    await write(db, CHUNK * 2 + 1)
    assert await seal(db) == CHUNK * 2 + 1
    assert (await report(db)).sealed == CHUNK * 2 + 1


async def test_each_service_has_its_own_chain(db: ServiceDb, clock: SetClock) -> None:
    other = ServiceDb(db.database, "triage", db.keys, clock)
    await write(db)
    await write(other, 2)
    assert (await seal(other), await seal(db)) == (2, ENTRIES)
    assert (await report(other)).sealed == 2
    assert (await report(db)).ok


CHANGES: dict[str, Any] = {
    "at": {"at": audit.c.at},
    "actor": {"actor": "someone-else"},
    "action": {"action": "case.closed"},
    "subject": {"subject": "c99"},
    "purpose": {"purpose": None},
    "fields": {"fields": ["name"]},
    "hash": {"hash": "f" * 64},
    "service": {"service": "triage"},
    "unsealed": {"chain": None, "hash": None},
}


@pytest.mark.parametrize("column", CHANGES)
async def test_a_changed_entry_is_found(db: ServiceDb, clock: SetClock, column: str) -> None:
    await write(db)
    await seal(db)
    values: dict[str, Any] = (
        CHANGES[column] if column != "at" else {"at": clock.now() + timedelta(seconds=1)}
    )
    await tamper(db, update(audit).where(at(5)).values(values))
    found = await report(db)
    assert (found.ok, found.broken_at, found.sealed) == (False, 5, 4)


@pytest.mark.parametrize("number", [1, 5, ENTRIES - 1])
async def test_a_removed_entry_is_found(db: ServiceDb, number: int) -> None:
    await write(db)
    await seal(db)
    await tamper(db, delete(audit).where(at(number)))
    found = await report(db)
    assert (found.ok, found.broken_at) == (False, number)


async def test_a_removed_entry_whose_number_is_closed_up_is_found(db: ServiceDb) -> None:
    await write(db)
    await seal(db)
    moved = [update(audit).where(at(n)).values(chain=n - 1) for n in range(6, ENTRIES + 1)]
    await tamper(db, delete(audit).where(at(5)), *moved)
    assert (await report(db)).broken_at == 5


async def test_two_exchanged_entries_are_found(db: ServiceDb) -> None:
    await write(db)
    await seal(db)
    await tamper(
        db,
        update(audit).where(at(5)).values(chain=900),
        update(audit).where(at(6)).values(chain=5),
        update(audit).where(at(900)).values(chain=6),
    )
    assert (await report(db)).broken_at == 5


async def test_exchanged_contents_are_found(db: ServiceDb) -> None:
    await write(db)
    await seal(db)
    await tamper(
        db,
        update(audit).where(at(5)).values(subject="c5"),
        update(audit).where(at(6)).values(subject="c4"),
    )
    assert (await report(db)).broken_at == 5


@pytest.mark.parametrize("number", [0, ENTRIES + 1])
async def test_an_entry_put_in_is_found(db: ServiceDb, clock: SetClock, number: int) -> None:
    await write(db)
    await seal(db)
    row = {
        "service": "intake",
        "at": clock.now(),
        "actor": "x",
        "action": "case.read",
        "subject": "c1",
        "fields": [],
        "chain": number,
        "hash": "0" * 64,
    }
    await tamper(db, insert(audit).values(row))
    assert not (await report(db)).ok


async def test_a_cut_end_and_a_chain_made_anew_are_found_by_an_anchor_outside(
    db: ServiceDb,
) -> None:
    await write(db)
    await seal(db)
    whole = await report(db)
    anchor = (whole.sealed, whole.head)
    assert (await report(db, anchor=anchor)).ok
    await tamper(db, delete(audit).where(at(ENTRIES)))
    assert (await report(db)).ok, "nothing inside can show a cut end"
    assert (await report(db, anchor=anchor)).broken_at == ENTRIES
    await write(db, 1)
    await seal(db)
    assert (await report(db, anchor=anchor)).broken_at == ENTRIES


async def test_sealers_beside_each_other_make_one_chain(db: ServiceDb, clock: SetClock) -> None:
    await write(db, 300)
    others = [Database(db.database.url) for _ in range(3)]
    doors = [db, *(ServiceDb(other, "intake", db.keys, clock) for other in others)]
    sealed = await asyncio.gather(*(seal(door) for door in doors))
    assert sum(sealed) == 300
    assert (await report(db)).sealed == 300
    for other in others:
        await other.close()


async def test_the_loop_seals_new_entries(db: ServiceDb) -> None:
    loop = asyncio.create_task(Sealer(db, interval=0.01).run())
    await write(db)
    unsealed = select(audit.c.id).where(audit.c.chain.is_(None))
    async with asyncio.timeout(5):
        while True:
            async with db.read() as tx:
                if await tx.one(unsealed) is None:
                    break
            await asyncio.sleep(0.01)
    assert (await report(db)).sealed == ENTRIES
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop
