"""The desk: what one transaction decides about its cases, written and stated together at its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseRedirected,
    CaseRouted,
    CaseWaitlisted,
    Fact,
    MediatorAssigned,
)
from fengqiao_contracts.ids import derived_id
from fengqiao_contracts.values import Alternative, WaitReason

from .. import store
from ..domain.book import Seat
from ..domain.ladder import Ladder
from ..domain.table import Table, Verdict
from ..store import Case


@dataclass(slots=True)
class Job:
    """A case, what is said of it, and what made us look: the cause of every fact that follows.

    `ladder` is given where the units are bound: chosen by a dispatcher, by the acceptance of a
    committee, or by the place that has become free. `note` is the dispatcher's own words.
    """

    case: Case
    verdict: Verdict
    cause: Received[Any] | None
    ladder: Ladder | None = None
    actor: str | None = None
    note: str | None = None


@dataclass(slots=True)
class Desk:
    """Collects the rows of a transaction; `save` writes each table once."""

    tx: Tx
    table: Table
    changed: dict[str, Case] = field(default_factory=dict)
    assigned: list[dict[str, Any]] = field(default_factory=list)
    decided: list[dict[str, Any]] = field(default_factory=list)
    waits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)

    async def lock(self, unit_ids: Iterable[str]) -> None:
        """Nobody else takes, frees or waits for a place of these units until the commit."""
        more = set(unit_ids) - self.locked
        await store.lock_units(self.tx, SYSTEM, more)
        self.locked |= more

    async def save(self) -> None:
        """Write all that was decided since the last call."""
        await store.drop_waits(self.tx, self.leaving)
        await store.add_waits(self.tx, [row for rows in self.waits.values() for row in rows])
        await store.save_cases(self.tx, self.changed.values())
        await store.add_assignments(self.tx, self.assigned)
        await store.add_decisions(self.tx, self.decided)
        self.changed, self.assigned, self.decided, self.waits = {}, [], [], {}
        self.leaving = set()

    def touch(self, case: Case) -> None:
        """The case's row changed without a decision."""
        self.changed[case.case_id] = case

    def assign(self, job: Job, seat: Seat) -> None:
        """The place is taken: route the case to the unit, assign the mediator."""
        case, unit = job.case, seat.unit
        new_unit = case.unit_id != unit.id or not case.accepted
        self._leave_queue(case)
        case.state, case.outlet = "assigned", job.verdict.outlet
        case.unit_id, case.mediator = unit.id, seat.mediator.id
        reasons = (*job.verdict.reasons, f"承办单位：{unit.name}")
        self._decide(job, "assigned", (*reasons, *seat.reasons), (*seat.passed, *seat.others))
        case.assignment_id = derived_id("assignment", case.case_id, str(case.decision))
        if new_unit:
            self._state_routed(job, seat, reasons)
        fact = MediatorAssigned.model_construct(
            case_id=case.case_id,
            assignment_id=case.assignment_id,
            committee_id=unit.id,
            mediator_id=seat.mediator.id,
            grade=case.grade,
            registry_sequence=seat.mediator.sequence,
            reasons=seat.reasons,
            alternatives=seat.others,
            assigned_at=self.tx.now,
        )
        self._state(job, fact)
        self.assigned.append(_assignment(fact))

    def redirect(self, job: Job) -> None:
        """The case is not for mediation: name the outlet that is right, and how to get there."""
        case, verdict = job.case, job.verdict
        assert verdict.outlet is not None
        self._leave_queue(case)
        case.state, case.outlet = "redirected", verdict.outlet
        case.unit_id = case.mediator = case.assignment_id = None
        case.accepted = case.agreed = False
        self._decide(job, "redirected", verdict.reasons, verdict.alternatives)
        fact = CaseRedirected.model_construct(
            case_id=case.case_id,
            decision=case.decision,
            outlet=verdict.outlet,
            rule=verdict.rule,
            table_version=self.table.version,
            reasons=verdict.reasons,
            guidance=verdict.guidance,
            redirected_at=self.tx.now,
        )
        self._state(job, fact)

    def wait(
        self, job: Job, reason: WaitReason, ladder: Ladder, why: Iterable[Alternative]
    ) -> None:
        """Nobody may or can take the case now: it waits where all can see it.

        A case that waits already for the same reason and unit keeps its place in time.
        """
        case = job.case
        unit_id = ladder.rungs[0].units[0].id if ladder.rungs else None
        same = (case.state, case.wait_reason, case.unit_id) == ("waiting", reason, unit_id)
        since = case.waiting_since if same and case.waiting_since else self.tx.now
        self._leave_queue(case)
        case.state, case.wait_reason, case.waiting_since = "waiting", reason, since
        case.outlet, case.unit_id = job.verdict.outlet, unit_id
        case.mediator = case.assignment_id = None
        self.waits[case.case_id] = _waits(case, ladder)
        self.touch(case)
        if same:
            return
        self._decide(job, "waiting", job.verdict.reasons, why)
        fact = CaseWaitlisted.model_construct(
            case_id=case.case_id,
            decision=case.decision,
            reason=reason,
            unit_id=unit_id,
            waiting_since=since,
        )
        self._state(job, fact)

    def keep(self, job: Job, why: str) -> None:
        """A new verdict that changes nothing of the assignment: remembered, not stated."""
        self._decide(job, "kept", (*job.verdict.reasons, why), ())

    def withdraw(self, job: Job, reason: str) -> None:
        """The case's assignment ended before the case; its place is free already."""
        case = job.case
        assert case.assignment_id is not None
        assert case.mediator is not None
        fact = AssignmentWithdrawn.model_construct(
            case_id=case.case_id,
            assignment_id=case.assignment_id,
            mediator_id=case.mediator,
            reason=reason,
            withdrawn_at=self.tx.now,
        )
        case.state, case.mediator, case.assignment_id = "pending", None, None
        self.touch(case)
        self._state(job, fact)

    def end(self, case: Case) -> None:
        """The case ended: it neither waits nor holds a place."""
        self._leave_queue(case)
        case.state = "ended"
        self.touch(case)

    def _leave_queue(self, case: Case) -> None:
        if case.state == "waiting":
            self.leaving.add(case.case_id)
            self.waits.pop(case.case_id, None)
        case.wait_reason = case.waiting_since = None

    def _state_routed(self, job: Job, seat: Seat, reasons: tuple[str, ...]) -> None:
        case = job.case
        fact = CaseRouted.model_construct(
            case_id=case.case_id,
            decision=case.decision,
            outlet=job.verdict.outlet,
            unit_id=seat.unit.id,
            unit_kind=seat.unit.kind,
            type=case.type,
            grade=case.grade,
            rule=job.verdict.rule,
            table_version=self.table.version,
            reasons=reasons,
            alternatives=seat.passed,
            routed_at=self.tx.now,
        )
        self._state(job, fact)

    def _state(self, job: Job, fact: Fact) -> None:
        self.tx.state(fact, area=job.case.area_path, cause=job.cause, actor=job.actor)

    def _decide(
        self, job: Job, action: str, reasons: Iterable[str], alternatives: Iterable[Alternative]
    ) -> None:
        case = job.case
        case.decision += 1
        self.touch(case)
        row = {
            "case_id": case.case_id,
            "decision": case.decision,
            "action": action,
            "outlet": case.outlet,
            "unit_id": case.unit_id,
            "mediator_id": case.mediator,
            "type": case.type,
            "suitability": case.suitability,
            "grade": case.grade,
            "rule": job.verdict.rule,
            "table_version": self.table.version,
            "reasons": list(reasons),
            "alternatives": [{"id": one.id, "reason": one.reason} for one in alternatives],
            "guidance": job.verdict.guidance,
            "actor": job.actor,
            "note": job.note,
            "decided_at": self.tx.now,
        }
        self.decided.append(row)


def _assignment(fact: MediatorAssigned) -> dict[str, Any]:
    return {
        "assignment_id": fact.assignment_id,
        "case_id": fact.case_id,
        "committee_id": fact.committee_id,
        "mediator_id": fact.mediator_id,
        "grade": fact.grade,
        "registry_sequence": fact.registry_sequence,
        "assigned_at": fact.assigned_at,
        "live": True,
        "ended_at": None,
        "end_reason": None,
    }


def _waits(case: Case, ladder: Ladder) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for number, rung in enumerate(ladder.rungs):
        for unit in rung.units:
            rows.setdefault(
                unit.id,
                {
                    "case_id": case.case_id,
                    "unit_id": unit.id,
                    "rung": number,
                    "step": rung.step,
                    "urgency": case.urgency,
                    "since": case.waiting_since,
                },
            )
    return list(rows.values())
