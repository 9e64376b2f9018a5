"""Who may see a case here, and the erasure of its words."""

from __future__ import annotations

from collections.abc import Sequence

from fengqiao_chassis.bus import Received
from fengqiao_chassis.bus.outbox import forget as forget_stated
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    MediatorAssigned,
    PersonalDataErased,
    ReferralReceived,
)

from .. import store
from . import same


async def note_mediators(tx: Tx, items: Sequence[Received[MediatorAssigned]]) -> None:
    """The assigned mediator may see the case."""
    await store.note_mediators(tx, {i.fact.case_id: i.fact.mediator_id for i in items})


async def drop_mediators(tx: Tx, items: Sequence[Received[AssignmentWithdrawn]]) -> None:
    """A mediator whose assignment ended may see the case no more."""
    await store.drop_mediators(tx, {i.fact.case_id: i.fact.mediator_id for i in items})


async def note_referrers(tx: Tx, items: Sequence[Received[ReferralReceived]]) -> None:
    """A system that referred the case may see it."""
    await store.add_referrers(tx, SYSTEM, {i.fact.case_id: i.fact.system for i in items})


async def forget(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
    """Erase the words of these cases, here and in what was stated; assessments hold places only."""
    ids = [item.fact.case_id for item in items]
    await store.forget(tx, ids)
    await store.forget_reasons(tx, ids)
    await same.forget(tx, ids)
    for case_id in ids:
        await forget_stated(tx, case_id)
        tx.audit("triage.erase", case_id, fields=("personal_data",))
