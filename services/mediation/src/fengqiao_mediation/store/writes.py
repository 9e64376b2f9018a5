"""Saving what one command decided: rows of one case, its clocks, and the dossier counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from fengqiao_chassis.store import SYSTEM, Scope, Tx, upsert, visible

from ..domain.clocks import Deadline
from ..domain.model import Agreement, Consent, Extension, Session, Signature
from .tables import (
    agreements,
    cases,
    clocks,
    committees,
    counters,
    extensions,
    obligations,
    parties,
    performances,
    sessions,
    signatures,
)


async def save_case(tx: Tx, case_id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Write the head if it still is at `version`, raising it by one; False where it is not."""
    rows = await tx.run(
        update(cases)
        .where(cases.c.case_id == case_id, cases.c.version == version)
        .values(version=version + 1, **values)
    )
    return rows == 1


async def next_dossier(tx: Tx, committee_id: str, year: int, scope: Scope) -> int:
    """The next dossier count of a committee and year, without gap.

    Its row stays locked until the transaction ends; a transaction that fails takes nothing.
    """
    _internal(scope)
    await tx.run(
        upsert(counters, ("committee_id", "year"), update={"last": counters.c.last + 1}),
        {"committee_id": committee_id, "year": year, "last": 1},
    )
    count = await tx.scalar(
        select(counters.c.last).where(
            counters.c.committee_id == committee_id, counters.c.year == year
        )
    )
    return int(count)


async def committee(tx: Tx, committee_id: str, scope: Scope) -> str | None:
    """The area code of a committee, or None while the registry has not told of it."""
    _internal(scope)
    area = await tx.scalar(
        select(committees.c.area).where(committees.c.committee_id == committee_id)
    )
    return str(area) if area is not None else None


async def set_consent(
    tx: Tx, case_id: str, party_id: str, consent: Consent, at: datetime, note: str | None
) -> None:
    """Record a party's consent or refusal and its words."""
    await tx.run(
        update(parties)
        .where(parties.c.case_id == case_id, parties.c.party_id == party_id)
        .values(consent=consent, consent_at=at, consent_note=note)
    )


async def add_session(tx: Tx, case_id: str, session: Session) -> None:
    """Record a session."""
    await tx.run(
        insert(sessions).values(
            session_id=session.session_id,
            case_id=case_id,
            number=session.number,
            held_at=session.held_at,
            attended=list(session.attended),
            place=session.place,
            record=session.record,
        )
    )


async def add_extension(tx: Tx, case_id: str, extension: Extension) -> None:
    """Record an extension of the term."""
    await tx.run(
        insert(extensions).values(
            extension_id=extension.extension_id,
            case_id=case_id,
            number=extension.number,
            due_on=extension.due_on,
            agreed_by=list(extension.agreed_by),
            recorded_at=extension.recorded_at,
        )
    )


async def add_agreement(tx: Tx, case_id: str, serial: int, agreement: Agreement) -> None:
    """Record an agreement with its obligations."""
    await tx.run(
        insert(agreements).values(
            agreement_id=agreement.agreement_id,
            case_id=case_id,
            serial=serial,
            number=agreement.number,
            form=agreement.form,
            content=agreement.content,
            reached_at=agreement.reached_at,
            effective_on=agreement.effective_on,
            confirmation_due_on=agreement.confirmation_due_on,
            confirmation="none",
            void=False,
        )
    )
    rows = [
        {
            "agreement_id": agreement.agreement_id,
            "obligation_id": due.obligation_id,
            "case_id": case_id,
            "place": place,
            "debtor": due.debtor,
            "creditor": due.creditor,
            "amount": due.amount,
            "due_on": due.due_on,
            "text": due.text,
            "paid": Decimal(0),
        }
        for place, due in enumerate(agreement.obligations, 1)
    ]
    if rows:
        await tx.run(insert(obligations), rows)


async def set_agreement(tx: Tx, agreement_ids: Sequence[str], values: Mapping[str, Any]) -> None:
    """Change the heads of some agreements."""
    if agreement_ids:
        await tx.run(
            update(agreements)
            .where(agreements.c.agreement_id.in_(list(agreement_ids)))
            .values(**values)
        )


async def add_signature(tx: Tx, case_id: str, agreement_id: str, signature: Signature) -> None:
    """Record a signature or the seal."""
    await tx.run(
        insert(signatures).values(
            agreement_id=agreement_id,
            signer_kind=signature.signer_kind,
            signer_id=signature.signer_id,
            case_id=case_id,
            signed_at=signature.signed_at,
        )
    )


async def set_due(tx: Tx, agreement_id: str, obligation_id: str, values: Mapping[str, Any]) -> None:
    """Change an obligation's performance or breach."""
    await tx.run(
        update(obligations)
        .where(
            obligations.c.agreement_id == agreement_id,
            obligations.c.obligation_id == obligation_id,
        )
        .values(**values)
    )


