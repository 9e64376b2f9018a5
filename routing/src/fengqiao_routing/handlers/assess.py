"""Assessed cases get their outlet, unit and mediator; a later assessment changes no more than it must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Retry
from fengqiao_contracts.facts import CaseAssessed

from .. import store
from ..domain.ladder import Ladder
from ..domain.life import next_move
from ..domain.table import Table, Verdict
from ..store import Case
from .again import drain, jobs_again, place_again, units_held
from .desk import Desk, Job
from .placing import lock_for

WITHDRAWN_BY_ASSESSMENT = "regraded"
"""The code (table `withdrawal_reasons`) when another outlet became right."""


@dataclass(slots=True)
class _Sorted:
    """The jobs of a batch by what is to be done with them."""

    place: list[Job] = field(default_factory=list)
    again: list[Case] = field(default_factory=list)
    leave: list[Job] = field(default_factory=list)


async def route_cases(table: Table, tx: Tx, items: Sequence[Received[CaseAssessed]]) -> None:
    """Decide and carry out the move of every assessed case; raises Retry for an unknown case."""
    found = await store.lock_cases(tx, SYSTEM, [item.fact.case_id for item in items])
    desk, todo = Desk(tx, table), _Sorted()
    for item in items:
        case = found.get(item.fact.case_id)
        if case is None:
            raise Retry("assessed before it was registered here")
        if item.fact.revision > case.revision:
            _sort(desk, todo, case, item)
    causes = {item.fact.case_id: item for item in items}
    again = await jobs_again(desk, todo.again, causes) if todo.again else []
    freed = await units_held(desk, (job.case for job in todo.leave), causes)
    await lock_for(desk, [*todo.place, *again], freed)
    await _leave(desk, todo.leave)
    await place_again(desk, [*todo.place, *again])
    await desk.save()
    await drain(desk, freed)


def _sort(desk: Desk, todo: _Sorted, case: Case, item: Received[CaseAssessed]) -> None:
    before = (case.type, case.suitability, case.grade)
    fact = item.fact
    case.revision, case.type, case.grade = fact.revision, fact.type, fact.grade
    case.suitability = fact.suitability
    case.screening = [one.model_dump(mode="json") for one in fact.screening]
    verdict = desk.table.decide(case.dispute, fact.screening)
    job = Job(case, verdict, item)
    desk.touch(case)
    match next_move(case.standing, verdict):
        case "place" if case.state == "waiting":
            todo.again.append(case)
        case "place":
            todo.place.append(job)
        case "redirect":
            todo.leave.append(job)
        case "human":
            desk.wait(job, "human_decision", Ladder(()), verdict.alternatives)
        case "keep":
            if before != (case.type, case.suitability, case.grade) and case.state != "ended":
                desk.keep(job, _why_kept(case, verdict))


async def _leave(desk: Desk, jobs: Sequence[Job]) -> None:
    """Redirect; a mediator who was assigned is withdrawn first."""
    held = {job.case.case_id: job for job in jobs if job.case.state == "assigned"}
    if held:
        await store.end_assignments(desk.tx, SYSTEM, held, WITHDRAWN_BY_ASSESSMENT)
    for job in jobs:
        if job.case.case_id in held:
            desk.withdraw(job, WITHDRAWN_BY_ASSESSMENT)
        job.case.pinned = False
        desk.redirect(job)


def _why_kept(case: Case, verdict: Verdict) -> str:
    if case.state == "redirected":
        return "出口不变"
    if case.pinned:
        return "维持调度员的决定"
    if verdict.action == "mediate":
        return "承办单位和调解员不变，按新的等级处置"
    if verdict.action == "human":
        return "是否适宜调解不明确，已指派的调解员不变，由其核实"
    return "调委会已受理，由其依法决定是否终止调解（人民调解法第二十六条）"
