"""The end of a case: court confirmation, termination, closing, archive."""

from __future__ import annotations

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import Tx
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.facts import CaseArchived, CaseClosed, ConfirmationDecided

from .. import store
from ..domain import agreements, confirmation, dossier, guards
from ..domain.calendar import day_of
from ..domain.guidance import check_reason
from ..domain.states import move
from ..shapes import ActDone, ArchiveIn, ClosingIn, ConfirmationIn, TerminationIn
from .acceptance import state_termination
from .common import begin, done, end_mediation, finish


async def confirm_agreement(
    tx: Tx,
    who: Principal,
    case_id: str,
    agreement_id: str,
    body: ConfirmationIn,
    version: int | None,
) -> ActDone:
    """Record the joint application for judicial confirmation or the court's decision on it."""
    work = await begin(tx, who, case_id, "confirm", version)
    agreement = agreements.find(work, agreement_id)
    decided_on = body.decided_on or day_of(tx.now)
    guards.check_day_not_future(decided_on, tx.now, "decided_on")
    guards.check_day_not_future(body.applied_on or decided_on, tx.now, "applied_on")
    if body.outcome == "refused" and body.reason is None:
        raise Invalid(
            "reason-missing",
            "法院驳回须填写理由，供调解委员会改进",
            "a refusal by the court needs its reason",
            "reason",
        )
    entry = confirmation.enter(agreement, body.applied_on, body.outcome, decided_on)
    values = {
        "confirmation": entry.confirmation,
        "confirmation_applied_on": entry.applied_on,
        "confirmation_decided_on": entry.decided_on,
        "confirmation_reason": body.reason,
    }
    await store.set_agreement(tx, [agreement_id], values)
    after = await finish(tx, work, "confirm", move(work.case.state, "confirm"))
    if body.outcome is not None:
        fact = ConfirmationDecided(
            case_id=case_id,
            agreement_id=agreement_id,
            outcome=body.outcome,
            reason=body.reason,
            decided_on=decided_on,
        )
        tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after, agreement_id=agreement_id, outcome=entry.confirmation)


async def terminate_case(
    tx: Tx, who: Principal, case_id: str, body: TerminationIn, version: int | None
) -> ActDone:
    """End the mediation without agreement and tell the parties their other ways (PML 26)."""
    work = await begin(tx, who, case_id, "terminate", version)
    check_reason("termination", body.reason)
    after, ended = await end_mediation(tx, work, "terminate", body.reason)
    if ended:
        state_termination(tx, who, after, body.reason)
    return done(after, guidance=after.case.guidance)


async def close_case(
    tx: Tx, who: Principal, case_id: str, body: ClosingIn, version: int | None
) -> ActDone:
    """Close the case: nothing is owed any more, or nothing can be done here."""
    work = await begin(tx, who, case_id, "close", version)
    if body.reason is not None:
        check_reason("breach", body.reason)
    outcome = dossier.closing_outcome(work, body.reason)
    note = body.explanation or work.case.note
    dossier.check_complete(work, note)
    values = {"outcome": outcome, "note": note, "closed_at": tx.now}
    if outcome == "breached":
        values["end_reason"] = body.reason
    after = await finish(tx, work, "close", move(work.case.state, "close"), values)
    fact = CaseClosed(case_id=case_id, outcome=outcome, closed_at=tx.now)
    tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after, outcome=outcome)


async def archive_case(
    tx: Tx, who: Principal, case_id: str, body: ArchiveIn, version: int | None
) -> ActDone:
    """Seal the complete dossier; nothing of the case changes any more."""
    work = await begin(tx, who, case_id, "archive", version)
    note = body.explanation or work.case.note
    number = dossier.check_archive(work, note)
    years = None
    if not body.permanent:
        years = body.retention_years or dossier.retention_years(work.case.type)
    values = {"note": note, "archived_at": tx.now, "retention_years": years}
    after = await finish(tx, work, "archive", move(work.case.state, "archive"), values)
    fact = CaseArchived(
        case_id=case_id, dossier_number=number, archived_at=tx.now, retention_years=years
    )
    tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after, dossier_number=number)
