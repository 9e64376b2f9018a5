"""Outcome counters, heard from the facts of routing and mediation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fengqiao_contracts.facts import (
    AgreementReached,
    AssignmentWithdrawn,
    CaseAccepted,
    CaseClosed,
    CaseRefused,
    CaseTerminated,
    Fact,
    MediatorAssigned,
)

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _assigned(case: str, assignment: str, mediator: dict[str, Any]) -> Fact:
    return MediatorAssigned(
        case_id=case,
        assignment_id=assignment,
        committee_id=mediator["committee_id"],
        mediator_id=mediator["id"],
        grade="blue",
        registry_sequence=1,
        reasons=(),
        assigned_at=AT,
    )


def _withdrawn(case: str, assignment: str, mediator: dict[str, Any]) -> Fact:
    return AssignmentWithdrawn(
        case_id=case,
        assignment_id=assignment,
        mediator_id=mediator["id"],
        reason="recusal",
        withdrawn_at=AT,
    )


def _accepted(case: str, mediator: dict[str, Any]) -> Fact:
    return CaseAccepted(
        case_id=case,
        committee_id=mediator["committee_id"],
        mediator_id=mediator["id"],
        dossier_number=case,
        accepted_at=AT,
        term_due_on=AT.date(),
    )


def _agreed(case: str, agreement: str) -> Fact:
    return AgreementReached(
        case_id=case,
        agreement_id=agreement,
        number=agreement,
        form="oral",
        obligations=(),
        reached_at=AT,
    )


async def _hear(desk: Any, source: str, *facts: Fact) -> None:
    for fact in facts:
        await desk.harness.state(source, fact, area="/510100/")
    await desk.harness.settle()


async def _outcomes(desk: Any, path: str) -> dict[str, int]:
    counts = (await desk.city.get(path)).json()["outcomes"]
    return {name: count for name, count in counts.items() if count}


async def test_a_case_that_moves_on_counts_for_whom_it_moved_to(desk: Any) -> None:
    first = await desk.admitted(0)
    second = await desk.admitted(1, committee_id=first["committee_id"])
    await _hear(desk, "routing", _assigned("c1", "a1", first), _withdrawn("c1", "a1", first))
    await _hear(desk, "routing", _assigned("c1", "a2", second))
    await _hear(desk, "mediation", _accepted("c1", second), _agreed("c1", "g1"))
    closed = CaseClosed(case_id="c1", outcome="performed", closed_at=AT)
    await _hear(desk, "mediation", closed)
    assert await _outcomes(desk, f"/mediators/{first['id']}") == {"assigned": 1, "withdrawn": 1}
    assert await _outcomes(desk, f"/mediators/{second['id']}") == {
        "assigned": 1,
        "accepted": 1,
        "agreed": 1,
        "performed": 1,
        "closed": 1,
    }
    committee = await _outcomes(desk, f"/committees/{first['committee_id']}")
    assert (committee["assigned"], committee["closed"]) == (2, 1)


async def test_several_agreements_of_a_case_are_one_success(desk: Any) -> None:
    mediator = await desk.admitted()
    await _hear(desk, "routing", _assigned("c1", "a1", mediator))
    await _hear(desk, "mediation", _agreed("c1", "g1"), _agreed("c1", "g2"))
    assert (await _outcomes(desk, f"/mediators/{mediator['id']}"))["agreed"] == 1


async def test_a_case_without_agreement_is_no_success(desk: Any) -> None:
    mediator = await desk.admitted()
    for case in ("c1", "c2"):
        await _hear(desk, "routing", _assigned(case, f"a-{case}", mediator))
    refused = CaseRefused(
        case_id="c1",
        committee_id=mediator["committee_id"],
        reason="out_of_scope",
        guidance="",
        refused_at=AT,
    )
    terminated = CaseTerminated(case_id="c2", reason="impasse", guidance="", terminated_at=AT)
    closed = CaseClosed(case_id="c2", outcome="terminated", closed_at=AT)
    await _hear(desk, "mediation", refused, terminated, closed)
    assert await _outcomes(desk, f"/mediators/{mediator['id']}") == {
        "assigned": 2,
        "refused": 1,
        "terminated": 1,
        "closed": 1,
    }


async def test_cases_of_nobody_are_passed_over(desk: Any) -> None:
    mediator = await desk.admitted()
    await _hear(desk, "mediation", _accepted("unknown", mediator), _agreed("unknown", "g"))
    assert await _outcomes(desk, f"/mediators/{mediator['id']}") == {}
