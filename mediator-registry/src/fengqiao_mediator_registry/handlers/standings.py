"""Moves of a mediator's standing: admission, suspension, return, retirement, the certificate's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.facts import (
    MediatorAdmitted,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
    PersonPii,
)

from ..domain import (
    CERTIFICATE_EXPIRED,
    Action,
    Policy,
    State,
    certificate_ends_at,
    check_certificate,
    check_reason,
    move,
)
from ..store import mediators as store
from .committees import MANAGERS
from .inputs import Admission, Reinstatement, StandingChange
from .revisions import stale

CERTIFICATE = "certificate"
"""The kind of due rows that end a certificate."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a standing moved: the code of a reason, and words for the file."""

    reason: str | None = None
    text: str | None = None


_PLAIN = Remark()


async def decide_admission(
    tx: Tx, entry: Entry, *, policy: Policy, who: Principal, body: Admission
) -> Entry:
    """Approve or deny an application (准入审核); an approval states MediatorAdmitted."""
    who.require(*MANAGERS)
    if body.decision == "deny":
        if body.reason is None:
            raise _reason_missing()
        reason = check_reason(Action.DENY, body.reason)
        return await _move(tx, who.id, entry, Action.DENY, Remark(reason, body.note))
    check_certificate(entry["certificate_expires_on"], tx.now)
    grade = body.grade or entry["grade"]
    terms = {
        "grade": grade,
        "capacity": policy.capacity_of(grade, body.capacity),
        "admitted_at": tx.now,
    }
    changed = entry | terms
    remark = Remark(text=body.note)
    admitted = await _move(tx, who.id, changed, Action.APPROVE, remark, also=tuple(terms))
    state_admitted(tx, who.id, admitted)
    set_clock(tx, admitted)
    return admitted


async def suspend(tx: Tx, entry: Entry, *, who: Principal, body: StandingChange) -> Entry:
    """Suspend from assignment; states MediatorSuspended."""
    who.require(*MANAGERS)
    reason = check_reason(Action.SUSPEND, body.reason)
    return await _suspend(tx, who.id, entry, Remark(reason, body.note))


async def reinstate(tx: Tx, entry: Entry, *, who: Principal, body: Reinstatement) -> Entry:
    """End a suspension; refused while the certificate is expired; states MediatorReinstated."""
    who.require(*MANAGERS)
    check_certificate(entry["certificate_expires_on"], tx.now)
    back = await _move(tx, who.id, entry, Action.REINSTATE, Remark(text=body.note))
    set_clock(tx, back)
    fact = MediatorReinstated(mediator_id=back["mediator_id"], reinstated_at=tx.now)
    tx.state(fact, area=back["area_path"], actor=who.id)
    return back


async def retire(tx: Tx, entry: Entry, *, who: Principal, body: StandingChange) -> Entry:
    """Leave for good (退出); states MediatorRetired."""
    who.require(*MANAGERS)
    reason = check_reason(Action.RETIRE, body.reason)
    gone = await _move(tx, who.id, entry, Action.RETIRE, Remark(reason, body.note))
    tx.undue(CERTIFICATE, gone["mediator_id"])
    fact = MediatorRetired(mediator_id=gone["mediator_id"], reason=reason, retired_at=tx.now)
    tx.state(fact, area=gone["area_path"], actor=who.id)
    return gone


async def end_certificate(tx: Tx, mediator_id: str, _: Any = None) -> None:
    """The certificate's last day is over (持证上岗): suspend, unless it was renewed or he left."""
    entry = await store.get(tx, SYSTEM, mediator_id)
    if entry is None or entry["state"] != State.ADMITTED:
        return
    expires_on = entry["certificate_expires_on"]
    if expires_on is not None and certificate_ends_at(expires_on) <= tx.now:
        await _suspend(tx, "system", entry, Remark(CERTIFICATE_EXPIRED))


def state_admitted(tx: Tx, actor: str, entry: Entry) -> None:
    """State MediatorAdmitted for the entry as it now is."""
    phone = entry["phone_sealed"]
    clear = tx.keys.open("registry_mediators", entry["mediator_id"], phone) if phone else None
    fact = MediatorAdmitted(
        mediator_id=entry["mediator_id"],
        committee_id=entry["committee_id"],
        area_path=entry["area_path"],
        specialities=tuple(entry["specialities"]),
        grade=entry["grade"],
        capacity=entry["capacity"],
        admitted_at=entry["admitted_at"],
        pii=PersonPii(name=entry["name"], phone=clear),
    )
    tx.state(fact, area=entry["area_path"], actor=actor)


def set_clock(tx: Tx, entry: Entry) -> None:
    """Have the certificate's end noticed, where the admission has one."""
    tx.undue(CERTIFICATE, entry["mediator_id"])
    if entry["state"] == State.ADMITTED and entry["certificate_expires_on"] is not None:
        at = certificate_ends_at(entry["certificate_expires_on"])
        tx.due(CERTIFICATE, entry["mediator_id"], at)


async def note(tx: Tx, entry: Entry, action: Action, actor: str, remark: Remark = _PLAIN) -> None:
    """Add the move to the history of the entry, which has its new state already."""
    number = await store.next_standing(tx, SYSTEM, entry["mediator_id"])
    row = standing(tx, entry, action, actor, remark) | {"number": number}
    await store.note_standings(tx, [row])


def standing(
    tx: Tx, entry: Entry, action: Action, actor: str, remark: Remark = _PLAIN
) -> dict[str, Any]:
    """The row of a first move."""
    return {
        "mediator_id": entry["mediator_id"],
        "number": 1,
        "action": action.value,
        "state": entry["state"],
        "reason": remark.reason,
        "note": remark.text,
        "actor": actor,
        "at": tx.now,
    }


async def _suspend(tx: Tx, actor: str, entry: Entry, remark: Remark) -> Entry:
    away = await _move(tx, actor, entry, Action.SUSPEND, remark)
    fact = MediatorSuspended(
        mediator_id=away["mediator_id"], reason=away["reason"], suspended_at=tx.now
    )
    tx.state(fact, area=away["area_path"], actor=actor)
    return away


async def _move(
    tx: Tx,
    actor: str,
    entry: Entry,
    action: Action,
    remark: Remark,
    *,
    also: tuple[str, ...] = (),
) -> Entry:
    """Move the standing, with history and audit; raises Conflict where there is no such move."""
    moved = entry | {
        "state": move(entry["state"], action).value,
        "reason": remark.reason,
        "revision": entry["revision"] + 1,
        "updated_at": tx.now,
    }
    columns = ("state", "reason", "revision", "updated_at", *also)
    values = {name: moved[name] for name in columns}
    if not await store.change(tx, entry["mediator_id"], entry["revision"], values):
        raise stale()
    await note(tx, moved, action, actor, remark)
    tx.audit(f"mediator.{action.value}", entry["mediator_id"])
    return moved


def _reason_missing() -> Invalid:
    return Invalid(
        "reason-missing",
        "不予准入须填 reason",
        "a denial needs its reason",
        "reason",
    )
