"""Committees and mediators as the registry stated them, read as units and candidates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert

from ..domain.choice import Candidate
from ..domain.ladder import Unit
from .scoping import in_area
from .tables import committees, mediators


async def save_committees(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter committees, or replace what is known of them."""
    kept = ("name", "kind", "area_path", "specialities", "active", "sequence")
    await tx.run(upsert(committees, ["committee_id"], update=kept), list(rows))


async def save_mediators(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter admitted mediators; the live load of one known already is kept."""
    kept = [c.name for c in mediators.c if c.name not in ("mediator_id", "live")]
    await tx.run(upsert(mediators, ["mediator_id"], update=kept), list(rows))


async def change_mediators(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace columns of known mediators: `key` says whose, and each row names the same columns."""
    names = [name for name in rows[0] if name != "key"]
    if not names:
        return
    stmt = update(mediators).where(mediators.c.mediator_id == bindparam("key"))
    named = [{k if k == "key" else f"new_{k}": v for k, v in row.items()} for row in rows]
    await tx.run(stmt.values({name: bindparam(f"new_{name}") for name in names}), named)


async def known_mediators(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, Row[Any]]:
    """The rows of the mediators with these ids."""
    area = in_area(mediators, scope)
    rows = await tx.all(select(mediators).where(mediators.c.mediator_id.in_(ids), area))
    return {row.mediator_id: row for row in rows}


async def units_on(
    tx: ReadTx,
    scope: Scope,
    paths: Collection[str],
    *,
    below: Collection[str] = (),
    ids: Collection[str] = (),
) -> list[Unit]:
    """Active units whose area is one of `paths` or lies below one of `below`, or that are named."""
    found = [committees.c.area_path.startswith(path, autoescape=True) for path in sorted(below)]
    if paths:
        found.append(committees.c.area_path.in_(sorted(paths)))
    if ids:
        found.append(committees.c.committee_id.in_(sorted(ids)))
    if not found:
        return []
    area = in_area(committees, scope)
    rows = await tx.all(select(committees).where(committees.c.active, or_(*found), area))
    return [_unit(row) for row in rows]


async def units_named(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, Unit]:
    """The units with these ids, active or not."""
    area = in_area(committees, scope)
    stmt = select(committees).where(committees.c.committee_id.in_(sorted(ids)), area)
    return {row.committee_id: _unit(row) for row in await tx.all(stmt)}


async def committee_states(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, Row[Any]]:
    """The rows of the committees with these ids."""
    area = in_area(committees, scope)
    rows = await tx.all(select(committees).where(committees.c.committee_id.in_(ids), area))
    return {row.committee_id: row for row in rows}


async def candidates(tx: ReadTx, scope: Scope, unit_ids: Collection[str]) -> list[Candidate]:
    """The assignable mediators of the units."""
    stmt = select(mediators).where(
        mediators.c.committee_id.in_(sorted(unit_ids)),
        mediators.c.assignable,
        in_area(mediators, scope),
    )
    return await _candidates(tx, stmt)


async def units_of_mediators(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, str]:
    """The unit of each of these mediators."""
    stmt = select(mediators.c.mediator_id, mediators.c.committee_id).where(
        mediators.c.mediator_id.in_(sorted(ids)), in_area(mediators, scope)
    )
    return {row.mediator_id: row.committee_id for row in await tx.all(stmt)} if ids else {}


async def candidates_named(tx: ReadTx, scope: Scope, ids: Collection[str]) -> list[Candidate]:
    """These mediators, assignable or not, as they are now."""
    stmt = select(mediators).where(
        mediators.c.mediator_id.in_(sorted(ids)), in_area(mediators, scope)
    )
    return await _candidates(tx, stmt)


async def _candidates(tx: ReadTx, stmt: Select[Any]) -> list[Candidate]:
    return [
        Candidate(
            id=row.mediator_id,
            unit_id=row.committee_id,
            area_path=row.area_path,
            specialities=frozenset(row.specialities),
            grade=row.grade,
            capacity=row.capacity,
            live=row.live,
            sequence=row.sequence,
            assignable=row.assignable,
        )
        for row in await tx.all(stmt)
    ]


def _unit(row: Row[Any]) -> Unit:
    return Unit(row.committee_id, row.name, row.kind, row.area_path, frozenset(row.specialities))
