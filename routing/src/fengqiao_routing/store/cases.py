"""The cases as routing knows them, and the history of its decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert, visible
from fengqiao_contracts.values import Screening

from ..domain.areas import prefixes
from ..domain.life import Standing, State
from ..domain.table import URGENCY, Dispute
from .scoping import add_referrer
from .tables import assignments, cases, decisions, mediators


@dataclass(slots=True)
class Case:
    """A case while it is worked on; `save_cases` writes it back."""

    case_id: str
    area_path: str
    channel: str
    received_at: datetime
    type: str | None
    suitability: str | None
    grade: str | None
    revision: int
    screening: list[dict[str, Any]]
    state: State
    outlet: str | None
    unit_id: str | None
    mediator: str | None
    assignment_id: str | None
    decision: int
    wait_reason: str | None
    waiting_since: datetime | None
    accepted: bool
    agreed: bool
    pinned: bool

    @property
    def dispute(self) -> Dispute:
        """What the table looks at; only for an assessed case."""
        return Dispute(self.channel, self.type or "", self.suitability or "", self.grade or "")

    @property
    def standing(self) -> Standing:
        """What the rules of its life look at."""
        return Standing(
            self.state, self.outlet, self.wait_reason, self.accepted, self.agreed, self.pinned
        )

    @property
    def urgency(self) -> int:
        """Its place in every queue: red first."""
        return URGENCY.get(self.grade or "none", len(URGENCY))

    @property
    def screened(self) -> list[Screening]:
        """The screening rules that triage found to apply."""
        return [Screening(**row) for row in self.screening]


_FIXED = ("case_id", "area_path", "channel", "received_at")
_COLUMNS = [cases.c[name] for name in Case.__dataclass_fields__]
_CHANGING = [name for name in Case.__dataclass_fields__ if name not in _FIXED] + ["urgency"]
_SAVE = (
    update(cases)
    .where(cases.c.case_id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


async def add_cases(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Enter newly registered cases."""
    await tx.run(upsert(cases, ["case_id"]), list(rows))


async def lock_cases(
    tx: Tx, scope: Scope, ids: Collection[str], *, unlocked: bool = False
) -> dict[str, Case]:
    """These cases, theirs alone until the commit; `unlocked` passes over those others hold."""
    stmt = select(*_COLUMNS).where(cases.c.case_id.in_(sorted(ids)), visible(cases.c, scope))
    stmt = stmt.order_by(cases.c.case_id).with_for_update(skip_locked=unlocked)
    return {row.case_id: Case(*tuple(row)) for row in await tx.all(stmt)}


async def waiting_in(
    tx: Tx, scope: Scope, area_path: str, limit: int, after: str = ""
) -> Sequence[str]:
    """Ids of cases that wait for a mediator or a unit, in the area or known to its city only."""
    here = cases.c.area_path.startswith(area_path, autoescape=True)
    stmt = (
        select(cases.c.case_id)
        .where(
            cases.c.state == "waiting",
            cases.c.wait_reason != "human_decision",
            or_(here, cases.c.area_path == prefixes(area_path)[0]),
            cases.c.case_id > after,
            visible(cases.c, scope),
        )
        .order_by(cases.c.case_id)
        .limit(limit)
    )
    return [row.case_id for row in await tx.all(stmt)]


async def save_cases(tx: Tx, changed: Collection[Case]) -> None:
    """Write the changed cases back in one statement."""
    if changed:
        rows = [
            {"key": case.case_id, **{f"new_{name}": getattr(case, name) for name in _CHANGING}}
            for case in changed
        ]
        await tx.run(_SAVE, rows)


async def add_referrers(tx: Tx, scope: Scope, systems: Mapping[str, str]) -> None:
    """Let the system named for each case see it."""
    stmt = select(cases.c.case_id, cases.c.referrers).where(
        cases.c.case_id.in_(sorted(systems)), visible(cases.c, scope)
    )
    rows = [
        {"key": row.case_id, "new": add_referrer(row.referrers, systems[row.case_id])}
        for row in await tx.all(stmt)
    ]
    change = update(cases).where(cases.c.case_id == bindparam("key"))
    await tx.run(change.values(referrers=bindparam("new")), rows)


async def add_decisions(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append to the history."""
    if rows:
        await tx.run(insert(decisions), list(rows))


async def forget_notes(tx: Tx, case_ids: Collection[str]) -> None:
    """Erase the dispatchers' own words about these cases."""
    erase = update(decisions).where(decisions.c.case_id.in_(sorted(case_ids)))
    await tx.run(erase.values(note=None))


async def find_case(tx: ReadTx, scope: Scope, case_id: str) -> Row[Any] | None:
    """The case's row, or None where the caller may not see it or it is not here."""
    query = select(cases).where(cases.c.case_id == case_id, visible(cases.c, scope))
    row: Row[Any] | None = await tx.one(query)
    return row


async def history(tx: ReadTx, scope: Scope, case_id: str) -> Sequence[Row[Any]]:
    """The case's decisions, oldest first."""
    stmt = (
        select(decisions)
        .join(cases, cases.c.case_id == decisions.c.case_id)
        .where(decisions.c.case_id == case_id, visible(cases.c, scope))
        .order_by(decisions.c.decision)
    )
    return await tx.all(stmt)


async def count_waiting(tx: ReadTx) -> int:
    """How many cases wait, for whatever reason."""
    stmt = select(func.count()).select_from(cases).where(cases.c.state == "waiting")
    return int(await tx.scalar(stmt) or 0)


async def gauges(tx: ReadTx) -> dict[str, float]:
    """Cases by state, waiting by reason, places held and offered."""
    by = select(cases.c.state, cases.c.wait_reason, func.count())
    found: dict[str, float] = {}
    for row in await tx.all(by.group_by(cases.c.state, cases.c.wait_reason)):
        state, reason, number = tuple(row)
        name = f"cases_{state}_{reason}" if state == "waiting" else f"cases_{state}"
        found[name] = found.get(name, 0.0) + number
    held = select(func.count()).select_from(assignments).where(assignments.c.live)
    offered = select(func.sum(mediators.c.capacity)).where(mediators.c.assignable)
    found["places_held"] = float(await tx.scalar(held) or 0)
    found["places_offered"] = float(await tx.scalar(offered) or 0)
    return found
