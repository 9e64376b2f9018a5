"""Set-based writes of what other services' facts say: one statement a batch, never one a fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from fengqiao_chassis.auth import add_referrer
from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert, visible

from .tables import agreements, cases, committees, obligations, parties, sessions

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Head:
    """What a batch handler needs to know of a case before it changes it."""

    case_id: str
    state: str
    grade: str
    area_path: str
    type: str | None
    mediator: str | None
    committee_id: str | None
    assignment_id: str | None
    sign_due_at: datetime | None
    refused: bool


async def heads(tx: Tx, case_ids: Sequence[str], scope: Scope) -> dict[str, Head]:
    """The heads of the cases, locked in id order until the transaction ends."""
    rows = await tx.all(
        select(cases)
        .where(cases.c.case_id.in_(list(case_ids)), visible(cases.c, scope))
        .order_by(cases.c.case_id)
        .with_for_update()
    )
    refused = await _refused(tx, [row.case_id for row in rows])
    return {
        row.case_id: Head(
            case_id=row.case_id,
            state=row.state,
            grade=row.grade,
            area_path=row.area_path,
            type=row.type,
            mediator=row.mediator,
            committee_id=row.committee_id,
            assignment_id=row.assignment_id,
            sign_due_at=row.sign_due_at,
            refused=row.case_id in refused,
        )
        for row in rows
    }


async def _refused(tx: Tx, case_ids: Sequence[str]) -> frozenset[str]:
    """Cases that a side refused to mediate."""
    rows = await tx.all(
        select(parties.c.case_id)
        .where(
            parties.c.case_id.in_(list(case_ids)),
            parties.c.consent == "refused",
            parties.c.role != "third",
        )
        .distinct()
    )
    return frozenset(row.case_id for row in rows)


async def set_heads(tx: Tx, rows: Rows, columns: Sequence[str]) -> None:
    """Write `columns` of many heads; a change of state or mediator also raises the version, so that
    a command decided on the old head loses.
    """
    if not rows:
        return
    values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in columns}
    if "state" in columns or "mediator" in columns:
        values["version"] = cases.c.version + 1
    statement = update(cases).where(cases.c.case_id == bindparam("b_case_id")).values(**values)
    await tx.run(statement, [{f"b_{k}": row[k] for k in ("case_id", *columns)} for row in rows])


async def note_referrers(tx: Tx, rows: Sequence[tuple[str, str]], scope: Scope) -> None:
    """Give the referring systems access to their cases: rows of (case id, system)."""
    found = await tx.all(
        select(cases.c.case_id, cases.c.referrers)
        .where(cases.c.case_id.in_([case_id for case_id, _ in rows]), visible(cases.c, scope))
        .with_for_update()
    )
    old = {row.case_id: row.referrers for row in found}
    await set_heads(
        tx,
        [
            {"case_id": case_id, "referrers": add_referrer(old[case_id], system)}
            for case_id, system in rows
            if case_id in old
        ],
        ("referrers",),
    )


async def add_cases(tx: Tx, rows: Rows) -> None:
    """Insert newly registered cases."""
    if rows:
        await tx.run(insert(cases), list(map(dict, rows)))


async def add_parties(tx: Tx, rows: Rows) -> None:
    """Insert parties; of a party that is known, a later fact corrects who it is, not its consent."""
    if rows:
        identity = ("role", "kind", "name", "sealed", "identified")
        await tx.run(
            upsert(parties, ("case_id", "party_id"), update=identity), list(map(dict, rows))
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a party is, as stored: the name clear, the rest sealed."""

    name: str | None
    sealed: str | None
    identified: bool


async def identities(
    tx: ReadTx, case_ids: Sequence[str], scope: Scope
) -> dict[tuple[str, str], Identity]:
    """The stored identities of the parties of some cases, by (case id, party id)."""
    seen = select(cases.c.case_id).where(
        cases.c.case_id.in_(list(case_ids)), visible(cases.c, scope)
    )
    rows = await tx.all(select(parties).where(parties.c.case_id.in_(seen)))
    return {
        (row.case_id, row.party_id): Identity(row.name, row.sealed, row.identified) for row in rows
    }


async def note_committees(tx: Tx, rows: Rows) -> None:
    """Keep the newest entry of each committee."""
    if rows:
        columns = ("revision", "name", "area", "area_path")
        await tx.run(upsert(committees, ("committee_id",), update=columns), list(map(dict, rows)))


async def erase(tx: Tx, case_ids: Sequence[str], at: datetime) -> None:
    """Null every column of personal data of the cases; dates, states and amounts stay."""
    ids = list(case_ids)
    await tx.run(
        update(cases)
        .where(cases.c.case_id.in_(ids))
        .values(narrative=None, claims=None, note=None, erased_at=at)
    )
    await tx.run(
        update(parties)
        .where(parties.c.case_id.in_(ids))
        .values(name=None, sealed=None, consent_note=None)
    )
    await tx.run(
        update(sessions).where(sessions.c.case_id.in_(ids)).values(record=None, place=None)
    )
    await tx.run(
        update(agreements)
        .where(agreements.c.case_id.in_(ids))
        .values(content=None, confirmation_reason=None)
    )
    await tx.run(update(obligations).where(obligations.c.case_id.in_(ids)).values(text=None))
