"""Commands at the same moment: one wins, and dossier numbers stay without gap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

type Story = Callable[[Any], Awaitable[None]]


async def one_wins(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    body = {"decision": "accept"}
    answers = await asyncio.gather(*(desk.post("acceptance", body) for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7
    codes = {a.json()["code"] for a in answers if a.status_code == 409}
    assert codes <= {"illegal-transition", "concurrent-change"}
    assert await desk.stated() == ["CaseAccepted"]


async def no_gap(desk: Any) -> None:
    ids = [f"c{n}" for n in range(24)]
    async with desk.together():
        for case_id in ids:
            await desk.register(case_id)
            await desk.assign(case_id)
    body = {"decision": "accept"}
    answers = await asyncio.gather(*(desk.done("acceptance", body, case_id=i) for i in ids))
    numbers = {answer["dossier_number"] for answer in answers}
    assert numbers == {f"(2026)锦江区人调字第{n}号" for n in range(1, 25)}


async def one_story(desk: Any) -> None:
    await desk.to_mediating()
    refusal = {"party_id": "b", "given": False}
    draft = {"form": "oral", "content": "和好", "obligations": []}
    stopped, agreed = await asyncio.gather(
        desk.post("consents", refusal), desk.post("agreements", draft)
    )
    shown = (await desk.get("/cases/c1/casework")).json()
    if stopped.status_code == 200:
        assert (agreed.status_code, shown["state"]) == (409, "terminated")
        assert shown["agreements"] == []
    else:
        assert (agreed.status_code, shown["state"]) == (201, "effective")
        assert shown["parties"][1]["consent"] == "given"


@pytest.mark.parametrize("story", [one_wins, no_gap, one_story])
async def test_at_the_same_moment_in_one_process(desk: Any, story: Story) -> None:
    await story(desk)


@pytest.mark.postgres
@pytest.mark.kafka
@pytest.mark.parametrize("story", [one_wins, no_gap, one_story])
async def test_at_the_same_moment_on_postgresql_and_kafka(far: Any, story: Story) -> None:
    await story(far)


@pytest.mark.postgres
@pytest.mark.kafka
async def test_a_life_with_clocks_on_postgresql_and_kafka(far: Any) -> None:
    made = await far.to_effective()
    far.h.clock.set(datetime(2026, 3, 20, 16, 0, tzinfo=UTC))
    assert (await far.stated())[-1] == "DeadlineMissed"
    listed = (await far.get("/overdue")).json()
    assert listed["counts"] == {"performance": 1}
    paid = {"obligation_id": made["obligation_ids"][0], "performed_on": "2026-03-21"}
    path = f"agreements/{made['agreement_id']}/performances"
    assert (await far.done(path, paid))["state"] == "performed"
    assert (await far.done("closing"))["outcome"] == "performed"
    assert (await far.done("archive"))["state"] == "archived"
    assert (await far.get("/desk")).json()["total"] == 0
