"""What every command shares: who may act, on which version, and how its outcome is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fengqiao_chassis.auth import SYSTEM, Principal
from fengqiao_chassis.store import Tx
from fengqiao_contracts.errors import Conflict, Forbidden, NotHereYet

from .. import store
from ..domain import agreements, clocks
from ..domain.guards import stop
from ..domain.guidance import PARTY_REFUSED, guidance
from ..domain.model import Casework
from ..domain.states import Command, State, allowed, move
from ..shapes import ActDone

OFFICES = frozenset(("city", "district", "clerk"))
"""Roles of the command centres and the justice offices that may act in their area."""


async def begin(
    tx: Tx, who: Principal, case_id: str, command: Command, version: int | None
) -> Casework:
    """The case, if the caller may do this to it now.

    Raises NotHereYet (409) for a case not met or not in the caller's scope, Forbidden
    (`not-your-case`, `not-allowed`), Conflict (`stale-version` 412, `illegal-transition`).
    """
    scope = SYSTEM if who.role == "mediator" else who.scope
    work = await store.load_casework(tx, case_id, scope)
    if work is None:
        raise not_here_yet(409)
    _check_actor(who, work, command)
    if version is not None and version != work.case.version:
        raise Conflict(
            "stale-version",
            "案件已被更新：请重新读取后再操作",
            "the case has changed since it was read: read it again, then repeat",
            "If-Match",
            status=412,
        )
    move(work.case.state, command)
    return work


async def finish(
    tx: Tx,
    before: Casework,
    command: Command,
    state: State,
    values: Mapping[str, Any] | None = None,
) -> Casework:
    """Save the head with all that follows from it, its clocks and the audit entry.

    The rows of the command are written already; the head moves only from the version that the
    decision was taken on, so of two commands at the same moment one loses (Conflict
    `concurrent-change`) with everything it wrote.
    """
    values = dict(values or {})
    case = before.case
    after = await store.load_casework(tx, case.case_id, SYSTEM)
    if after is None:
        raise not_here_yet(409)
    while (follows := agreements.settle(state, after.live)) is not None:
        state = move(state, follows)
    if not await store.save_case(tx, case.case_id, case.version, {"state": state, **values}):
        raise Conflict(
            "concurrent-change",
            "另一操作刚刚更新了本案：请重新读取后再操作",
            "another command changed the case at the same moment: read it again, then repeat",
        )
    head = replace(after.case, state=state, version=case.version + 1, **values)
    after = replace(after, case=head)
    await sync_clocks(tx, after, tx.now)
    tx.audit(f"mediation.{command}", case.case_id, fields=("state", *sorted(values)))
    return after


async def sync_clocks(tx: Tx, work: Casework, now: datetime) -> None:
    """Make the clock index say what the facts say: end what no longer runs, start what does."""
    case_id = work.case.case_id
    wanted = {(d.kind, d.ref): d for d in clocks.running(work) if d.kind in clocks.TRACKED}
    known = {(row.kind, row.ref): row for row in await store.open_clocks(tx, [case_id], SYSTEM)}
    await store.close_clocks(tx, [row for key, row in known.items() if key not in wanted], now)
    fresh = [
        (case_id, deadline)
        for key, deadline in wanted.items()
        if key not in known or known[key].due_at != deadline.due_at
    ]
    await store.start_clocks(tx, fresh)


async def end_mediation(
    tx: Tx, work: Casework, command: Command, reason: str
) -> tuple[Casework, bool]:
    """End the mediation for `reason` and tell the other ways (PML 17, 26).

    Returns the case and whether it ended: where some agreements already bind, only the unsigned
    rest is given up and the case goes on.
    """
    state, fallen = stop(work, command)
    await store.set_agreement(tx, sorted(fallen), {"void": True})
    if state != "terminated":
        return await finish(tx, work, command, state), False
    told = guidance(reason, work.case.type)
    after = await finish(tx, work, command, state, {"end_reason": reason, "guidance": told})
    return after, True


def done(work: Casework, **made: Any) -> ActDone:
    """The answer to a command: where the case stands and what was made."""
    case = work.case
    return ActDone(
        case_id=case.case_id,
        state=case.state,
        version=case.version,
        allowed=list(allowed(case.state)),
        **made,
    )


def not_here_yet(status: int) -> NotHereYet:
    """The case has not reached this service, or the caller may not see it: 404 to reads, 409 to
    commands.
    """
    return NotHereYet(
        "not-here-yet",
        "案件尚未到达调解环节，或不在您的权限范围内：请稍后再试",
        "the case has not reached mediation yet, or is not in your scope: try again shortly",
        status=status,
    )


def not_your_case() -> Forbidden:
    """The caller does not handle this case."""
    return Forbidden(
        "not-your-case",
        "本案不由您办理：请联系指挥中心改派",
        "the case is not assigned to you: ask the command centre to reassign it",
    )


def _check_actor(who: Principal, work: Casework, command: Command) -> None:
    if who.role in OFFICES:
        return
    if who.role == "mediator":
        if who.person is None or work.case.mediator_id != who.person:
            raise not_your_case()
        return
    if who.role == "party" and command == "refuse_consent":
        return
    raise Forbidden(
        "not-allowed",
        "您的角色不能执行此操作",
        "your role may not do this",
    )


__all__ = [
    "OFFICES",
    "PARTY_REFUSED",
    "begin",
    "done",
    "end_mediation",
    "finish",
    "not_here_yet",
    "not_your_case",
    "sync_clocks",
]
