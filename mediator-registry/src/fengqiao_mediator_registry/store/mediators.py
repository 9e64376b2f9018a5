"""Queries on mediators and the history of their standing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx

from .reach import holds, says, within
from .rows import Entry, entries, entry
from .tables import committees, mediators, standings

_m = mediators.c


async def get(tx: ReadTx, scope: Scope, mediator_id: str) -> Entry | None:
    """The mediator of that id, if the scope reaches the area."""
    own = _m.mediator_id == mediator_id
    row = await tx.one(select(mediators).where(own, within(_m.area_path, scope)))
    return None if row is None else entry(row)


async def by_keys(
    tx: ReadTx, scope: Scope, external: Iterable[str], blinds: Iterable[str]
) -> list[Entry]:
    """Who has one of these external ids or is one of these persons, in one query."""
    keys = or_(_m.external_id.in_(sorted(set(external))), _m.id_blind.in_(sorted(set(blinds))))
    return entries(await tx.all(select(mediators).where(keys, within(_m.area_path, scope))))


async def of_committee(tx: ReadTx, scope: Scope, committee_id: str) -> list[Entry]:
    """Everybody of the committee, by id."""
    query = select(mediators).where(_m.committee_id == committee_id)
    rows = await tx.all(query.where(within(_m.area_path, scope)).order_by(_m.mediator_id))
    return entries(rows)


async def page(
    tx: ReadTx, scope: Scope, filters: Mapping[str, Any], number: int, size: int
) -> tuple[int, list[Entry]]:
    """How many match, and one page of them with their committee's name; `number` counts from 1."""
    query = _matching(scope, filters)
    total = await tx.scalar(select(func.count()).select_from(query.subquery()))
    named = query.join(committees, committees.c.committee_id == _m.committee_id)
    named = named.add_columns(committees.c.name.label("committee_name"))
    order = (_m.area_path, _m.committee_id, _m.grade, _m.mediator_id)
    rows = await tx.all(named.order_by(*order).limit(size).offset((number - 1) * size))
    return total, entries(rows)


def _matching(scope: Scope, filters: Mapping[str, Any]) -> Select[Any]:
    query = select(mediators).where(within(_m.area_path, scope))
    if path := filters.get("area_path"):
        query = query.where(_m.area_path.startswith(path, autoescape=True))
    for name in ("committee_id", "state", "grade"):
        if (value := filters.get(name)) is not None:
            query = query.where(_m[name] == value)
    if speciality := filters.get("speciality"):
        query = query.where(holds(_m.specialities, speciality))
    if words := filters.get("q"):
        query = query.where(says(_m.name, words))
    return query


async def add(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert them."""
    if rows:
        await tx.run(insert(mediators), list(rows))


async def change(tx: Tx, mediator_id: str, revision: int, values: dict[str, Any]) -> bool:
    """Write `values` where the entry still has `revision`; whether it had."""
    own = (_m.mediator_id == mediator_id) & (_m.revision == revision)
    return await tx.run(update(mediators).where(own).values(**values)) == 1


async def change_all(tx: Tx, rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> None:
    """Write `columns` of each row, found by its mediator_id, in one executemany."""
    if not rows:
        return
    values = {name: bindparam(f"new_{name}", type_=_m[name].type) for name in columns}
    statement = update(mediators).where(_m.mediator_id == bindparam("the_id")).values(values)
    params = [
        {"the_id": row["mediator_id"]} | {f"new_{name}": row[name] for name in values}
        for row in rows
    ]
    await tx.run(statement, params)


async def note_standings(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert moves of standings, each with its number."""
    if rows:
        await tx.run(insert(standings), list(rows))


async def next_standing(tx: ReadTx, scope: Scope, mediator_id: str) -> int:
    """The number of the next move of one whom the scope reaches."""
    query = select(func.max(standings.c.number)).join(
        mediators, _m.mediator_id == standings.c.mediator_id
    )
    own = standings.c.mediator_id == mediator_id
    return (await tx.scalar(query.where(own, within(_m.area_path, scope))) or 0) + 1


async def history(tx: ReadTx, scope: Scope, mediator_id: str) -> list[Entry]:
    """The moves of one whom the scope reaches, first to last."""
    query = select(standings).join(mediators, _m.mediator_id == standings.c.mediator_id)
    own = standings.c.mediator_id == mediator_id
    query = query.where(own, within(_m.area_path, scope))
    return entries(await tx.all(query.order_by(standings.c.number)))


async def count_by_state(tx: ReadTx, scope: Scope) -> dict[str, int]:
    """How many mediators the scope reaches in each state."""
    query = select(_m.state, func.count().label("n")).where(within(_m.area_path, scope))
    return {row.state: row.n for row in await tx.all(query.group_by(_m.state))}
