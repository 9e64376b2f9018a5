"""A human judges otherwise than the policy: both are kept, and later facts can only raise it."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from triage.hearing import NOW, TOLD, heard, registered, supplemented

from fengqiao_chassis.store.tables import audit, outbox
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    AssessmentOverridden,
    CaseAssessed,
    ExpertReviewRequested,
    OverrideReleased,
    PersonalDataErased,
)
from fengqiao_triage import store

pytestmark = pytest.mark.thorough

RED = "他拿刀砍我，楼上漏水"
CALM = "楼上邻居漏水，希望赔偿。"
WHY = "已到现场核实，刀是厨房用具，双方已分开。"
URL = "/cases/c1/assessment/override"


def district(h: Harness) -> httpx.AsyncClient:
    return h.client("triage", role="district", areas=["510104"], id="leader")


def grades(facts: list[Any]) -> list[tuple[str, str]]:
    return [(f.grade, f.decided_by) for f in facts if isinstance(f, CaseAssessed)]


async def assessment(h: Harness) -> dict[str, Any]:
    found: dict[str, Any] = (await district(h).get("/cases/c1/assessment")).json()
    return found


async def replays(h: Harness) -> list[bool]:
    """Whether each assessment of c1 is computed again bit for bit."""
    count = (await assessment(h))["revision"]
    url = "/cases/c1/assessment/replay"
    found = [await district(h).get(url, params={"revision": n + 1}) for n in range(count)]
    return [answer.json()["same"] for answer in found]


async def test_an_override_is_kept_beside_what_the_policy_says(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    answer = await district(both).post(URL, json={"risk": "yellow", "reason": WHY})
    facts = await heard(both)

    assert answer.status_code == 201, answer.text
    assert answer.json()["policy_risk"] == "red"
    (told,) = [f for f in facts if isinstance(f, AssessmentOverridden)]
    assert (told.grade, told.policy_grade, told.revision) == ("yellow", "red", 2)
    assert told.pii is not None
    assert told.pii.text == WHY
    assert grades(facts) == [("red", "policy"), ("yellow", "human")]
    last = [f for f in facts if isinstance(f, CaseAssessed)][-1]
    assert (last.previous, last.policy_grade) == ("red", "red")
    view = await assessment(both)
    assert (view["risk"], view["decided_by"]) == ("yellow", "human")
    assert (view["by_policy"]["grade"], view["override"]["reason"]) == ("red", WHY)
    assert [r["decided_by"] for r in view["history"]] == ["human", "policy"]
    assert await replays(both) == [True, True]
    async with both.read("triage") as tx:
        entries = await tx.all(select(audit).where(audit.c.action == "assessment.override"))
    assert [(e.actor, e.subject, e.fields) for e in entries] == [("leader", "c1", ["risk"])]


async def test_a_later_run_leaves_the_human_his_word(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    await district(both).post(URL, json={"risk": "yellow", "reason": WHY})
    facts = await heard(
        both, supplemented("c1", "现在没有争吵了"), supplemented("c1", "物业来看过，欠三千元", 2)
    )

    assert [g for g, _ in grades(facts)] == ["red", "yellow", "yellow", "yellow"]
    assert all(await replays(both))


async def test_a_new_danger_raises_the_human_s_word_and_says_so(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    await district(both).post(URL, json={"risk": "blue", "reason": WHY})
    facts = await heard(
        both, supplemented("c1", "他扬言要砍死我全家"), supplemented("c1", "好了", 2)
    )

    assert [g for g, _ in grades(facts)] == ["blue", "blue", "red", "red"]
    view = await assessment(both)
    assert "override_raised" in [f["code"] for f in view["factors"]]
    assert view["override"]["raised"] == "red"
    assert len([f for f in facts if isinstance(f, ExpertReviewRequested)]) == 1
    assert all(await replays(both))


async def test_the_same_danger_said_again_after_the_override_is_new(both: Harness) -> None:
    await heard(both, registered("c1", "他扬言要砍死我全家，楼上漏水"))
    await district(both).post(URL, json={"risk": "yellow", "reason": WHY})
    facts = await heard(both, supplemented("c1", "昨晚他又说要砍死我"))

    assert [g for g, _ in grades(facts)] == ["red", "yellow", "red"]


async def test_a_human_may_raise_what_the_policy_calls_calm(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    answer = await both.client("triage", role="clerk", areas=["510104"]).post(
        URL, json={"risk": "red", "reason": "当事人在窗口哭诉不想活了"}
    )
    facts = await heard(both, supplemented("c1", "现在平静了"))

    assert answer.status_code == 201
    assert [g for g, _ in grades(facts)] == ["blue", "red", "red"]
    (asked,) = [f for f in facts if isinstance(f, ExpertReviewRequested)]
    assert "human_override" in asked.reasons


async def test_type_and_suitability_may_be_corrected_alone(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    await district(both).post(URL, json={"type": "16", "suitability": "J", "reason": WHY})
    view = await assessment(both)

    assert (view["type"]["code"], view["suitability"], view["risk"]) == ("16", "J", "blue")
    assert "accepted_elsewhere" in [s["rule"] for s in view["screening"]]
    assert view["by_policy"]["type"] != "16"
    assert all(await replays(both))


async def test_a_second_override_replaces_the_first(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    first = (await district(both).post(URL, json={"risk": "yellow", "reason": WHY})).json()
    second = (await district(both).post(URL, json={"risk": "red", "reason": WHY})).json()
    facts = await heard(both)

    released = [f for f in facts if isinstance(f, OverrideReleased)]
    assert [(f.override_id, f.replaced_by) for f in released] == [(first["id"], second["id"])]
    listed = (await district(both).get("/cases/c1/assessment/overrides")).json()["items"]
    assert [(o["risk"], o["released_by"]) for o in listed] == [("red", None), ("yellow", "leader")]


async def test_released_the_case_is_the_policy_s_again(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    await district(both).post(URL, json={"risk": "red", "reason": WHY})
    both.clock.set(NOW + timedelta(days=31))
    answer = await district(both).post(f"{URL}/release", json={"reason": "已经稳定，恢复规则评估"})
    facts = await heard(both)

    assert answer.status_code == 200
    assert answer.json()["release_reason"] is None, "an answer is kept for its key; words are not"
    assert grades(facts) == [("blue", "policy"), ("red", "human"), ("blue", "policy")]
    again = await district(both).post(f"{URL}/release", json={"reason": "再次撤销看看"})
    assert (again.status_code, again.json()["code"]) == (409, "no-override")
    assert all(await replays(both))


async def test_within_thirty_days_of_a_red_it_does_not_fall_below_yellow(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    refused = await district(both).post(URL, json={"risk": "blue", "reason": WHY})
    both.clock.set(NOW + timedelta(days=31))
    allowed = await district(both).post(URL, json={"risk": "blue", "reason": WHY})

    assert (refused.status_code, refused.json()["code"]) == (409, "below-floor")
    assert refused.json()["field"] == "risk"
    assert allowed.status_code == 201


async def test_a_clerk_does_not_lower_a_red(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    answer = await both.client("triage", role="clerk", areas=["510104"]).post(
        URL, json={"risk": "yellow", "reason": WHY}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "lowering-a-red")


async def test_two_at_once_are_one_after_the_other(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    leader = district(both)
    answers = await asyncio.gather(
        *[
            leader.post(URL, json={"risk": risk, "reason": WHY, "revision": 1})
            for risk in ("yellow", "red", "yellow", "red")
        ]
    )

    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"assessed-meanwhile"}
    async with both.read("triage") as tx:
        assert len(await tx.all(select(store.overrides))) == 1


async def test_without_a_revision_each_is_kept_and_one_holds(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    leader = district(both)
    await asyncio.gather(
        *[leader.post(URL, json={"risk": risk, "reason": WHY}) for risk in ("yellow", "red") * 4]
    )
    facts = await heard(both)

    async with both.read("triage") as tx:
        rows = await tx.all(select(store.overrides))
    assert len(rows) == 8
    assert len([row for row in rows if row.released_at is None]) == 1
    revisions = [f.revision for f in facts if isinstance(f, CaseAssessed)]
    assert revisions == list(range(1, 10))


async def test_the_same_key_overrides_once(both: Harness) -> None:
    await heard(both, registered("c1", CALM))
    body = {"risk": "yellow", "reason": WHY}
    key = {"Idempotency-Key": "k1"}
    first, second = [await district(both).post(URL, json=body, headers=key) for _ in range(2)]
    other = await district(both).post(URL, json={**body, "risk": "red"}, headers=key)

    assert first.json() == second.json()
    assert other.status_code == 409
    async with both.read("triage") as tx:
        assert len(await tx.all(select(store.overrides))) == 1


async def test_erasure_takes_the_reasons(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    await district(both).post(URL, json={"risk": "yellow", "reason": WHY})
    await heard(both, PersonalDataErased(case_id="c1", reason="r", erased_at=NOW))

    view = await assessment(both)
    assert (view["risk"], view["override"]["reason"]) == ("yellow", None)
    assert all(await replays(both))
    sealed = select(outbox.c.id).where(outbox.c.source == "/triage", outbox.c.pii.is_not(None))
    async with both.read("triage") as tx:
        assert not await tx.all(sealed), "a refill of the bus would bring the words back"


async def test_an_open_safety_question_raises_a_human_s_word_too_but_once(both: Harness) -> None:
    await heard(both, registered("c1", "楼上邻居漏水，听说他想自杀。"))
    await district(both).post(URL, json={"risk": "blue", "reason": WHY})
    for days in (4, 5, 9):
        both.clock.set(NOW + timedelta(days=days))
        await heard(both)
    facts = await heard(both, supplemented("c1", "今天去看了房子"))

    assert [g for g, _ in grades(facts)] == ["blue", "blue", "yellow", "yellow"]
    assert all(await replays(both))


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"reason": WHY}, 422, "risk"),
    ({"risk": "green", "reason": WHY}, 422, "risk"),
    ({"risk": "yellow"}, 422, "reason"),
    ({"risk": "yellow", "reason": "短"}, 422, "reason"),
    ({"risk": "yellow", "reason": WHY, "colour": 1}, 422, "colour"),
    ({"type": "77", "reason": WHY}, 422, "type"),
    ({"type": "x", "reason": WHY}, 422, "type"),
    ({"suitability": "Z", "reason": WHY}, 422, "suitability"),
    ({"risk": "none", "reason": WHY}, 422, "risk"),
    ({"risk": "yellow", "type": "00", "reason": WHY}, 422, "risk"),
    ({"risk": "yellow", "reason": WHY, "revision": 7}, 409, "revision"),
]


async def test_wrong_input_names_the_field(h: Harness, subtests: pytest.Subtests) -> None:
    await heard(h, registered("c1", CALM))
    for body, status, field in WRONG:
        with subtests.test(str(body)):
            answer = await district(h).post(URL, json=body)

            assert answer.status_code == status
            assert answer.json()["field"] == field
    assert (await assessment(h))["revision"] == 1


async def test_who_may_and_who_may_not(h: Harness) -> None:
    await heard(h, registered("c1", TOLD))
    body = {"risk": "red", "reason": WHY}

    async def status(role: str, area: str, case: str = "c1", **who: Any) -> int:
        client = h.client("triage", role=role, areas=[area], **who)
        return (await client.post(f"/cases/{case}/assessment/override", json=body)).status_code

    assert await status("district", "510105") == 409
    assert await status("city", "510100", "nobody") == 409
    assert await status("mediator", "510104", person="m1") == 403
    assert await status("auditor", "510100") == 403
    assert await status("partner", "510100", system="court") == 403
    assert await status("party", "510100", person="c1") == 403
    assert await status("clerk", "510104") == 201
    foreign = h.client("triage", role="district", areas=["510105"])
    assert (await foreign.get("/cases/c1/assessment/overrides")).status_code == 404
    auditor = h.client("triage", role="auditor", areas=["510100"])
    (seen,) = (await auditor.get("/cases/c1/assessment/overrides")).json()["items"]
    assert (seen["risk"], seen["reason"]) == ("red", None)
