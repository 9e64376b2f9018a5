"""A human's word, answers and a bureau's policy, through the door to every service that acts on them."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
from flow.desk import Dispute, Stack, register

from fengqiao_triage.rules import POLICY

UNCLEAR = "有事"
WHY = "已电话核实：楼上楼下漏水，双方都愿意调解。"


async def until_routed(case: Dispute, **wanted: Any) -> dict[str, Any]:
    end = time.monotonic() + 30
    while True:
        found = await case.get("/routing")
        if all(found[name] == value for name, value in wanted.items()):
            return found
        assert time.monotonic() < end, f"{found} is not {wanted}"
        await asyncio.sleep(0.05)


async def test_a_human_s_word_routes_a_case_that_waited_for_a_human(
    client: httpx.AsyncClient,
) -> None:
    case = await register(client, UNCLEAR, parties=[], amount=None)
    waiting = await case.until(status="waiting")
    assert waiting["waiting_reason"] == "human_decision"

    done = await case.do(
        "assessment/override", type="02", suitability="M", risk="yellow", reason=WHY
    )
    assert done["policy_suitability"] == "U"

    await until_routed(case, state="assigned", outlet="mediation")
    seen = await case.until(status="assigned", risk="yellow", suitability="M", type="02")
    assert seen["mediator_id"]
    names = await case.timeline()
    assert "assessment.overridden" in names


async def test_a_human_s_red_reaches_register_routing_numbers_and_the_pull(
    client: httpx.AsyncClient,
) -> None:
    case = await register(client)
    await case.until_assigned()
    before = await _reds(client)

    await case.do("assessment/override", risk="red", reason=WHY)

    await case.until(risk="red")
    end = time.monotonic() + 30
    while not any(d["grade"] == "red" for d in (await case.get("/routing"))["history"]):
        assert time.monotonic() < end, "routing never heard of it"
        await asyncio.sleep(0.05)
    assert (await case.get("/routing"))["state"] == "assigned"
    end = time.monotonic() + 30
    while await _reds(client) != before + 1:
        assert time.monotonic() < end, "the numbers never heard of it"
        await asyncio.sleep(0.1)
    facts = await _facts(client, case.id)
    last = [f for f in facts if f["type"] == "case.assessed.v1"][-1]["data"]
    assert (last["grade"], last["decided_by"], last["previous"]) == ("red", "human", "blue")
    assert WHY not in json.dumps(facts, ensure_ascii=False)


async def _reds(client: httpx.AsyncClient) -> int:
    numbers = (await client.get("/stats/overview")).json()["grade"]
    return sum(row["n"] for row in numbers if row["code"] == "red")


async def _facts(client: httpx.AsyncClient, case_id: str) -> list[dict[str, Any]]:
    """The case's facts as they are pulled, once the request for experts is among them."""
    end = time.monotonic() + 30
    found: list[dict[str, Any]] = []
    after = ""
    while "expert_review.requested.v1" not in [f["type"] for f in found]:
        assert time.monotonic() < end, [f["type"] for f in found]
        page = (await client.get("/facts", params={"limit": 500, "after": after})).json()
        found += [f for f in page["facts"] if f["data"].get("case_id") == case_id]
        after = page["next"]
    return found


async def test_a_party_answers_a_safety_question_and_the_case_is_red(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    case = await register(client, "楼上邻居漏水，听说他想自杀。")
    await case.get("/assessment")
    number = (await case.get())["number"]
    async with httpx.AsyncClient(base_url=f"{stack.url}/v1", timeout=60, trust_env=False) as party:
        answer = await party.post("/auth/party", json={"number": number, "code": case.code})
        party.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        own = Dispute(party, case.id)
        asked = await own.get("/questions")
        assert asked["questions"][0]["code"] == "safety_selfharm"
        said = {"question": "safety_selfharm", "says": "danger", "text": "他昨晚写了遗书"}
        assert (await own.do("answers", answers=[said]))["number"] == 1
        hidden = await party.post(f"/cases/{case.id}/assessment/override", json={"risk": "blue"})
        assert hidden.status_code in {403, 404}

    await case.until(risk="red")
    view = await case.get("/assessment")
    (factor,) = [f for f in view["factors"] if f["code"] == "selfharm"]
    assert "他昨晚写了遗书" in [e["text"] for e in factor["evidence"]]
    supplements = (await case.get())["supplement_list"]
    assert [(s["kind"], s["text"]) for s in supplements] == [("answer", "他昨晚写了遗书")]


async def test_a_bureau_changes_the_rules_by_the_command_line_alone(
    stack: Stack, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    case = await register(client)
    old = await case.get("/assessment")
    file, changes = tmp_path / "new.yaml", tmp_path / "changes.jsonl"
    version = f"policy-{stack.mode}"

    stack.fengqiao("triage", "policy", "export", POLICY, "--out", str(file))
    text = file.read_text("utf-8").replace(POLICY, version, 1)
    file.write_text(text.replace("{red: 60, yellow: 30}", "{red: 60, yellow: 1}"), "utf-8")
    assert version in stack.fengqiao("triage", "policy", "validate", str(file))
    said = stack.fengqiao("triage", "backtest", "--policy", str(file), "--out", str(changes))
    assert "change colour" in said
    lines = [json.loads(line) for line in changes.read_text("utf-8").splitlines()]
    (mine,) = [line for line in lines if line["case_id"] == case.id]
    assert (mine["before"], mine["after"]) == ("blue", "yellow")
    stack.fengqiao("triage", "policy", "upload", str(file), "--note", "一分即为黄色")
    stack.fengqiao("triage", "policy", "activate", version, "--reason", "局务会决定")
    assert version in stack.fengqiao("triage", "policy", "list")

    later = await register(client)
    seen = await later.get("/assessment")
    assert (seen["risk"], seen["policy_version"]) == ("yellow", version)
    assert (await case.get("/assessment"))["risk"] == old["risk"] == "blue"
    assert "same answer" in stack.fengqiao("triage", "replay", "--case", case.id)
    assert "same answer" in stack.fengqiao("triage", "replay", "--case", later.id)
    stack.fengqiao("triage", "policy", "activate", POLICY, "--reason", "恢复出厂规则")
