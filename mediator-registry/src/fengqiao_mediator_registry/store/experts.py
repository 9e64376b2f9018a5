"""Queries on experts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select

from fengqiao_chassis.store import ReadTx, Scope, Tx

from .reach import holds, says, within
from .rows import Entry, entries
from .tables import experts

_e = experts.c


async def by_external(tx: ReadTx, scope: Scope, ids: Iterable[str]) -> set[str]:
    """Which of these external ids are enrolled."""
    query = select(_e.external_id).where(_e.external_id.in_(sorted(set(ids))))
    return {row.external_id for row in await tx.all(query.where(within(_e.area_path, scope)))}


async def page(
    tx: ReadTx, scope: Scope, filters: Mapping[str, Any], number: int, size: int
) -> tuple[int, list[Entry]]:
    """How many match, and one page of them; `number` counts from 1."""
    query = select(experts).where(within(_e.area_path, scope))
    if path := filters.get("area_path"):
        query = query.where(_e.area_path.startswith(path, autoescape=True))
    if field := filters.get("field"):
        query = query.where(holds(_e.fields, field))
    if words := filters.get("q"):
        query = query.where(says(_e.name, words))
    total = await tx.scalar(select(func.count()).select_from(query.subquery()))
    order = (_e.area_path, _e.name, _e.expert_id)
    rows = await tx.all(query.order_by(*order).limit(size).offset((number - 1) * size))
    return total, entries(rows)


async def add(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert them."""
    if rows:
        await tx.run(insert(experts), list(rows))
