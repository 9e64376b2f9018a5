"""Agreements: reached, signed, performed, broken, confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import Tx
from fengqiao_contracts.facts import (
    AgreementEffective,
    AgreementPii,
    AgreementReached,
    AgreementSigned,
    ObligationBreached,
    ObligationPerformed,
)
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import Obligation

from .. import store
from ..domain import agreements, clocks, guards
from ..domain.calendar import day_of
from ..domain.guidance import check_reason
from ..domain.model import Agreement, Casework, Due, Signature
from ..domain.states import move
from ..shapes import ActDone, AgreementIn, BreachIn, ObligationIn, PerformanceIn, SignatureIn
from .common import begin, done, finish


async def reach_agreement(
    tx: Tx, who: Principal, case_id: str, body: AgreementIn, version: int | None
) -> ActDone:
    """Record an agreement; an oral one takes effect at once (PML 28, 30)."""
    work = await begin(tx, who, case_id, "reach_agreement", version)
    reached_at = body.reached_at or tx.now
    guards.check_session_held(work)
    guards.check_consents(work)
    guards.check_not_future(reached_at, tx.now, "reached_at")
    guards.check_not_before(reached_at, work.case, "reached_at")
    dues = tuple(map(_due, body.obligations))
    agreements.check_obligations(work.parties, dues, reached_at)
    if body.replaces is not None:
        guards.check_replaceable(agreements.find(work, body.replaces))
        await store.set_agreement(tx, [body.replaces], {"void": True})
    agreement = _made(work, body, reached_at, dues)
    await store.add_agreement(tx, case_id, len(work.agreements) + 1, agreement)
    state = move(work.case.state, "reach_agreement")
    after = await finish(tx, work, "reach_agreement", state)
    _state_reached(tx, who, work, agreement)
    _state_effective(tx, who, work, agreement)
    return done(
        after,
        agreement_id=agreement.agreement_id,
        number=agreement.number,
        obligation_ids=[due.obligation_id for due in dues],
        missing_signatures=agreements.missing_names(after, agreement),
        effective_on=agreement.effective_on,
        confirmation_due_on=agreement.confirmation_due_on,
    )


def _made(
    work: Casework, body: AgreementIn, reached_at: datetime, dues: tuple[Due, ...]
) -> Agreement:
    serial = len(work.agreements) + 1
    agreement = Agreement(
        agreement_id=new_id(),
        number=f"{work.case.dossier_number}-{serial}",
        form=body.form,
        content=body.content,
        reached_at=reached_at,
        obligations=dues,
    )
    return _binding(agreement, agreements.effective_on(work, agreement))


def _binding(agreement: Agreement, effective_on: date | None) -> Agreement:
    """The agreement with its day of effect and the last day to apply for confirmation."""
    if effective_on is None:
        return agreement
    due_on = clocks.confirmation(agreement.agreement_id, effective_on).due_on
    return replace(agreement, effective_on=effective_on, confirmation_due_on=due_on)


def _due(body: ObligationIn) -> Due:
    return Due(
        obligation_id=new_id(),
        debtor=body.debtor,
        creditor=body.creditor,
        amount=body.amount,
        due_on=body.due_on,
        text=body.text,
        paid=Decimal(0),
        performed_on=None,
        breached_on=None,
    )


async def sign_agreement(
    tx: Tx, who: Principal, case_id: str, agreement_id: str, body: SignatureIn, version: int | None
) -> ActDone:
    """Record a signature or the seal; the last one makes the agreement bind (PML 29)."""
    work = await begin(tx, who, case_id, "sign", version)
    agreement = agreements.find(work, agreement_id)
    signed_at = body.signed_at or tx.now
    guards.check_not_future(signed_at, tx.now, "signed_at")
    holders = {"mediator": work.case.mediator_id, "seal": work.case.committee_id}
    signer_id = body.signer_id or holders.get(body.signer_kind) or ""
    agreements.check_sign(work, agreement, (body.signer_kind, signer_id), signed_at)
    signature = Signature(body.signer_kind, signer_id, signed_at)
    await store.add_signature(tx, case_id, agreement_id, signature)
    agreement = replace(agreement, signatures=(*agreement.signatures, signature))
    agreement = _binding(agreement, agreements.effective_on(work, agreement))
    if agreement.effective_on is not None:
        dates = {
            "effective_on": agreement.effective_on,
            "confirmation_due_on": agreement.confirmation_due_on,
        }
        await store.set_agreement(tx, [agreement_id], dates)
    after = await finish(tx, work, "sign", move(work.case.state, "sign"))
    fact = AgreementSigned(
        case_id=case_id,
        agreement_id=agreement_id,
        signer_kind=body.signer_kind,
        signer_id=signer_id,
        signed_at=signed_at,
    )
    tx.state(fact, area=work.case.area_path, actor=who.id)
    _state_effective(tx, who, work, agreement)
    return done(
        after,
        agreement_id=agreement_id,
        missing_signatures=agreements.missing_names(after, agreement),
        effective_on=agreement.effective_on,
        confirmation_due_on=agreement.confirmation_due_on,
    )


async def perform_obligation(
    tx: Tx,
    who: Principal,
    case_id: str,
    agreement_id: str,
    body: PerformanceIn,
    version: int | None,
) -> ActDone:
    """Record a performance; the fact is stated when nothing of the obligation is owed any more."""
    work = await begin(tx, who, case_id, "perform", version)
    agreement = agreements.find(work, agreement_id)
    due = agreements.find_due(agreement, body.obligation_id)
    guards.check_day_not_future(body.performed_on, tx.now, "performed_on")
    paid = agreements.check_performance(agreement, due, body.performed_on, body.amount)
    row = {
        "performance_id": new_id(),
        "performed_on": body.performed_on,
        "amount": paid if due.amount is not None else None,
        "recorded_at": tx.now,
    }
    await store.add_performance(tx, case_id, agreement_id, due.obligation_id, row)
    whole = due.amount is None or due.paid + paid == due.amount
    values = {"paid": due.paid + paid, "performed_on": body.performed_on if whole else None}
    await store.set_due(tx, agreement_id, due.obligation_id, values)
    after = await finish(tx, work, "perform", move(work.case.state, "perform"))
    if whole:
        fact = ObligationPerformed(
            case_id=case_id,
            agreement_id=agreement_id,
            obligation_id=due.obligation_id,
            performed_on=body.performed_on,
            amount=due.amount,
        )
        tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after, agreement_id=agreement_id)


async def break_obligation(
    tx: Tx, who: Principal, case_id: str, agreement_id: str, body: BreachIn, version: int | None
) -> ActDone:
    """Record that an obligation was not performed when due, or that the debtor refuses to."""
    work = await begin(tx, who, case_id, "breach", version)
    agreement = agreements.find(work, agreement_id)
    due = agreements.find_due(agreement, body.obligation_id)
    check_reason("breach", body.reason)
    breached_on = body.breached_on or day_of(tx.now)
    guards.check_day_not_future(breached_on, tx.now, "breached_on")
    agreements.check_breach(agreement, due, breached_on, body.reason)
    values = {"breached_on": breached_on, "breach_reason": body.reason}
    await store.set_due(tx, agreement_id, due.obligation_id, values)
    after = await finish(tx, work, "breach", move(work.case.state, "breach"))
    fact = ObligationBreached(
        case_id=case_id,
        agreement_id=agreement_id,
        obligation_id=due.obligation_id,
        breached_on=breached_on,
    )
    tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after, agreement_id=agreement_id)


def _state_reached(tx: Tx, who: Principal, work: Casework, agreement: Agreement) -> None:
    words = {due.obligation_id: due.text for due in agreement.obligations if due.text}
    fact = AgreementReached(
        case_id=work.case.case_id,
        agreement_id=agreement.agreement_id,
        number=agreement.number,
        form=agreement.form,
        obligations=tuple(
            Obligation(
                obligation_id=due.obligation_id,
                debtor=due.debtor,
                creditor=due.creditor,
                amount=due.amount,
                due_on=due.due_on,
            )
            for due in agreement.obligations
        ),
        reached_at=agreement.reached_at,
        pii=AgreementPii(content=agreement.content or "", obligations=words),
    )
    tx.state(fact, area=work.case.area_path, actor=who.id)


def _state_effective(tx: Tx, who: Principal, work: Casework, agreement: Agreement) -> None:
    if agreement.effective_on is None or agreement.confirmation_due_on is None:
        return
    fact = AgreementEffective(
        case_id=work.case.case_id,
        agreement_id=agreement.agreement_id,
        effective_on=agreement.effective_on,
        confirmation_due_on=agreement.confirmation_due_on,
    )
    tx.state(fact, area=work.case.area_path, actor=who.id)
