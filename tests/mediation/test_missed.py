"""Clocks that run out: stated once, listed while they last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseRedirected,
    DeadlineMissed,
)

pytestmark = pytest.mark.thorough

PATH = "/510100/510104/"
OWED = {"debtor": "b", "creditor": "a", "amount": "800.00", "due_on": "2026-03-20"}


async def missed(desk: Any) -> list[tuple[str, str]]:
    await desk.h.tick()
    await desk.h.settle()
    facts = [item.fact for item in await desk.h.facts("fengqiao.cases")]
    return [(f.kind, f.ref) for f in facts if isinstance(f, DeadlineMissed)]


async def test_each_clock_that_runs_out_is_stated_once_and_listed(desk: Any) -> None:
    await desk.register()
    await desk.assign(grade="red")
    desk.h.clock.advance(timedelta(minutes=29))
    assert await missed(desk) == []
    desk.h.clock.advance(timedelta(minutes=2))
    assert await missed(desk) == [("sign_for", "s-c1-m1")]
    listed = (await desk.get("/overdue")).json()
    assert (listed["total"], listed["items"][0]["kind"]) == (1, "sign_for")
    await desk.done("acceptance", {"decision": "accept"})
    assert (await desk.get("/overdue")).json()["total"] == 0
    desk.h.clock.set(datetime(2026, 4, 1, 15, 59, tzinfo=UTC))
    assert len(await missed(desk)) == 1
    desk.h.clock.set(datetime(2026, 4, 1, 16, 0, tzinfo=UTC))
    assert await missed(desk) == [("sign_for", "s-c1-m1"), ("term", "2026-04-01")]
    desk.h.clock.advance(timedelta(days=9))
    assert len(await missed(desk)) == 2
    assert (await desk.get("/overdue")).json()["counts"] == {"term": 1}


async def test_performance_and_confirmation_run_out_too(desk: Any) -> None:
    made = await desk.to_effective()
    desk.h.clock.set(datetime(2026, 3, 20, 16, 0, tzinfo=UTC))
    assert await missed(desk) == [("performance", made["obligation_ids"][0])]
    desk.h.clock.set(datetime(2026, 4, 1, 16, 0, tzinfo=UTC))
    assert ("confirmation", made["agreement_id"]) in await missed(desk)


async def test_an_extended_term_runs_out_on_its_new_day_only(desk: Any) -> None:
    await desk.to_mediating()
    one = await desk.post("extensions", {"due_on": "2026-04-10", "agreed_by": ["a"]})
    assert one.json()["code"] == "consent-missing"
    await desk.done("extensions", {"due_on": "2026-04-10", "agreed_by": ["a", "b"]})
    desk.h.clock.set(datetime(2026, 4, 5, tzinfo=UTC))
    assert await missed(desk) == []
    desk.h.clock.set(datetime(2026, 4, 10, 16, 0, tzinfo=UTC))
    assert await missed(desk) == [("term", "2026-04-10")]


async def test_a_higher_grade_shortens_the_time_to_sign(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    desk.h.clock.advance(timedelta(hours=1))
    assessed: dict[str, Any] = {"revision": 2, "suitability": "M", "score": 90, "confidence": 0.9}
    fact = CaseAssessed(
        case_id="c1",
        type="02",
        grade="red",
        policy_version="1",
        input_sha256="0" * 64,
        assessed_at=desk.h.clock.now(),
        **assessed,
    )
    await desk.h.state("triage", fact, area=PATH)
    await desk.h.settle()
    (clock,) = (await desk.get("/cases/c1/casework")).json()["clocks"]
    assert clock["due_at"].startswith("2026-03-02T05:30")
    desk.h.clock.advance(timedelta(minutes=31))
    assert [kind for kind, _ in await missed(desk)] == ["sign_for"]


async def test_a_redirected_case_leaves_the_desk_with_its_clocks(desk: Any) -> None:
    await desk.register()
    await desk.assign(grade="red")
    fact = CaseRedirected(
        case_id="c1",
        decision=2,
        outlet="police",
        rule="r",
        table_version="1",
        reasons=("criminal",),
        guidance="请报警",
        redirected_at=desk.h.clock.now(),
    )
    await desk.h.state("routing", fact, area=PATH)
    await desk.h.settle()
    desk.h.clock.advance(timedelta(days=1))
    assert await missed(desk) == []
    assert (await desk.get("/desk")).json()["total"] == 0
