"""How assignments went on, and the counts over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Integer, case, func, select, update
from sqlalchemy.sql import ColumnElement

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert

from ..domain import OUTCOME_FIELDS, Outcomes
from .reach import within
from .tables import assignments, committees, mediators

_a = assignments.c
Owner = Literal["mediator_id", "committee_id"]
Step = Literal["accepted", "refused", "agreed", "performed", "terminated", "closed"]
_STEPS = tuple(name for name in OUTCOME_FIELDS if name != "assigned")


async def assign(tx: Tx, rows: Sequence[tuple[str, str, str, str, datetime]]) -> None:
    """Note assignments: (assignment, case, mediator, committee, when)."""
    blank = dict.fromkeys(_STEPS, False)
    keys = ("assignment_id", "case_id", "mediator_id", "committee_id", "assigned_at")
    values = [dict(zip(keys, row, strict=True)) | blank for row in rows]
    await tx.run(upsert(assignments, ["assignment_id"]), values)


async def withdraw(tx: Tx, assignment_ids: Iterable[str]) -> None:
    """Mark assignments as withdrawn before their cases ended."""
    own = _a.assignment_id.in_(list(assignment_ids))
    await tx.run(update(assignments).where(own).values(withdrawn=True))


async def mark(tx: Tx, step: Step, case_ids: Iterable[str]) -> None:
    """Mark the step on the standing assignment of each case."""
    own = _a.case_id.in_(list(case_ids)) & _a.withdrawn.is_(False)
    await tx.run(update(assignments).where(own).values({step: True}))


async def counts(tx: ReadTx, scope: Scope, owner: Owner, ids: Iterable[str]) -> dict[str, Outcomes]:
    """The outcomes of each mediator or committee whom the scope reaches; none = all zero."""
    table = mediators if owner == "mediator_id" else committees
    query = (
        select(_a[owner].label("owner"), func.count().label("assigned"), *map(_count, _STEPS))
        .join(table, table.c[owner] == _a[owner])
        .where(_a[owner].in_(list(ids)), within(table.c.area_path, scope))
        .group_by(_a[owner])
    )
    rows: Sequence[Any] = await tx.all(query)
    return {
        row.owner: Outcomes(**{name: getattr(row, name) for name in OUTCOME_FIELDS}) for row in rows
    }


def _count(step: str) -> ColumnElement[int]:
    return func.sum(case((_a[step].is_(True), 1), else_=0)).cast(Integer).label(step)
