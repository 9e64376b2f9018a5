"""The lists of casework: a mediator's desk, what is overdue, and the counts for operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select

from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, visible

from .tables import cases, clocks, parties

HANDS_ON = (
    "assigned",
    "accepted",
    "mediating",
    "agreed",
    "effective",
    "performed",
    "breached",
    "terminated",
    "refused",
    "closed",
)
"""States in which somebody still has a next step."""


@dataclass(frozen=True, slots=True)
class Counted[T]:
    """One page of a list and how many there are in all; `counts` by the list's own groups."""

    items: tuple[T, ...]
    total: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A case on the desk: where it stands, what it waits for, and its next date."""

    case_id: str
    number: str
    state: str
    grade: str
    type: str | None
    mediator_id: str | None
    dossier_number: str | None
    consents_missing: int
    sides: int
    owed: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """A clock that ran out."""

    case_id: str
    number: str
    state: str
    grade: str
    mediator_id: str | None
    committee_id: str | None
    kind: str
    ref: str
    due_at: datetime
    missed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnDesk:
    """Which cases in hand a desk shows; None = of every state, of every grade."""

    state: str | None = None
    grade: str | None = None


async def desk(
    tx: ReadTx, scope: Scope, wanted: OnDesk, offset: int, limit: int
) -> Counted[DeskRow]:
    """The cases in hand within the scope, the nearest date first; counts by state."""
    state = wanted.state
    mine = and_(cases.c.state.in_(HANDS_ON), _not_finished(), visible(cases.c, scope))
    if wanted.grade is not None:
        mine = and_(mine, cases.c.grade == wanted.grade)
    grouped = await tx.all(
        select(cases.c.state, func.count().label("n")).where(mine).group_by(cases.c.state)
    )
    counts: dict[str, int] = {row.state: row.n for row in grouped}
    total = sum(counts.values()) if state is None else counts.get(state, 0)
    chosen = mine if state is None else and_(mine, cases.c.state == state)
    next_ = _next_dates(tx.now)
    rows = await tx.all(
        select(cases, next_.c.due_at, next_.c.owed)
        .outerjoin(next_, next_.c.case_id == cases.c.case_id)
        .where(chosen)
        .order_by(next_.c.due_at.is_(None), next_.c.due_at, cases.c.case_id)
        .offset(offset)
        .limit(limit)
    )
    sides = await _consents(tx, [row.case_id for row in rows])
    return Counted(tuple(_desk_row(row, sides) for row in rows), total, counts)


async def overdue(
    tx: ReadTx, scope: Scope, kinds: Sequence[str], offset: int, limit: int
) -> Counted[OverdueRow]:
    """Clocks that ran out and have not ended, the oldest first; counts by kind."""
    late = and_(
        clocks.c.ended_at.is_(None),
        clocks.c.due_at <= tx.now,
        clocks.c.kind.in_(list(kinds)),
        visible(cases.c, scope),
    )
    joined = clocks.join(cases, cases.c.case_id == clocks.c.case_id)
    grouped = await tx.all(
        select(clocks.c.kind, func.count().label("n"))
        .select_from(joined)
        .where(late)
        .group_by(clocks.c.kind)
    )
    counts: dict[str, int] = {row.kind: row.n for row in grouped}
    rows = await tx.all(
        select(cases, clocks.c.kind, clocks.c.ref, clocks.c.due_at, clocks.c.missed_at)
        .select_from(joined)
        .where(late)
        .order_by(clocks.c.due_at, clocks.c.case_id, clocks.c.kind, clocks.c.ref)
        .offset(offset)
        .limit(limit)
    )
    return Counted(tuple(map(_overdue_row, rows)), sum(counts.values()), counts)


async def count_waiting(tx: ReadTx, scope: Scope = SYSTEM) -> int:
    """Cases that wait for their mediator to sign for them."""
    found = await tx.scalar(
        select(func.count())
        .select_from(cases)
        .where(cases.c.state == "assigned", visible(cases.c, scope))
    )
    return int(found or 0)


async def gauges(tx: ReadTx, scope: Scope = SYSTEM) -> dict[str, float]:
    """For metrics: clocks that ran out, by kind."""
    found = await overdue(tx, scope, ("sign_for", "term", "performance"), 0, 0)
    return {f"overdue_{kind}": float(n) for kind, n in sorted(found.counts.items())}


def _not_finished() -> ColumnElement[bool]:
    """A case that was never accepted has no dossier: closed, it is finished."""
    return or_(cases.c.state != "closed", cases.c.dossier_number.is_not(None))


def _next_dates(now: datetime) -> Subquery:
    """The nearest open date of each case, and how many obligations are owed; a lapsed right to
    apply for confirmation is no task any more.
    """
    wanted = or_(clocks.c.kind != "confirmation", clocks.c.due_at > now)
    owed = func.sum(case((clocks.c.kind == "performance", 1), else_=0))
    return (
        select(clocks.c.case_id, func.min(clocks.c.due_at).label("due_at"), owed.label("owed"))
        .where(clocks.c.ended_at.is_(None), wanted)
        .group_by(clocks.c.case_id)
        .subquery()
    )


async def _consents(tx: ReadTx, case_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By case: how many sides there are and how many have not consented (cases seen in scope)."""
    rows = await tx.all(
        select(parties.c.case_id, parties.c.consent, func.count().label("n"))
        .where(parties.c.case_id.in_(list(case_ids)), parties.c.role != "third")
        .group_by(parties.c.case_id, parties.c.consent)
    )
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        sides, missing = found.get(row.case_id, (0, 0))
        missing += 0 if row.consent == "given" else row.n
        found[row.case_id] = (sides + row.n, missing)
    return found


def _desk_row(row: Any, sides: dict[str, tuple[int, int]]) -> DeskRow:
    count, missing = sides.get(row.case_id, (0, 0))
    return DeskRow(
        case_id=row.case_id,
        number=row.number,
        state=row.state,
        grade=row.grade,
        type=row.type,
        mediator_id=row.mediator,
        dossier_number=row.dossier_number,
        consents_missing=missing,
        sides=count,
        owed=int(row.owed or 0),
        due_at=row.due_at,
    )


def _overdue_row(row: Any) -> OverdueRow:
    return OverdueRow(
        case_id=row.case_id,
        number=row.number,
        state=row.state,
        grade=row.grade,
        mediator_id=row.mediator,
        committee_id=row.committee_id,
        kind=row.kind,
        ref=row.ref,
        due_at=row.due_at,
        missed_at=row.missed_at,
    )
