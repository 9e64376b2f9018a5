"""Queries on committees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx

from .reach import holds, says, within
from .rows import Entry, entries, entry
from .tables import committees

_c = committees.c


async def get(tx: ReadTx, scope: Scope, committee_id: str) -> Entry | None:
    """The committee of that id, if the scope reaches it."""
    own = _c.committee_id == committee_id
    row = await tx.one(select(committees).where(own, within(_c.area_path, scope)))
    return None if row is None else entry(row)


async def by_external(tx: ReadTx, scope: Scope, ids: Iterable[str]) -> dict[str, Entry]:
    """The committees of these external ids, in one query."""
    query = select(committees).where(_c.external_id.in_(sorted(set(ids))))
    rows = await tx.all(query.where(within(_c.area_path, scope)))
    return {row.external_id: entry(row) for row in rows}


async def page(
    tx: ReadTx, scope: Scope, filters: Mapping[str, Any], number: int, size: int
) -> tuple[int, list[Entry]]:
    """How many match, and one page of them by area and name; `number` counts from 1."""
    query = _matching(scope, filters)
    total = await tx.scalar(select(func.count()).select_from(query.subquery()))
    order = (_c.area_path, _c.name, _c.committee_id)
    rows = await tx.all(query.order_by(*order).limit(size).offset((number - 1) * size))
    return total, entries(rows)


def _matching(scope: Scope, filters: Mapping[str, Any]) -> Select[Any]:
    query = select(committees).where(within(_c.area_path, scope))
    if path := filters.get("area_path"):
        query = query.where(_c.area_path.startswith(path, autoescape=True))
    if kind := filters.get("kind"):
        query = query.where(_c.kind == kind)
    if speciality := filters.get("speciality"):
        query = query.where(holds(_c.specialities, speciality))
    if (active := filters.get("active")) is not None:
        query = query.where(_c.active == active)
    if words := filters.get("q"):
        query = query.where(says(_c.name, words))
    return query


async def add(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert them."""
    if rows:
        await tx.run(insert(committees), list(rows))


async def change(tx: Tx, committee_id: str, revision: int, values: dict[str, Any]) -> bool:
    """Write `values` where the entry still has `revision`; whether it had."""
    own = (_c.committee_id == committee_id) & (_c.revision == revision)
    return await tx.run(update(committees).where(own).values(**values)) == 1


async def change_all(tx: Tx, rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> None:
    """Write `columns` of each row, found by its committee_id, in one executemany."""
    if not rows:
        return
    values = {name: bindparam(f"new_{name}", type_=_c[name].type) for name in columns}
    statement = update(committees).where(_c.committee_id == bindparam("the_id")).values(values)
    params = [
        {"the_id": row["committee_id"]} | {f"new_{name}": row[name] for name in values}
        for row in rows
    ]
    await tx.run(statement, params)
