"""Loading a case with all its casework, within a scope."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from fengqiao_chassis.store import ReadTx, Scope, visible

from ..domain.model import Agreement, Case, Casework, Due, Extension, Party, Session, Signature
from .tables import agreements, cases, extensions, obligations, parties, sessions, signatures


async def load_casework(tx: ReadTx, case_id: str, scope: Scope) -> Casework | None:
    """The case with all that casework recorded of it, or None where the scope does not see it."""
    row = await tx.one(select(cases).where(cases.c.case_id == case_id, visible(cases.c, scope)))
    if row is None:
        return None
    return Casework(
        case=_case(row),
        parties=tuple(map(_party, await _children(tx, parties, case_id, parties.c.party_id))),
        sessions=tuple(map(_session, await _children(tx, sessions, case_id, sessions.c.number))),
        agreements=await _agreements(tx, case_id),
        extensions=tuple(
            map(_extension, await _children(tx, extensions, case_id, extensions.c.number))
        ),
    )


async def _children(
    tx: ReadTx, table: Table, case_id: str, *order: ColumnElement[Any]
) -> Sequence[Any]:
    """Rows of a case that the caller has already seen within its scope."""
    return await tx.all(select(table).where(table.c.case_id == case_id).order_by(*order))


async def _agreements(tx: ReadTx, case_id: str) -> tuple[Agreement, ...]:
    heads = await _children(tx, agreements, case_id, agreements.c.serial)
    if not heads:
        return ()
    dues: dict[str, list[Due]] = {row.agreement_id: [] for row in heads}
    for row in await _children(tx, obligations, case_id, obligations.c.place):
        dues[row.agreement_id].append(_due(row))
    signed: dict[str, list[Signature]] = {row.agreement_id: [] for row in heads}
    for row in await _children(tx, signatures, case_id, signatures.c.signed_at):
        signed[row.agreement_id].append(Signature(row.signer_kind, row.signer_id, row.signed_at))
    return tuple(_agreement(row, dues[row.agreement_id], signed[row.agreement_id]) for row in heads)


def _case(row: Any) -> Case:
    return Case(
        case_id=row.case_id,
        number=row.number,
        state=row.state,
        version=row.version,
        area=row.area,
        area_path=row.area_path,
        type=row.type,
        grade=row.grade,
        received_at=row.received_at,
        committee_id=row.committee_id,
        mediator_id=row.mediator,
        assignment_id=row.assignment_id,
        assigned_at=row.assigned_at,
        sign_due_at=row.sign_due_at,
        accepted_at=row.accepted_at,
        term_due_on=row.term_due_on,
        dossier_number=row.dossier_number,
        end_reason=row.end_reason,
        guidance=row.guidance,
        outcome=row.outcome,
        note=row.note,
        closed_at=row.closed_at,
        archived_at=row.archived_at,
        retention_years=row.retention_years,
    )


def _party(row: Any) -> Party:
    return Party(
        row.party_id, row.role, row.kind, row.name, row.consent, row.consent_at, row.identified
    )


def _session(row: Any) -> Session:
    attended = tuple(row.attended)
    return Session(row.session_id, row.number, row.held_at, attended, row.place, row.record)


def _extension(row: Any) -> Extension:
    agreed_by = tuple(row.agreed_by)
    return Extension(row.extension_id, row.number, row.due_on, agreed_by, row.recorded_at)


def _due(row: Any) -> Due:
    return Due(
        obligation_id=row.obligation_id,
        debtor=row.debtor,
        creditor=row.creditor,
        amount=row.amount,
        due_on=row.due_on,
        text=row.text,
        paid=row.paid or Decimal(0),
        performed_on=row.performed_on,
        breached_on=row.breached_on,
    )


def _agreement(row: Any, dues: list[Due], signed: list[Signature]) -> Agreement:
    return Agreement(
        agreement_id=row.agreement_id,
        number=row.number,
        form=row.form,
        content=row.content,
        reached_at=row.reached_at,
        obligations=tuple(dues),
        signatures=tuple(signed),
        effective_on=row.effective_on,
        confirmation_due_on=row.confirmation_due_on,
        confirmation=row.confirmation,
        confirmation_applied_on=row.confirmation_applied_on,
        confirmation_decided_on=row.confirmation_decided_on,
        confirmation_reason=row.confirmation_reason,
        void=row.void,
    )
