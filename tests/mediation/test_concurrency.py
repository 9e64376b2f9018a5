"""Commands at the same moment: one wins, and dossier numbers stay without gap."""

from __future__ import annotations

import asyncio
from typing import Any


async def test_of_many_acceptances_of_one_case_exactly_one_wins(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    body = {"decision": "accept"}
    answers = await asyncio.gather(*(desk.post("acceptance", body) for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7
    codes = {a.json()["code"] for a in answers if a.status_code == 409}
    assert codes <= {"illegal-transition", "concurrent-change"}
    assert await desk.stated() == ["CaseAccepted"]


async def test_many_cases_accepted_at_once_are_numbered_without_gap(desk: Any) -> None:
    ids = [f"c{n}" for n in range(24)]
    for case_id in ids:
        await desk.register(case_id)
        await desk.assign(case_id)
    body = {"decision": "accept"}
    answers = await asyncio.gather(*(desk.done("acceptance", body, case_id=i) for i in ids))
    numbers = {answer["dossier_number"] for answer in answers}
    assert numbers == {f"(2026)锦江区人调字第{n}号" for n in range(1, 25)}


async def test_consent_and_refusal_at_once_leave_one_story(desk: Any) -> None:
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
