"""Outcome counters, heard from the facts of routing and mediation; one statement per batch."""

from __future__ import annotations

from collections.abc import Sequence

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import Tx
from fengqiao_contracts.facts import (
    AgreementReached,
    AssignmentWithdrawn,
    CaseAccepted,
    CaseClosed,
    CaseRefused,
    CaseTerminated,
    MediatorAssigned,
)

from ..store import outcomes as store


async def note_assigned(tx: Tx, items: Sequence[Received[MediatorAssigned]]) -> None:
    """Open a row per assignment."""
    facts = [item.fact for item in items]
    rows = [
        (f.assignment_id, f.case_id, f.mediator_id, f.committee_id, f.assigned_at) for f in facts
    ]
    await store.assign(tx, rows)


async def note_withdrawn(tx: Tx, items: Sequence[Received[AssignmentWithdrawn]]) -> None:
    """Later facts of the case count for whoever is assigned next."""
    await store.withdraw(tx, [item.fact.assignment_id for item in items])


async def note_accepted(tx: Tx, items: Sequence[Received[CaseAccepted]]) -> None:
    """The committee accepted."""
    await store.mark(tx, "accepted", [item.fact.case_id for item in items])


async def note_refused(tx: Tx, items: Sequence[Received[CaseRefused]]) -> None:
    """The committee did not accept."""
    await store.mark(tx, "refused", [item.fact.case_id for item in items])


async def note_agreed(tx: Tx, items: Sequence[Received[AgreementReached]]) -> None:
    """The parties agreed; a case counts once, however many agreements it has."""
    await store.mark(tx, "agreed", [item.fact.case_id for item in items])


async def note_terminated(tx: Tx, items: Sequence[Received[CaseTerminated]]) -> None:
    """Mediation ended without agreement."""
    await store.mark(tx, "terminated", [item.fact.case_id for item in items])


async def note_closed(tx: Tx, items: Sequence[Received[CaseClosed]]) -> None:
    """The case is closed; performed where everything that was owed is done."""
    await store.mark(tx, "closed", [item.fact.case_id for item in items])
    performed = [item.fact.case_id for item in items if item.fact.outcome == "performed"]
    if performed:
        await store.mark(tx, "performed", performed)
