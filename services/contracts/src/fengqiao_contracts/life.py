"""The case life: which status a case has after each fact, and which moves between statuses are legal.

Published, because the register and the statistics must say the same of every case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import facts as f
from .codes import table

_WORK = frozenset({"accepted", "mediating", "agreed", "effective", "performed", "breached"})
_ENDS = frozenset({"terminated", "closed", "archived"})
MOVES: Mapping[str, frozenset[str]] = {
    "registered": frozenset({"assessed", "waiting", "assigned", "redirected", "refused"}) | _ENDS,
    "assessed": frozenset({"waiting", "assigned", "redirected", "accepted", "refused"}) | _ENDS,
    "waiting": frozenset({"assessed", "assigned", "redirected", "refused"}) | _ENDS,
    "assigned": frozenset({"assessed", "waiting", "redirected", "accepted", "refused"}) | _ENDS,
    "redirected": frozenset({"assessed", "waiting", "assigned"}) | _ENDS,
    "refused": frozenset({"assessed", "waiting", "assigned", "redirected"}) | _ENDS,
    "accepted": frozenset({"waiting", "mediating", "agreed", "redirected"}) | _ENDS,
    "mediating": frozenset({"waiting", "agreed", "redirected"}) | _ENDS,
    "agreed": frozenset({"waiting", "mediating", "effective", "breached"}) | _ENDS,
    "effective": frozenset({"waiting", "performed", "breached"}) | _ENDS,
    "performed": frozenset({"breached"}) | _ENDS,
    "breached": frozenset({"waiting", "performed"}) | _ENDS,
    "terminated": frozenset({"closed", "archived"}),
    "closed": frozenset({"archived"}),
    "archived": frozenset(),
}
"""The legal moves. A fact that would make another one leaves the status as it is: late and repeated
facts are harmless, and the timeline shows them all the same."""


def bucket_of(status: str) -> str:
    """The one group of the case sum in which a status counts (table `statuses`)."""
    return str(table("statuses").row(status, field="status").extra["bucket"])


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the register knows of a case's progress. `resume`: the work that a waiting case goes
    back to when a mediator takes over.
    """

    status: str = "registered"
    type: str | None = None
    grade: str | None = None
    suitability: str | None = None
    outlet: str | None = None
    committee_id: str | None = None
    mediator: str | None = None
    waiting_reason: str | None = None
    overdue: str | None = None
    resume: str | None = None
    open_obligations: tuple[str, ...] = ()
    dossier_number: str | None = None


def advance(state: CaseState, fact: f.Fact) -> CaseState:
    """The state after `fact`; the same object where it changes nothing."""
    rule = _RULES.get(type(fact))
    return rule(state, fact) if rule else state


def _move(state: CaseState, status: str, **changes: Any) -> CaseState:
    """Move where it is legal, from here or from the work that a waiting case stands in."""
    origin = state.resume if state.status == "waiting" and state.resume else state.status
    if status not in MOVES[origin] | MOVES[state.status] | {origin, state.status}:
        return state
    if status in _ENDS or status == "refused":
        changes |= {"overdue": None, "resume": None, "waiting_reason": None}
    if status in _WORK and state.status == "waiting":
        changes |= {"resume": None, "waiting_reason": None}
    return replace(state, status=status, **changes)


def _assessed(state: CaseState, fact: f.CaseAssessed) -> CaseState:
    seen = replace(state, type=fact.type, grade=fact.grade, suitability=fact.suitability)
    return _move(seen, "assessed") if state.status == "registered" else seen


def _routed(state: CaseState, fact: f.CaseRouted) -> CaseState:
    known: dict[str, Any] = {"outlet": fact.outlet, "committee_id": fact.unit_id}
    if state.status in {"registered", "waiting", "redirected", "refused"} and not state.resume:
        return _move(state, "assessed", waiting_reason=None, **known)
    return replace(state, **known) if state.status not in _ENDS else state


def _waitlisted(state: CaseState, fact: f.CaseWaitlisted) -> CaseState:
    resume = state.status if state.status in _WORK else state.resume
    unit = fact.unit_id or state.committee_id
    return _move(
        state,
        "waiting",
        waiting_reason=fact.reason,
        resume=resume,
        mediator=None,
        committee_id=unit,
    )


