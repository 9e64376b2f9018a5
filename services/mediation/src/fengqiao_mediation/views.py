"""What callers are shown of a case: names masked, records only for those who handle it."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from . import shapes, store
from .domain import agreements, clocks, dossier
from .domain.model import Agreement, Casework, Party
from .domain.states import State, allowed
from .domain.steps import next_step, next_step_of


def mask(name: str | None, kind: str) -> str | None:
    """A person's name with only its first character; organisations are named in full."""
    if name is None or kind != "person":
        return name
    return name[:1] + "*" * max(len(name) - 1, 1)


def casework(work: Casework, now: datetime, *, full: bool) -> shapes.CaseworkView:
    """The casework of a case; records and wording only where `full`."""
    case = work.case
    return shapes.CaseworkView(
        case_id=case.case_id,
        number=case.number,
        state=case.state,
        version=case.version,
        allowed=list(allowed(case.state)),
        next_step=next_step_of(work),
        type=case.type,
        grade=case.grade,
        committee_id=case.committee_id,
        mediator_id=case.mediator_id,
        dossier_number=case.dossier_number,
        accepted_at=case.accepted_at,
        end_reason=case.end_reason,
        guidance=case.guidance,
        outcome=case.outcome,
        parties=[_party(party) for party in work.parties],
        sessions=[
            shapes.SessionView(
                session_id=s.session_id,
                number=s.number,
                held_at=s.held_at,
                attended=list(s.attended),
                place=s.place if full else None,
                record=s.record if full else None,
            )
            for s in work.sessions
        ],
        agreements=[_agreement(work, a, full=full) for a in work.agreements],
        clocks=[_clock(deadline, now) for deadline in clocks.running(work)],
    )


def dossier_of(work: Casework) -> shapes.DossierView:
    """The checklist of the dossier."""
    items = dossier.checklist(work)
    case = work.case
    return shapes.DossierView(
        case_id=case.case_id,
        dossier_number=case.dossier_number,
        complete=not any(item.missing for item in items),
        explanation=case.note,
        archived_at=case.archived_at,
        retention_years=case.retention_years,
        items=[
            shapes.DossierItem(
                order=order, kind=item.kind, name=item.zh, must=item.must, present=item.present
            )
            for order, item in enumerate(items, 1)
        ],
    )


def desk(
    found: store.Counted[store.DeskRow], page: int, size: int, now: datetime
) -> shapes.DeskView:
    """One page of the desk."""
    return shapes.DeskView(
        total=found.total,
        page=page,
        size=size,
        counts=found.counts,
        items=[_desk_item(row, now) for row in found.items],
    )


def overdue(found: store.Counted[store.OverdueRow], page: int, size: int) -> shapes.OverdueView:
    """One page of what is overdue."""
    return shapes.OverdueView(
        total=found.total,
        page=page,
        size=size,
        counts=found.counts,
        items=[
            shapes.OverdueItem(
                case_id=row.case_id,
                number=row.number,
                state=row.state,
                grade=row.grade,
                mediator_id=row.mediator_id,
                committee_id=row.committee_id,
                kind=row.kind,
                ref=row.ref,
                due_at=row.due_at,
                missed_at=row.missed_at,
            )
            for row in found.items
        ],
    )


def _party(party: Party) -> shapes.PartyView:
    return shapes.PartyView(
        party_id=party.party_id,
        role=party.role,
        kind=party.kind,
        name=mask(party.name, party.kind),
        consent=party.consent,
        consent_at=party.consent_at,
    )


def _agreement(work: Casework, agreement: Agreement, *, full: bool) -> shapes.AgreementView:
    return shapes.AgreementView(
        agreement_id=agreement.agreement_id,
        number=agreement.number,
        form=agreement.form,
        content=agreement.content if full else None,
        reached_at=agreement.reached_at,
        obligations=[
            shapes.ObligationView(
                obligation_id=due.obligation_id,
                debtor=due.debtor,
                creditor=due.creditor,
                amount=due.amount,
                paid=due.paid,
                due_on=due.due_on,
                text=due.text if full else None,
                performed_on=due.performed_on,
                breached_on=due.breached_on,
            )
            for due in agreement.obligations
        ],
        signatures=[
            shapes.SignatureView(
                signer_kind=s.signer_kind, signer_id=s.signer_id, signed_at=s.signed_at
            )
            for s in agreement.signatures
        ],
        missing_signatures=[] if agreement.void else agreements.missing_names(work, agreement),
        effective_on=agreement.effective_on,
        confirmation_due_on=agreement.confirmation_due_on,
        confirmation=agreement.confirmation,
        replaced=agreement.void,
    )


def _clock(deadline: clocks.Deadline, now: datetime) -> shapes.ClockView:
    return shapes.ClockView(
        kind=deadline.kind,
        ref=deadline.ref,
        due_on=deadline.due_on,
        due_at=deadline.due_at,
        overdue=deadline.due_at <= now,
        provisional=deadline.provisional,
        why=deadline.why_zh,
        why_en=deadline.why_en,
    )


def _desk_item(row: store.DeskRow, now: datetime) -> shapes.DeskItem:
    step = next_step(
        cast("State", row.state),
        consents_missing=row.consents_missing,
        sides=row.sides,
        owed=row.owed,
        dossier=row.dossier_number is not None,
    )
    return shapes.DeskItem(
        case_id=row.case_id,
        number=row.number,
        state=row.state,
        next_step=step,
        grade=row.grade,
        type=row.type,
        mediator_id=row.mediator_id,
        dossier_number=row.dossier_number,
        due_at=row.due_at,
        overdue=row.due_at is not None and row.due_at <= now,
    )
