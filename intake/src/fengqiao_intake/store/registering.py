"""Writing cases: numbers, claims on referrers' numbers, and the rows of many cases at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from fengqiao_chassis.store import Scope, Tx, upsert, visible

from . import search
from .tables import cases, counters, import_rows, parties, referrals, supplements, texts

Values = dict[str, Any]
ExternalKey = tuple[str, str]


async def take_numbers(tx: Tx, wanted: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Take so many numbers of each (unit, year); gives the first of each run.

    The counter's row stays locked to the commit: numbers are gap-free, and a case rolled back
    gives its number back. Units are taken in order, so that two batches never wait in a ring.
    """
    first = {}
    for unit, year in sorted(wanted):
        count = wanted[unit, year]
        last = await _raise_counter(tx, unit, year, count)
        if last is None:
            new = {"unit": unit, "year": year, "last": 0}
            await tx.run(upsert(counters, ["unit", "year"]), new)
            last = await _raise_counter(tx, unit, year, count)
        assert last is not None
        first[unit, year] = last - count + 1
    return first


async def _raise_counter(tx: Tx, unit: str, year: int, count: int) -> int | None:
    statement = (
        update(counters)
        .where(counters.c.unit == unit, counters.c.year == year)
        .values(last=counters.c.last + count)
        .returning(counters.c.last)
    )
    return await tx.scalar(statement)  # type: ignore[no-any-return]


async def claim_references(
    tx: Tx, rows: Sequence[Values], scope: Scope
) -> dict[ExternalKey, Row[Any]]:
    """Write referrals whose number nobody has; gives for every number whose it is.

    The unique number decides, not a look before: of two equal referrals at the same moment one
    registers and the other finds its case. Written in the order of the numbers, so that two
    batches never wait in a ring. Rows have `case_id` and `sha256`.
    """
    if not rows:
        return {}
    ordered = sorted(rows, key=lambda row: (row["system"], row["number"]))
    await tx.run(upsert(referrals, ["system", "number"]), ordered)
    found: dict[ExternalKey, Row[Any]] = {}
    for system in sorted({row["system"] for row in rows}):
        numbers = [row["number"] for row in rows if row["system"] == system]
        statement = select(
            referrals.c.id, referrals.c.case_id, referrals.c.sha256, referrals.c.number
        ).where(
            referrals.c.system == system,
            referrals.c.number.in_(numbers),
            referrals.c.case_id.not_in(_hidden(scope)),
        )
        found |= {(system, row.number): row for row in await tx.all(statement)}
    return found


def _hidden(scope: Scope) -> Any:
    """Cases outside a scope. A claimed number whose case is not yet written is not among them."""
    return select(cases.c.id).where(~visible(cases.c, scope))


async def claim_rows(
    tx: Tx, import_id: str, rows: Sequence[Values], scope: Scope
) -> dict[str, str]:
    """Write rows of an import that it has not seen; gives for every row key whose case it is."""
    if not rows:
        return {}
    ordered = sorted(rows, key=lambda row: row["row_key"])
    await tx.run(upsert(import_rows, ["import_id", "row_key"]), ordered)
    statement = select(import_rows.c.row_key, import_rows.c.case_id).where(
        import_rows.c.import_id == import_id,
        import_rows.c.row_key.in_([row["row_key"] for row in rows]),
        import_rows.c.case_id.not_in(_hidden(scope)),
    )
    return {row.row_key: row.case_id for row in await tx.all(statement)}


async def first_with_words(tx: Tx, hashes: Iterable[str], scope: Scope) -> dict[str, str]:
    """The oldest case of each words hash that is known already."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    statement = (
        select(cases.c.words_hash, func.min(cases.c.id).label("id"))
        .where(cases.c.words_hash.in_(wanted), visible(cases.c, scope))
        .group_by(cases.c.words_hash)
    )
    return {row.words_hash: row.id for row in await tx.all(statement)}


async def add_cases(
    tx: Tx, case_rows: list[Values], party_rows: list[Values], text_rows: list[Values]
) -> None:
    """Write new cases with their parties, words and search entries (`words` of each text row)."""
    await tx.run(insert(cases), case_rows)
    if party_rows:
        await tx.run(insert(parties), party_rows)
    await add_texts(tx, text_rows)


async def add_texts(tx: Tx, rows: list[Values]) -> None:
    """Write texts and index them by their `words`."""
    stored = [{k: row[k] for k in ("case_id", "part", "text", "names")} for row in rows]
    await tx.run(insert(texts), stored)
    await search.add(tx, [{k: row[k] for k in ("case_id", "part", "words")} for row in rows])


async def take_supplement_number(tx: Tx, case_id: str) -> int | None:
    """The next number of a case's supplements (1..n, its row stays locked), None without a case."""
    statement = (
        update(cases)
        .where(cases.c.id == case_id)
        .values(supplements=cases.c.supplements + 1)
        .returning(cases.c.supplements)
    )
    return await tx.scalar(statement)  # type: ignore[no-any-return]


async def has_supplement(tx: Tx, case_id: str, sha256: str, scope: Scope) -> bool:
    """Whether a case has a supplement of exactly this content."""
    statement = (
        select(supplements.c.id)
        .join(cases, cases.c.id == supplements.c.case_id)
        .where(
            supplements.c.case_id == case_id,
            supplements.c.sha256 == sha256,
            visible(cases.c, scope),
        )
    )
    return await tx.one(statement) is not None


async def add_supplement(
    tx: Tx, row: Values, party_rows: list[Values], text_row: Values, changes: Values
) -> None:
    """Write a supplement with its words and parties, and what it changes on the case."""
    await tx.run(insert(supplements), row)
    await add_texts(tx, [text_row])
    if party_rows:
        await tx.run(insert(parties), party_rows)
    await tx.run(update(cases).where(cases.c.id == row["case_id"]).values(**changes))


async def count_code_try(tx: Tx, case_id: str) -> int:
    """Count one more try at a party's code; its row stays locked, so parallel tries queue up."""
    statement = (
        update(cases)
        .where(cases.c.id == case_id)
        .values(code_tries=cases.c.code_tries + 1)
        .returning(cases.c.code_tries)
    )
    return int(await tx.scalar(statement))


async def reset_code_tries(tx: Tx, case_id: str, locked_until: datetime | None) -> None:
    """Begin counting anew: after the right code, or when the code was closed for a while."""
    values = {"code_tries": 0, "code_locked_until": locked_until}
    await tx.run(update(cases).where(cases.c.id == case_id).values(**values))
