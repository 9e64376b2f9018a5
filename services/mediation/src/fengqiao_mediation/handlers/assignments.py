"""What casework does with routing's assignments, withdrawals and redirections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from fengqiao_chassis.auth import SYSTEM
from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import Tx
from fengqiao_contracts.errors import Reject
from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseRedirected,
    CaseRefused,
    MediatorAssigned,
)

from .. import store
from ..domain.clocks import Deadline, sign_for
from ..domain.guidance import PARTY_REFUSES, guidance
from ..domain.states import MOVES, Heard, State, hear

_ASSIGNMENT = (
    "state",
    "mediator",
    "committee_id",
    "assignment_id",
    "assigned_at",
    "sign_due_at",
    "end_reason",
    "guidance",
)


async def take_assignments(tx: Tx, items: Sequence[Received[MediatorAssigned]]) -> None:
    """Put cases on their mediators' desks and start the time to sign for them.

    A case that a side has already refused to mediate is not accepted at once (PML 17).
    """
    heads = await _heads(tx, [item.fact.case_id for item in items])
    rows: list[dict[str, Any]] = []
    started: list[tuple[str, Deadline]] = []
    refused: list[Received[MediatorAssigned]] = []
    for item in items:
        head = heads[item.fact.case_id]
        if not _hears(head, "assign"):
            continue
        row, deadline = _assigned(head, item.fact)
        rows.append(row)
        if row["state"] == "refused":
            refused.append(item)
        elif deadline is not None:
            started.append((head.case_id, deadline))
    await store.set_heads(tx, rows, _ASSIGNMENT)
    await _end_clocks(tx, [row["case_id"] for row in rows], "sign_for")
    await store.start_clocks(tx, started)
    for item in refused:
        _state_refusal(tx, item, heads[item.fact.case_id])


def _assigned(head: store.Head, fact: MediatorAssigned) -> tuple[dict[str, Any], Deadline | None]:
    """The row after an assignment, and the time to sign for it where it must be signed for."""
    state = hear(cast("State", head.state), "assign")
    told = None
    deadline = None
    if state == "assigned" and head.refused:
        state, told = "refused", guidance(PARTY_REFUSES, head.type)
    elif state == "assigned":
        deadline = sign_for(fact.assignment_id, fact.assigned_at, fact.grade)
    row = {
        "case_id": fact.case_id,
        "state": state,
        "mediator": fact.mediator_id,
        "committee_id": fact.committee_id,
        "assignment_id": fact.assignment_id,
        "assigned_at": fact.assigned_at,
        "sign_due_at": deadline.due_at if deadline else None,
        "end_reason": PARTY_REFUSES if told else None,
        "guidance": told,
    }
    return row, deadline


def _state_refusal(tx: Tx, item: Received[MediatorAssigned], head: store.Head) -> None:
    fact = item.fact
    refusal = CaseRefused(
        case_id=fact.case_id,
        committee_id=fact.committee_id,
        reason=PARTY_REFUSES,
        guidance=guidance(PARTY_REFUSES, head.type),
        refused_at=tx.now,
    )
    tx.state(refusal, area=item.envelope.area, cause=item)
    tx.audit("mediation.refuse", fact.case_id, fields=("state", "end_reason"))


async def release_assignments(tx: Tx, items: Sequence[Received[AssignmentWithdrawn]]) -> None:
    """Take cases from their mediator; casework already begun keeps its state for the next one."""
    heads = await _heads(tx, [item.fact.case_id for item in items])
    rows: list[dict[str, Any]] = []
    for item in items:
        head = heads[item.fact.case_id]
        if head.assignment_id == item.fact.assignment_id and _hears(head, "withdraw"):
            state = hear(cast("State", head.state), "withdraw")
            empty = {"mediator": None, "assignment_id": None, "sign_due_at": None}
            rows.append({"case_id": head.case_id, "state": state, **empty})
    await store.set_heads(tx, rows, ("state", "mediator", "assignment_id", "sign_due_at"))
    await _end_clocks(tx, [row["case_id"] for row in rows], "sign_for")


async def leave_redirected(tx: Tx, items: Sequence[Received[CaseRedirected]]) -> None:
    """Let go of cases that are not for mediation after all, with every clock of theirs."""
    heads = await _heads(tx, [item.fact.case_id for item in items])
    rows: list[dict[str, Any]] = []
    for item in items:
        head = heads[item.fact.case_id]
        if _hears(head, "redirect"):
            state = hear(cast("State", head.state), "redirect")
            empty = {"mediator": None, "assignment_id": None, "sign_due_at": None}
            told = {"guidance": item.fact.guidance}
            rows.append({"case_id": head.case_id, "state": state, **empty, **told})
    columns = ("state", "mediator", "assignment_id", "sign_due_at", "guidance")
    await store.set_heads(tx, rows, columns)
    await _end_clocks(tx, [row["case_id"] for row in rows], None)


def _hears(head: store.Head, move: Heard) -> bool:
    return move in MOVES[cast("State", head.state)]


async def _heads(tx: Tx, case_ids: Sequence[str]) -> dict[str, store.Head]:
    heads = await store.heads(tx, case_ids, SYSTEM)
    if len(heads) < len(set(case_ids)):
        raise Reject("the case's registration has not been applied here")
    return heads


async def _end_clocks(tx: Tx, case_ids: Sequence[str], kind: str | None) -> None:
    rows = await store.open_clocks(tx, case_ids, SYSTEM)
    await store.close_clocks(tx, [r for r in rows if kind is None or r.kind == kind], tx.now)