async def add_performance(
    tx: Tx, case_id: str, agreement_id: str, obligation_id: str, row: Mapping[str, Any]
) -> None:
    """Record one performance of an obligation, in full or in part."""
    await tx.run(
        insert(performances).values(
            case_id=case_id, agreement_id=agreement_id, obligation_id=obligation_id, **row
        )
    )


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock in the index."""

    case_id: str
    kind: str
    ref: str
    due_at: datetime
    ended_at: datetime | None
    missed_at: datetime | None


async def open_clocks(tx: Tx, case_ids: Sequence[str], scope: Scope) -> list[ClockRow]:
    """The clocks of some cases that have not ended."""
    if not case_ids:
        return []
    seen = select(cases.c.case_id).where(
        cases.c.case_id.in_(list(case_ids)), visible(cases.c, scope)
    )
    rows = await tx.all(
        select(clocks)
        .where(clocks.c.case_id.in_(seen), clocks.c.ended_at.is_(None))
        .order_by(clocks.c.case_id, clocks.c.kind, clocks.c.ref)
    )
    return [_clock(row) for row in rows]


async def open_clock(tx: Tx, case_id: str, kind: str, ref: str, scope: Scope) -> ClockRow | None:
    """A clock that has not ended and was not missed yet, or None."""
    seen = select(cases.c.case_id).where(cases.c.case_id == case_id, visible(cases.c, scope))
    row = await tx.one(
        select(clocks).where(
            clocks.c.case_id.in_(seen),
            clocks.c.kind == kind,
            clocks.c.ref == ref,
            clocks.c.ended_at.is_(None),
            clocks.c.missed_at.is_(None),
        )
    )
    return None if row is None else _clock(row)


async def start_clocks(tx: Tx, rows: Sequence[tuple[str, Deadline]]) -> None:
    """Index clocks of (case id, deadline) and put them on the schedule, moving what was there."""
    if not rows:
        return
    await tx.run(
        upsert(clocks, ("case_id", "kind", "ref"), update=("due_at", "ended_at", "missed_at")),
        [
            {
                "case_id": case_id,
                "kind": deadline.kind,
                "ref": deadline.ref,
                "due_at": deadline.due_at,
                "ended_at": None,
                "missed_at": None,
            }
            for case_id, deadline in rows
        ],
    )
    for case_id, deadline in rows:
        subject = _subject(case_id, deadline.ref)
        tx.undue(deadline.kind, subject)
        data = {"case_id": case_id, "ref": deadline.ref}
        tx.due(deadline.kind, subject, deadline.due_at, data)


@dataclass(frozen=True, slots=True)
class Moved:
    """A running clock that is due at another moment."""

    case_id: str
    kind: str
    ref: str
    due_at: datetime


async def move_clocks(tx: Tx, rows: Sequence[Moved]) -> None:
    """Move running clocks, in the index and on the schedule; one already missed stays missed."""
    if not rows:
        return
    statement = (
        update(clocks)
        .where(
            clocks.c.case_id == bindparam("b_case"),
            clocks.c.kind == bindparam("b_kind"),
            clocks.c.ref == bindparam("b_ref"),
        )
        .values(due_at=bindparam("b_due"))
    )
    await tx.run(
        statement,
        [{"b_case": r.case_id, "b_kind": r.kind, "b_ref": r.ref, "b_due": r.due_at} for r in rows],
    )
    for row in rows:
        subject = _subject(row.case_id, row.ref)
        tx.undue(row.kind, subject)
        tx.due(row.kind, subject, row.due_at, {"case_id": row.case_id, "ref": row.ref})


async def close_clocks(tx: Tx, rows: Sequence[ClockRow], at: datetime) -> None:
    """End clocks and take them off the schedule."""
    if not rows:
        return
    statement = (
        update(clocks)
        .where(
            clocks.c.case_id == bindparam("b_case"),
            clocks.c.kind == bindparam("b_kind"),
            clocks.c.ref == bindparam("b_ref"),
        )
        .values(ended_at=bindparam("b_at"))
    )
    await tx.run(
        statement,
        [{"b_case": r.case_id, "b_kind": r.kind, "b_ref": r.ref, "b_at": at} for r in rows],
    )
    for row in rows:
        tx.undue(row.kind, _subject(row.case_id, row.ref))


async def mark_missed(tx: Tx, row: ClockRow, at: datetime) -> bool:
    """Mark a clock missed, once; False where it already is or has ended."""
    count = await tx.run(
        update(clocks)
        .where(
            clocks.c.case_id == row.case_id,
            clocks.c.kind == row.kind,
            clocks.c.ref == row.ref,
            clocks.c.ended_at.is_(None),
            clocks.c.missed_at.is_(None),
        )
        .values(missed_at=at)
    )
    return count == 1


def _internal(scope: Scope) -> None:
    """Counters and committees belong to no case: only the service itself reads them."""
    if scope != SYSTEM:
        raise PermissionError("only the service itself reads this table")


def _subject(case_id: str, ref: str) -> str:
    return f"{case_id}/{ref}"


def _clock(row: Any) -> ClockRow:
    return ClockRow(row.case_id, row.kind, row.ref, row.due_at, row.ended_at, row.missed_at)
