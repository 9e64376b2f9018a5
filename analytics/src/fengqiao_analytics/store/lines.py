"""The lines of cases and their roll-ups, written by the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert, visible
from fengqiao_chassis.store.sql import excluded
from fengqiao_contracts.life import CaseState

from ..domain.counts import Key, Line
from .tables import cases, counts, units

_STATE = (
    "status",
    "type",
    "grade",
    "suitability",
    "outlet",
    "committee_id",
    "mediator",
    "waiting_reason",
    "overdue",
    "resume",
    "dossier_number",
)
_PLAIN = (
    "number",
    "unit",
    "channel",
    "source",
    "area",
    "area_path",
    "district",
    "received_on",
    "received_at",
    "reporter",
    "system",
    "people",
    "copy_of",
    "assigned_on",
    "redirected_on",
    "ended_on",
    "overdue_on",
)
_MOVING = (
    *_STATE,
    "open_obligations",
    "people",
    "assigned_on",
    "redirected_on",
    "ended_on",
    "overdue_on",
)


def line_of(row: Row[Any]) -> Line:
    """A case's line from its row."""
    state = CaseState(
        **{name: getattr(row, name) for name in _STATE},
        open_obligations=tuple(row.open_obligations or ()),
    )
    return Line(case_id=row.id, state=state, **{name: getattr(row, name) for name in _PLAIN})


def row_of(line: Line) -> dict[str, Any]:
    """A case's row from its line."""
    row: dict[str, Any] = {name: getattr(line, name) for name in _PLAIN}
    row |= {name: getattr(line.state, name) for name in _STATE}
    row["open_obligations"] = list(line.state.open_obligations) or None
    return row | {"id": line.case_id, "case_ref": line.case_id, "referrers": line.system}


async def load_lines(tx: ReadTx, ids: Iterable[str], scope: Scope) -> dict[str, Line]:
    """The lines of these cases, by id."""
    statement = select(cases).where(cases.c.id.in_(sorted(ids)), visible(cases.c, scope))
    return {row.id: line_of(row) for row in await tx.all(statement)}


async def all_lines(tx: ReadTx, scope: Scope, *, after: str, limit: int) -> list[Line]:
    """Lines in the order of their ids behind `after`, for a recount in steps."""
    statement = select(cases).where(cases.c.id > after, visible(cases.c, scope))
    rows = await tx.all(statement.order_by(cases.c.id).limit(limit))
    return [line_of(row) for row in rows]


_UPDATE = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in _MOVING})
)
_COUNT = upsert(
    counts,
    ["day", "district", "type", "grade", "channel", "status"],
    update={"n": counts.c.n + excluded(counts, "n")},
)
_COUNT_UNIT = upsert(
    units, ["district", "unit", "status"], update={"n": units.c.n + excluded(units, "n")}
)


async def save_lines(tx: Tx, new: Sequence[Line], moved: Sequence[Line]) -> None:
    """Write the lines of new cases and the changes of known ones."""
    if new:
        await tx.run(insert(cases), [row_of(line) for line in new])
    if moved:
        rows = []
        for line in moved:
            row = row_of(line)
            rows.append({f"new_{k}": row[k] for k in _MOVING} | {"case": line.case_id})
        await tx.run(_UPDATE, rows)


async def add_counts(
    tx: Tx, deltas: Mapping[Key, int], unit_deltas: Mapping[tuple[str, str, str], int]
) -> None:
    """Add differences to the roll-ups, in the order of their keys (no two batches wait in a ring)."""
    rows = [{**key._asdict(), "n": n} for key, n in sorted(deltas.items()) if n]
    if rows:
        await tx.run(_COUNT, rows)
    unit_rows = [
        {"district": district, "unit": unit, "status": status, "n": n}
        for (district, unit, status), n in sorted(unit_deltas.items())
        if n
    ]
    if unit_rows:
        await tx.run(_COUNT_UNIT, unit_rows)
