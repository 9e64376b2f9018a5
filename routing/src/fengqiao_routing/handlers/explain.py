"""The dry run: what the table would decide of a dispute that is no case."""

from __future__ import annotations

from fengqiao_chassis.store import ReadTx, Scope
from fengqiao_contracts.values import WaitReason

from .. import store
from ..domain.book import Book
from ..domain.choice import Want
from ..domain.ladder import Ladder
from ..domain.table import Dispute, Table
from ..views import Explanation, MediatorView, Step, unit_view
from .placing import units_for


async def explain(
    table: Table, tx: ReadTx, scope: Scope, dispute: Dispute, path: str
) -> Explanation:
    """The verdict, the ladder in the area `path`, and who would be chosen at this moment."""
    verdict = table.decide(dispute)
    units = await units_for(tx, scope, [path] if verdict.action == "mediate" else [])
    ladder = units.ladder(table, verdict.ladder, path, dispute.type)
    ids = {unit.id for rung in ladder.rungs for unit in rung.units}
    book = Book(await store.candidates(tx, scope, ids) if ids else ())
    seat = book.seat(ladder, Want(dispute.type, dispute.grade, path))
    passed = seat.passed if seat else book.full(ladder)
    others = (*seat.passed, *seat.others) if seat else passed
    steps = [
        Step(step=rung.step, units=[view for unit in rung.units if (view := unit_view(unit))])
        for rung in ladder.rungs
    ]
    return Explanation(
        action=verdict.action,
        outlet=verdict.outlet,
        rule=verdict.rule,
        source=verdict.source,
        table_version=table.version,
        reasons=[*verdict.reasons, *(seat.reasons if seat else ())],
        alternatives=list(others if verdict.action == "mediate" else verdict.alternatives),
        guidance=verdict.guidance,
        ladder=steps,
        unit=unit_view(seat.unit if seat else None),
        mediator=MediatorView(id=seat.mediator.id) if seat else None,
        waiting=None if seat else _wait_reason(verdict.action, ladder),
    )


def _wait_reason(action: str, ladder: Ladder) -> WaitReason | None:
    if action == "redirect":
        return None
    if action == "human":
        return "human_decision"
    return "no_mediator_free" if ladder.rungs else "no_unit"
