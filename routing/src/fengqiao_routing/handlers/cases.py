"""The life of a case around routing: registered, referred, accepted, agreed, ended, erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Retry
from fengqiao_contracts.facts import (
    AgreementReached,
    CaseAccepted,
    CaseClosed,
    CaseRefused,
    CaseRegistered,
    CaseTerminated,
    PersonalDataErased,
    ReferralReceived,
)

from .. import store
from ..domain.table import URGENCY, Table
from ..store import Case
from .again import drain, look_again, units_held
from .desk import Desk

type Ending = CaseRefused | CaseTerminated | CaseClosed


async def remember_cases(tx: Tx, items: Sequence[Received[CaseRegistered]]) -> None:
    """Enter registered cases: area, channel and who may see them."""
    await store.add_cases(tx, [_row(item.fact) for item in items])


async def note_referrers(table: Table, tx: Tx, items: Sequence[Received[ReferralReceived]]) -> None:
    """A system that referred the case may see it; a waiting case that we held is offered again."""
    systems = {item.fact.case_id: item.fact.system for item in items}
    await _known(tx, systems)
    await store.add_referrers(tx, SYSTEM, systems)
    desk = Desk(tx, table)
    await look_again(desk, systems, {item.fact.case_id: item for item in items})
    await desk.save()


async def note_acceptances(tx: Tx, items: Sequence[Received[CaseAccepted]]) -> None:
    """From now on the case belongs to the committee that accepted it."""
    found = await _known(tx, [item.fact.case_id for item in items])
    for item in items:
        case = found[item.fact.case_id]
        if case.state not in ("redirected", "ended"):
            case.accepted = True
            case.unit_id = item.fact.committee_id if case.state == "assigned" else case.unit_id
    await store.save_cases(tx, found.values())


async def note_agreements(tx: Tx, items: Sequence[Received[AgreementReached]]) -> None:
    """The parties agreed: no assessment takes the case away from its mediator any more."""
    found = await _known(tx, [item.fact.case_id for item in items])
    for case in found.values():
        case.agreed = True
    await store.save_cases(tx, found.values())


async def end_cases(table: Table, tx: Tx, items: Sequence[Received[Any]]) -> None:
    """Free the places of ended cases, each once, and give them to those who wait."""
    causes = {item.fact.case_id: item for item in items}
    found = await _known(tx, causes)
    desk = Desk(tx, table)
    freed = await units_held(desk, found.values(), causes)
    await desk.lock(freed)
    await store.end_assignments(tx, SYSTEM, causes, "ended")
    for case in found.values():
        if case.state != "ended":
            desk.end(case)
    await desk.save()
    await drain(desk, freed)


async def erase_notes(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
    """Erase what dispatchers wrote about these cases: the only personal words kept here."""
    await store.forget_notes(tx, [item.fact.case_id for item in items])


async def _known(tx: Tx, case_ids: Sequence[str] | dict[str, Any]) -> dict[str, Case]:
    found = await store.lock_cases(tx, SYSTEM, case_ids)
    if len(found) < len(case_ids):
        raise Retry("the case was not registered here yet")
    return found


def _row(fact: CaseRegistered) -> dict[str, Any]:
    return {
        "case_id": fact.case_id,
        **store.access(fact),
        "number": fact.number,
        "channel": fact.channel,
        "received_at": fact.received_at,
        "type": None,
        "suitability": None,
        "grade": None,
        "urgency": len(URGENCY),
        "screening": [],
        "state": "pending",
        "outlet": None,
        "unit_id": None,
        "assignment_id": None,
        "wait_reason": None,
        "waiting_since": None,
        "accepted": False,
        "agreed": False,
        "pinned": False,
    }