def _assigned(state: CaseState, fact: f.MediatorAssigned) -> CaseState:
    holder: dict[str, Any] = {"mediator": fact.mediator_id, "committee_id": fact.committee_id}
    if state.status in _WORK:
        return replace(state, **holder)
    return _move(state, state.resume or "assigned", waiting_reason=None, resume=None, **holder)


def _withdrawn(state: CaseState, fact: f.AssignmentWithdrawn) -> CaseState:
    if state.mediator != fact.mediator_id:
        return state
    overdue = None if state.overdue == "sign_for" else state.overdue
    if state.status == "assigned":
        return _move(state, "assessed", mediator=None, overdue=overdue)
    return replace(state, mediator=None)


def _redirected(state: CaseState, fact: f.CaseRedirected) -> CaseState:
    changes: dict[str, Any] = {"mediator": None, "waiting_reason": None, "resume": None}
    return _move(state, "redirected", outlet=fact.outlet, overdue=None, **changes)


def _accepted(state: CaseState, fact: f.CaseAccepted) -> CaseState:
    overdue = None if state.overdue == "sign_for" else state.overdue
    return _move(state, "accepted", dossier_number=fact.dossier_number, overdue=overdue)


def _refused(state: CaseState, _: f.CaseRefused) -> CaseState:
    return _move(state, "refused", mediator=None)


def _session(state: CaseState, _: f.SessionHeld) -> CaseState:
    return _move(state, "mediating") if state.status != "agreed" else state


def _reached(state: CaseState, fact: f.AgreementReached) -> CaseState:
    added = tuple(o.obligation_id for o in fact.obligations)
    owed = state.open_obligations + tuple(o for o in added if o not in state.open_obligations)
    overdue = None if state.overdue == "term" else state.overdue
    return _move(replace(state, open_obligations=owed, overdue=overdue), "agreed")


def _effective(state: CaseState, _: f.AgreementEffective) -> CaseState:
    return _move(state, "effective")


def _performed(state: CaseState, fact: f.ObligationPerformed) -> CaseState:
    left = tuple(o for o in state.open_obligations if o != fact.obligation_id)
    overdue = None if state.overdue == "performance" else state.overdue
    seen = replace(state, open_obligations=left, overdue=overdue)
    return seen if left else _move(seen, "performed")


def _breached(state: CaseState, _: f.ObligationBreached) -> CaseState:
    return _move(state, "breached")


def _missed(state: CaseState, fact: f.DeadlineMissed) -> CaseState:
    ended = state.status in _ENDS or state.status in {"refused", "redirected"}
    return state if ended else replace(state, overdue=fact.kind)


def _confirmed(state: CaseState, _: f.ConfirmationDecided) -> CaseState:
    return replace(state, overdue=None) if state.overdue == "confirmation" else state


def _ended(status: str) -> Callable[[CaseState, Any], CaseState]:
    return lambda state, _: _move(state, status)


_RULES: Mapping[type[f.Fact], Callable[[CaseState, Any], CaseState]] = {
    f.CaseAssessed: _assessed,
    f.CaseRouted: _routed,
    f.CaseWaitlisted: _waitlisted,
    f.MediatorAssigned: _assigned,
    f.AssignmentWithdrawn: _withdrawn,
    f.CaseRedirected: _redirected,
    f.CaseAccepted: _accepted,
    f.CaseRefused: _refused,
    f.SessionHeld: _session,
    f.AgreementReached: _reached,
    f.AgreementEffective: _effective,
    f.ObligationPerformed: _performed,
    f.ObligationBreached: _breached,
    f.DeadlineMissed: _missed,
    f.ConfirmationDecided: _confirmed,
    f.CaseTerminated: _ended("terminated"),
    f.CaseClosed: _ended("closed"),
    f.CaseArchived: _ended("archived"),
}

CHANGING: frozenset[type[f.Fact]] = frozenset(_RULES)
"""The facts that can change a state; all others leave it as it is."""
