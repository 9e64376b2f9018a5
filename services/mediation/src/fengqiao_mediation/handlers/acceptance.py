"""From assignment to the sessions: acceptance, consents, sessions, extensions."""

from __future__ import annotations

from fengqiao_chassis.auth import SYSTEM, Principal
from fengqiao_chassis.store import Tx
from fengqiao_contracts.areas import areas
from fengqiao_contracts.errors import Forbidden, Invalid
from fengqiao_contracts.facts import (
    CaseAccepted,
    CaseRefused,
    CaseTerminated,
    ConsentGiven,
    ConsentRefused,
    NotePii,
    SessionHeld,
)
from fengqiao_contracts.ids import new_id

from .. import store
from ..domain import clocks, guards
from ..domain.dossier import dossier_number, dossier_year
from ..domain.guidance import PARTY_REFUSED, PARTY_REFUSES, check_reason, guidance
from ..domain.model import Casework, Extension, Party, Session
from ..domain.states import Command, move
from ..shapes import AcceptanceIn, ActDone, ConsentIn, ExtensionIn, SessionIn
from .common import begin, done, end_mediation, finish


async def decide_acceptance(
    tx: Tx, who: Principal, case_id: str, body: AcceptanceIn, version: int | None
) -> ActDone:
    """Accept the case, opening its dossier and its term, or refuse it with guidance."""
    if body.decision == "accept":
        return await _accept(tx, who, case_id, version)
    work = await begin(tx, who, case_id, "refuse", version)
    if body.reason is None:
        raise Invalid(
            "reason-missing",
            "不予受理须填写理由（码表 refusal_reasons）",
            "a refusal needs a reason (table refusal_reasons)",
            "reason",
        )
    check_reason("refusal", body.reason)
    after = await _refuse(tx, who, work, body.reason, "refuse")
    return done(after, guidance=after.case.guidance)


async def _accept(tx: Tx, who: Principal, case_id: str, version: int | None) -> ActDone:
    work = await begin(tx, who, case_id, "accept", version)
    guards.check_no_refusal(work)
    case, now = work.case, tx.now
    committee_id, mediator_id = case.committee_id or "", case.mediator_id or ""
    term = clocks.term(case.type, now)
    area = await store.committee(tx, committee_id, SYSTEM) or case.area
    count = await store.next_dossier(tx, committee_id, dossier_year(now), SYSTEM)
    number = dossier_number(dossier_year(now), _division(area), count)
    values = {"accepted_at": now, "term_due_on": term.due_on, "dossier_number": number}
    after = await finish(tx, work, "accept", move(case.state, "accept"), values)
    tx.state(
        CaseAccepted(
            case_id=case_id,
            committee_id=committee_id,
            mediator_id=mediator_id,
            dossier_number=number,
            accepted_at=now,
            term_due_on=term.due_on,
        ),
        area=case.area_path,
        actor=who.id,
    )
    return done(after, dossier_number=number, term_due_on=term.due_on)


async def _refuse(
    tx: Tx, who: Principal, work: Casework, reason: str, command: Command
) -> Casework:
    """Do not accept the case (不予受理), whichever command led to it."""
    told = guidance(reason, work.case.type)
    values = {"end_reason": reason, "guidance": told}
    after = await finish(tx, work, command, move(work.case.state, command), values)
    tx.state(
        CaseRefused(
            case_id=work.case.case_id,
            committee_id=work.case.committee_id or "",
            reason=reason,
            guidance=told,
            refused_at=tx.now,
        ),
        area=work.case.area_path,
        actor=who.id,
    )
    return after


async def record_consent(
    tx: Tx, who: Principal, case_id: str, body: ConsentIn, version: int | None
) -> ActDone:
    """Record a party's consent, or its refusal, which stops the mediation (PML 17, 23)."""
    if who.role == "party" and body.given:
        raise Forbidden(
            "not-allowed",
            "同意调解由调解员当面登记；网上只能拒绝或要求终止",
            "consent is recorded by the mediator; here a party can refuse or stop",
        )
    command: Command = "give_consent" if body.given else "refuse_consent"
    work = await begin(tx, who, case_id, command, version)
    party = guards.find_party(work, body.party_id)
    if not body.given:
        return await _refuse_consent(tx, who, work, party, body.note)
    if party.consent == "given":
        return done(work)
    await store.set_consent(tx, case_id, party.party_id, "given", tx.now, body.note)
    after = await finish(tx, work, "give_consent", move(work.case.state, "give_consent"))
    fact = ConsentGiven(case_id=case_id, party_id=party.party_id, given_at=tx.now)
    tx.state(fact, area=work.case.area_path, actor=who.id)
    return done(after)


