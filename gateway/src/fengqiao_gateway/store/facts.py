"""Queries of the kept facts, their places and who may know of each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, union_all, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert

from ..domain.places import Place
from .guard import own_only
from .tables import case_access, facts, places

_STEP = ("seq", "slot", "place")


async def accesses(
    tx: ReadTx, scope: Scope, case_ids: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The access rows of cases, by case id."""
    own_only(scope)
    rows = await tx.all(select(case_access).where(case_access.c.case_id.in_(case_ids)))
    return {row.case_id: row._mapping for row in rows}


async def save_accesses(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = [c.name for c in case_access.c if c.name != "case_id"]
        await tx.run(upsert(case_access, ["case_id"], update=names), [dict(r) for r in rows])


async def lock_places(tx: Tx, scope: Scope, slots: Sequence[int]) -> dict[int, int]:
    """The last place of each slot, locked to the end of the transaction, in slot order."""
    own_only(scope)
    new = [{"slot": s, "last": 0, "dropped": 0} for s in sorted(slots)]
    await tx.run(upsert(places, ["slot"]), new)
    query = select(places.c.slot, places.c.last).where(places.c.slot.in_(slots))
    rows = await tx.all(query.order_by(places.c.slot).with_for_update())
    return {row.slot: row.last for row in rows}


async def save_places(tx: Tx, last: Mapping[int, int]) -> None:
    rows = [{"slot": slot, "last": n, "dropped": 0} for slot, n in sorted(last.items())]
    await tx.run(upsert(places, ["slot"], update=("last",)), rows)


async def add_facts(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run(insert(facts), list(rows))


async def head(tx: ReadTx, scope: Scope) -> tuple[dict[int, int], dict[int, int]]:
    """Per slot the last place, and the last one that is no longer kept."""
    own_only(scope)
    rows = await tx.all(select(places))
    return {r.slot: r.last for r in rows}, {r.slot: r.dropped for r in rows if r.dropped}


async def window(
    tx: ReadTx, scope: Scope, after: Place, until: Place | None, size: int
) -> Sequence[Row[Any]]:
    """The steps (seq, slot, place) of the first `size` facts after a place, and not after `until`.

    Each slot is one range of its index, so a reader at the head costs a probe per slot.
    """
    own_only(scope)
    last, _ = await head(tx, scope)
    if until is not None:
        last = {slot: min(number, until[slot]) for slot, number in last.items()}
    ranges = [
        select(
            select(facts.c.seq, facts.c.slot, facts.c.place)
            .where(facts.c.slot == slot, facts.c.place > after[slot], facts.c.place <= number)
            .order_by(facts.c.place)
            .limit(size)
            .subquery()
        )
        for slot, number in sorted(last.items())
        if number > after[slot]
    ]
    if not ranges:
        return []
    steps = union_all(*ranges).subquery()
    return await tx.all(select(*(steps.c[n] for n in _STEP)).order_by(steps.c.seq).limit(size))


async def bodies(tx: ReadTx, scope: Scope, seqs: Sequence[int]) -> Sequence[Row[Any]]:
    """These facts in order, each with who may know of its case at present."""
    own_only(scope)
    access = [c.label(f"access_{c.name}") for c in case_access.c]
    query = (
        select(facts, *access)
        .select_from(facts.outerjoin(case_access, case_access.c.case_id == facts.c.case_id))
        .where(facts.c.seq.in_(seqs))
        .order_by(facts.c.seq)
    )
    return await tx.all(query)


async def oldest_to_drop(
    tx: ReadTx, scope: Scope, before: datetime, keep: int, chunk: int
) -> Sequence[Row[Any]]:
    """Up to `chunk` steps, oldest first, of facts noted before a moment or beyond the number kept."""
    own_only(scope)
    newest = int(await tx.scalar(select(func.max(facts.c.seq))) or 0)
    late = (facts.c.noted_at < before) | (facts.c.seq <= newest - keep)
    query = select(facts.c.seq, facts.c.slot, facts.c.place).where(late)
    return await tx.all(query.order_by(facts.c.seq).limit(chunk))


async def drop_facts(tx: Tx, seqs: Sequence[int], dropped: Mapping[int, int]) -> None:
    """Drops facts and notes per slot how far they reached."""
    await tx.run(delete(facts).where(facts.c.seq.in_(seqs)))
    for slot, number in sorted(dropped.items()):
        row = places.c.slot == slot
        await tx.run(update(places).where(row, places.c.dropped < number), {"dropped": number})


async def kept_facts(tx: ReadTx, scope: Scope) -> int:
    """How many facts are kept, for the metrics."""
    own_only(scope)
    return int(await tx.scalar(select(func.count()).select_from(facts)) or 0)
