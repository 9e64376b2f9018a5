"""The lines of cases and their roll-ups, written by the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert, visible
from fengqiao_chassis.store.sql import excluded
from fengqiao_contracts.facts import CaseRegistered
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
)
_DAYS = ("assigned_on", "redirected_on", "ended_on", "overdue_on")
_COUNTED = ("channel", "area_path", "district", "received_on")
_MOVING = (*_STATE, "open_obligations", *_DAYS)
LINE = [cases.c[name] for name in ("id", *_COUNTED, *_MOVING)]

"""The columns of a line."""


def line_of(row: Row[Any]) -> Line:
    """A case's line from its row."""
    state = CaseState(
        **{name: getattr(row, name) for name in _STATE},
        open_obligations=tuple(row.open_obligations or ()),
    )
    plain = {name: getattr(row, name) for name in (*_COUNTED, *_DAYS)}
    return Line(case_id=row.id, state=state, **plain)


def _moving(line: Line) -> dict[str, Any]:
    """What the facts change of a row."""
    row: dict[str, Any] = {name: getattr(line.state, name) for name in _STATE}
    row |= {name: getattr(line, name) for name in _DAYS}
    row["open_obligations"] = list(line.state.open_obligations) or None
    return row


def _first(fact: CaseRegistered, line: Line) -> dict[str, Any]:
    """The row of a case that was registered."""
    system = fact.external_ref.system if fact.external_ref else None
    same = ("number", "unit", "source", "area", "received_at", "reporter", "copy_of")
    return {
        "id": line.case_id,
        **{name: getattr(fact, name) for name in same},
        **{name: getattr(line, name) for name in _COUNTED},
        **_moving(line),
        "case_ref": line.case_id,
        "referrers": f"|{system}|" if system else "|",
    }


async def load_lines(tx: ReadTx, ids: Iterable[str], scope: Scope) -> dict[str, Line]:
    """The lines of these cases, by id."""
    statement = select(*LINE).where(cases.c.id.in_(sorted(ids)), visible(cases.c, scope))
    return {row.id: line_of(row) for row in await tx.all(statement)}


async def all_lines(tx: ReadTx, scope: Scope, *, after: str, limit: int) -> list[Line]:
    """Lines in the order of their ids behind `after`, for a recount in steps."""
    statement = select(*LINE).where(cases.c.id > after, visible(cases.c, scope))
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


async def save_lines(
    tx: Tx, new: Sequence[tuple[CaseRegistered, Line]], moved: Sequence[Line]
) -> None:
    """Write new cases and what has changed of known ones."""
    if new:
        await tx.run(insert(cases), [_first(fact, line) for fact, line in new])
    if moved:
        rows = [
            {f"new_{name}": value for name, value in _moving(line).items()} | {"case": line.case_id}
            for line in moved
        ]
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