async def _refuse_consent(
    tx: Tx, who: Principal, work: Casework, party: Party, note: str | None
) -> ActDone:
    """A side's refusal ends the case: before the acceptance as not accepted, after it as ended; a
    third party's refusal ends only its own part.
    """
    case = work.case
    await store.set_consent(tx, case.case_id, party.party_id, "refused", tx.now, note)
    pii = NotePii(text=note) if note else None
    fact = ConsentRefused(case_id=case.case_id, party_id=party.party_id, refused_at=tx.now, pii=pii)
    tx.state(fact, area=case.area_path, actor=who.id)
    if party.role == "third" or case.state == "registered":
        return done(await finish(tx, work, "refuse_consent", case.state))
    if case.state == "assigned":
        after = await _refuse(tx, who, work, PARTY_REFUSES, "refuse_consent")
        return done(after, guidance=after.case.guidance)
    after, ended = await end_mediation(tx, work, "refuse_consent", PARTY_REFUSED)
    if ended:
        state_termination(tx, who, after, PARTY_REFUSED)
    return done(after, guidance=after.case.guidance)


def state_termination(tx: Tx, who: Principal, work: Casework, reason: str) -> None:
    """State that the mediation ended and what the parties were told."""
    tx.state(
        CaseTerminated(
            case_id=work.case.case_id,
            reason=reason,
            guidance=work.case.guidance or "",
            terminated_at=tx.now,
        ),
        area=work.case.area_path,
        actor=who.id,
    )


async def hold_session(
    tx: Tx, who: Principal, case_id: str, body: SessionIn, version: int | None
) -> ActDone:
    """Record a session; the first one, with every side's consent, begins the mediation."""
    work = await begin(tx, who, case_id, "hold_session", version)
    held_at = body.held_at or tx.now
    guards.check_consents(work)
    guards.check_not_future(held_at, tx.now, "held_at")
    guards.check_not_before(held_at, work.case, "held_at")
    guards.check_attendance(work, body.attended)
    session = Session(
        session_id=new_id(),
        number=len(work.sessions) + 1,
        held_at=held_at,
        attended=tuple(body.attended),
        place=body.place,
        record=body.record,
    )
    await store.add_session(tx, case_id, session)
    after = await finish(tx, work, "hold_session", move(work.case.state, "hold_session"))
    tx.state(
        SessionHeld(
            case_id=case_id,
            session_id=session.session_id,
            number=session.number,
            held_at=held_at,
            attended=session.attended,
            pii=NotePii(text=body.record),
        ),
        area=work.case.area_path,
        actor=who.id,
    )
    return done(after, session_id=session.session_id, number=session.number)


async def extend_term(
    tx: Tx, who: Principal, case_id: str, body: ExtensionIn, version: int | None
) -> ActDone:
    """Move the term to a later day, with the recorded consent of every side."""
    work = await begin(tx, who, case_id, "extend", version)
    guards.check_all_agree(work, body.agreed_by)
    if work.case.term_due_on is not None:
        guards.check_extension(work.case.term_due_on, body.due_on)
    extension = Extension(
        extension_id=new_id(),
        number=len(work.extensions) + 1,
        due_on=body.due_on,
        agreed_by=tuple(sorted(set(body.agreed_by))),
        recorded_at=tx.now,
    )
    await store.add_extension(tx, case_id, extension)
    state = move(work.case.state, "extend")
    after = await finish(tx, work, "extend", state, {"term_due_on": body.due_on})
    return done(
        after,
        extension_id=extension.extension_id,
        number=extension.number,
        term_due_on=body.due_on,
    )


def _division(code: str) -> str:
    """The division of a dossier number: district or zone, then street; the code where unknown."""
    tree = areas()
    try:
        steps = [step for step in tree.path(code).split("/") if step]
    except Invalid:
        return code
    return "".join(tree.name(step) for step in steps[1:]) or tree.name(code)
