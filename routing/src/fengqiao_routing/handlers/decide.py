"""A dispatcher decides: another outlet, a unit or a mediator, with his reason."""

from __future__ import annotations

from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, Tx
from fengqiao_contracts.errors import Conflict, Invalid, NotFound, NotHereYet

from .. import store
from ..domain.book import Book
from ..domain.choice import Candidate
from ..domain.human import Choice, check_choice, check_unit
from ..domain.ladder import Unit, only
from ..domain.table import Table, mediating
from ..store import Case
from ..views import RoutingView, routing_view
from .again import drain, units_held
from .desk import Desk, Job
from .placing import lock_for, place, seat_all

WITHDRAWN_BY_DISPATCHER = "dispatcher"
"""The code (table `withdrawal_reasons`) when a dispatcher moves a case."""


async def decide_routing(
    table: Table, tx: Tx, scope: Scope, actor: str, case_id: str, choice: Choice
) -> RoutingView:
    """Carry out the decision and answer the routing as it is now.

    Raises NotHereYet for a case unknown here or out of scope, Conflict where its state or a full
    mediator does not allow it, Invalid and NotFound naming the field.
    """
    found = await store.lock_cases(tx, scope, [case_id])
    if case_id not in found:
        raise case_not_here(command=True)
    case = found[case_id]
    check_choice(choice, case.standing, case.dispute)
    mediator = await _mediator(tx, scope, choice)
    unit = await _unit(tx, scope, choice, case, mediator)
    desk = Desk(tx, table)
    verdict = table.by_human(choice.outlet, case.dispute)
    job = Job(case, verdict, None, actor=actor, note=choice.reason)
    job.ladder = only(unit) if unit is not None else None
    freed = await units_held(desk, [case], {})
    await lock_for(desk, [job] if mediating(choice.outlet) else [], freed)
    await _withdraw(desk, job, mediator)
    case.pinned = True
    if not mediating(choice.outlet):
        desk.redirect(job)
    elif mediator is not None:
        await _give(desk, job, mediator)
    else:
        await place(desk, [job])
    await desk.save()
    tx.audit("routing.decide", case_id, fields=("outlet", "unit_id", "mediator_id"))
    await drain(desk, freed)
    return await view_of(table, tx, scope, case_id)


async def view_of(table: Table, tx: ReadTx, scope: Scope, case_id: str) -> RoutingView:
    """The case's routing; raises NotHereYet."""
    row = await store.find_case(tx, scope, case_id)
    if row is None:
        raise case_not_here(command=False)
    units = await store.units_named(tx, SYSTEM, [row.unit_id]) if row.unit_id else {}
    decisions = await store.history(tx, scope, case_id)
    return routing_view(row, decisions, units.get(row.unit_id or ""), table.version)


def case_not_here(*, command: bool) -> NotHereYet:
    """404 to reads, 409 to commands: the case is unknown here, or not the caller's."""
    return NotHereYet(
        "not-here-yet",
        "分流环节还没有这个案件，请稍后再试",
        "routing has not met this case yet: try again shortly",
        status=409 if command else 404,
    )


async def _mediator(tx: Tx, scope: Scope, choice: Choice) -> Candidate | None:
    if choice.mediator_id is None:
        return None
    found = await store.candidates_named(tx, scope, [choice.mediator_id])
    if not found:
        raise NotFound(
            "unknown-mediator",
            "没有这名调解员：请核对 mediator_id",
            "there is no such mediator: check mediator_id",
            "mediator_id",
        )
    if not found[0].assignable:
        raise Conflict(
            "mediator-not-assignable",
            "该调解员已停止指派：请另选调解员",
            "this mediator takes no cases now: choose another",
            "mediator_id",
        )
    return found[0]


async def _unit(
    tx: Tx, scope: Scope, choice: Choice, case: Case, mediator: Candidate | None
) -> Unit | None:
    unit_id = choice.unit_id or (mediator.unit_id if mediator else None)
    if unit_id is None and case.accepted and mediating(choice.outlet):
        unit_id = case.unit_id
    if unit_id is None:
        return None
    if mediator is not None and mediator.unit_id != unit_id:
        raise Invalid(
            "mediator-of-another-unit",
            "该调解员不属于所选调委会：请核对 unit_id 和 mediator_id",
            "the mediator does not belong to the unit: check unit_id and mediator_id",
            "mediator_id",
        )
    found = await store.units_on(tx, scope, (), ids=[unit_id])
    if not found:
        raise NotFound(
            "unknown-unit",
            "没有这个在册的调委会：请核对 unit_id",
            "there is no such active committee: check unit_id",
            "unit_id",
        )
    check_unit(case.standing, case.unit_id, unit_id)
    return found[0]


async def _withdraw(desk: Desk, job: Job, mediator: Candidate | None) -> None:
    case = job.case
    if case.state != "assigned":
        return
    if mediator is not None and case.mediator == mediator.id:
        raise Conflict(
            "already-assigned",
            "案件已经由该调解员承办",
            "this mediator has the case already",
            "mediator_id",
        )
    await store.end_assignments(desk.tx, SYSTEM, [case.case_id], WITHDRAWN_BY_DISPATCHER)
    desk.withdraw(job, WITHDRAWN_BY_DISPATCHER)


async def _give(desk: Desk, job: Job, mediator: Candidate) -> None:
    if await seat_all(desk, Book([mediator]), [job]):
        raise Conflict(
            "mediator-full",
            "该调解员在办案件已达上限：请另选调解员，或者只选调委会排队等候",
            "this mediator's capacity is used up: choose another, or only the unit and wait there",
            "mediator_id",
        )
