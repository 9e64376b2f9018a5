"""A bureau changes the rules without a programmer: bring in, try on stored cases, activate."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select
from triage.hearing import NOW, TOLD, heard, registered, supplemented

from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.tables import audit
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseAssessed
from fengqiao_triage import store
from fengqiao_triage.handlers import in_force
from fengqiao_triage.rules import POLICY, text_of

pytestmark = pytest.mark.thorough

CALM = "楼上邻居漏水，希望赔偿。"
RED = "他拿刀砍我，楼上漏水"
SHIPPED = text_of(POLICY)
STRICT = SHIPPED.replace(f"version: {POLICY}", "version: policy-strict", 1).replace(
    "{red: 60, yellow: 30}", "{red: 30, yellow: 5}", 1
)
"""Red from 30 points: what the shipped policy calls yellow."""
NOTE = {"note": "30 分即为红色"}
WHY = {"reason": "局务会 2026 年第 9 次会议决定"}


def steward(h: Harness) -> httpx.AsyncClient:
    return h.client("triage", role="admin", areas=["510100"], id="steward")


async def bring_in(h: Harness, yaml: str = STRICT) -> httpx.Response:
    return await steward(h).post("/policies", json={"yaml": yaml, **NOTE})


async def activate(h: Harness, version: str = "policy-strict", **when: Any) -> httpx.Response:
    return await steward(h).post(f"/policies/{version}/activate", json={**WHY, **when})


def graded(facts: list[Any]) -> list[tuple[str, str]]:
    return [(f.grade, f.policy_version) for f in facts if isinstance(f, CaseAssessed)]


async def test_from_the_activation_on_cases_are_assessed_by_the_new_policy(both: Harness) -> None:
    await heard(both, registered("c1", TOLD))
    brought = await bring_in(both)
    assert brought.status_code == 201, brought.text
    assert brought.json()["sha256"] == hashlib.sha256(STRICT.strip().encode()).hexdigest()
    assert (await activate(both)).status_code == 201

    facts = await heard(both, registered("c2", TOLD), supplemented("c1", "物业来看过"))
    assert sorted(graded(facts)) == [
        ("red", "policy-strict"),
        ("red", "policy-strict"),
        ("yellow", POLICY),
    ]
    url = "/cases/c1/assessment/replay"
    for revision in (1, 2):
        answer = (await steward(both).get(url, params={"revision": revision})).json()
        assert answer["same"]
    async with both.read("triage") as tx:
        entries = await tx.all(select(audit).where(audit.c.action.like("policy.%")))
    assert [(e.action, e.subject, e.actor) for e in entries] == [
        ("policy.add", "policy-strict", "steward"),
        ("policy.activate", "policy-strict", "steward"),
    ]


async def test_an_activation_waits_for_its_time_and_the_way_back_is_an_activation(
    both: Harness,
) -> None:
    await bring_in(both)
    later = NOW + timedelta(days=1)
    await activate(both, active_from=later.isoformat())
    before = await heard(both, registered("c1", TOLD))
    both.clock.set(later)
    after = await heard(both, registered("c2", TOLD))
    await activate(both, POLICY)
    back = await heard(both, registered("c3", TOLD))

    assert graded(before) == [("yellow", POLICY)]
    assert min(graded(after)) == ("red", "policy-strict")
    assert sorted(graded(back)) == [
        ("red", "policy-strict"),
        ("yellow", POLICY),
        ("yellow", POLICY),
    ]


async def test_every_surface_follows_the_policy_in_force(both: Harness) -> None:
    await heard(both, registered("c1", TOLD))
    await bring_in(both)
    await activate(both)
    dry = (await steward(both).post("/analyze", json={"text": TOLD})).json()
    leader = both.client("triage", role="city", areas=["510100"])
    body = {"suitability": "M", "reason": "双方都愿意调解"}
    await leader.post("/cases/c1/assessment/override", json=body)

    assert (dry["risk"], dry["policy_version"]) == ("red", "policy-strict")
    assert graded(await heard(both)) == [("yellow", POLICY), ("red", "policy-strict")]
    view = (await leader.get("/cases/c1/assessment")).json()
    assert [r["policy_version"] for r in view["history"]] == ["policy-strict", POLICY]
    assert (await leader.get("/cases/c1/questions")).json()["questions"]


async def test_another_replica_reads_it_from_the_database(both: Harness) -> None:
    await bring_in(both)
    await activate(both)
    in_force._parsed.clear()  # a process that has not seen this policy yet

    assert graded(await heard(both, registered("c1", TOLD))) == [("red", "policy-strict")]


async def test_the_list_tells_what_holds_and_who_decided(both: Harness) -> None:
    await bring_in(both)
    await activate(both, active_from=(NOW + timedelta(days=2)).isoformat())
    client = both.client("triage", role="clerk", areas=["510104"])
    found = (await client.get("/policies")).json()

    assert found["in_force"] == POLICY
    heads = {item["version"]: item for item in found["items"]}
    assert (heads[POLICY]["origin"], heads[POLICY]["in_force"]) == ("release", True)
    assert heads["policy-strict"]["uploaded_by"] == "steward"
    (one,) = found["activations"]
    assert (one["version"], one["activated_by"], one["reason"]) == (
        "policy-strict", "steward", WHY["reason"],
    )  # fmt: skip
    exported = (await client.get("/policies/policy-strict")).json()
    assert exported["yaml"] == STRICT.strip()
    assert (await client.get(f"/policies/{POLICY}")).json()["yaml"] == SHIPPED
    assert (await client.get("/policies/policy-none")).status_code == 404


async def test_a_back_test_says_who_changes_colour_and_why_and_writes_nothing(
    both: Harness,
) -> None:
    cases = {"c1": TOLD, "c2": CALM, "c3": RED, "c4": TOLD, "c5": TOLD}
    await heard(both, *[registered(case, text) for case, text in cases.items()])
    await heard(both, supplemented("c4", "他扬言要砍死我"))
    found = (await steward(both).post("/policies/backtest", json={"yaml": STRICT})).json()

    assert (found["total"], found["examined"], found["next"]) == (5, 5, None)
    assert found["counts"] == {"yellow": {"red": 2}, "blue": {"blue": 1}, "red": {"red": 2}}
    assert [(c["case_id"], c["before"], c["after"]) for c in found["changes"]] == [
        ("c1", "yellow", "red"),
        ("c5", "yellow", "red"),
    ]
    async with both.read("triage") as tx:
        assert await tx.all(select(store.policies)) == []
        assert len(await tx.all(select(store.assessments))) == 6


async def test_a_back_test_names_the_factors_that_make_the_difference(both: Harness) -> None:
    await heard(both, registered("c1", RED))
    milder = STRICT.replace("  - {code: violence, ", "  - {code: violence_seen, ", 1)
    dropped = SHIPPED.replace(f"version: {POLICY}", "version: policy-mild", 1)
    dropped = "".join(
        line
        for line in dropped.splitlines(keepends=True)
        if "{code: violence," not in line and "{code: threat," not in line
    )
    (change,) = (await steward(both).post("/policies/backtest", json={"yaml": dropped})).json()[
        "changes"
    ]
    same = (await steward(both).post("/policies/backtest", json={"yaml": milder})).json()

    assert (change["before"], change["after"]) == ("red", "blue")
    assert "violence" in change["lost"]
    assert same["changes"] == []


async def test_a_back_test_goes_page_by_page_through_all(both: Harness) -> None:
    await heard(both, *[registered(f"c{n:03}", TOLD) for n in range(25)])
    await bring_in(both)
    seen: list[str] = []
    after = None
    for _ in range(9):
        body = {"version": "policy-strict", "limit": 10, **({"after": after} if after else {})}
        page = (await steward(both).post("/policies/backtest", json=body)).json()
        seen += [c["case_id"] for c in page["changes"]]
        if (after := page["next"]) is None:
            break

    assert seen == [f"c{n:03}" for n in range(25)]


async def test_a_human_s_word_stands_in_a_back_test_too(both: Harness) -> None:
    await heard(both, registered("c1", TOLD))
    leader = both.client("triage", role="city", areas=["510100"])
    body = {"risk": "blue", "reason": "双方已经和解，等待签字"}
    assert (await leader.post("/cases/c1/assessment/override", json=body)).status_code == 201
    found = (await steward(both).post("/policies/backtest", json={"yaml": STRICT})).json()

    assert [(c["before"], c["after"], c["decided_by"]) for c in found["changes"]] == [
        ("blue", "red", "human")
    ]


async def test_validation_tells_field_line_and_remedy(h: Harness) -> None:
    client = steward(h)
    wrong = STRICT.replace("red: 30", "red: much", 1)
    found = (await client.post("/policies/validate", json={"yaml": wrong})).json()
    refused = await client.post("/policies", json={"yaml": wrong, **NOTE})
    tried = await client.post("/policies/backtest", json={"yaml": wrong})

    assert found["valid"] is False
    (issue,) = found["issues"]
    assert (issue["field"], issue["zh"], issue["en"]) == (
        "thresholds.red", "应为整数", "must be an integer",
    )  # fmt: skip
    assert issue["line"] == 1 + STRICT[: STRICT.index("thresholds: ")].count("\n")
    for answer in (refused, tried):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-policy")
        assert answer.json()["field"] == "yaml"
        assert answer.json()["errors"][0]["line"] == issue["line"]
    good = (await client.post("/policies/validate", json={"yaml": STRICT})).json()
    assert (good["valid"], good["issues"], good["version"]) == (True, [], "policy-strict")


async def test_a_version_is_never_changed(h: Harness) -> None:
    assert (await bring_in(h)).status_code == 201
    again = await bring_in(h)
    other = await bring_in(h, STRICT.replace("red: 30", "red: 31", 1))
    shipped = await bring_in(h, SHIPPED)

    assert (again.status_code, again.json()["version"]) == (201, "policy-strict")
    for answer in (other, shipped):
        assert (answer.status_code, answer.json()["code"]) == (409, "version-taken")
    async with h.read("triage") as tx:
        assert len(await tx.all(select(store.policies))) == 1


async def test_an_activation_of_the_past_or_of_nothing_is_refused(h: Harness) -> None:
    await bring_in(h)
    past = await activate(h, active_from=(NOW - timedelta(minutes=1)).isoformat())
    nothing = await activate(h, "policy-none")

    assert (past.status_code, past.json()["field"]) == (422, "active_from")
    assert (nothing.status_code, nothing.json()["field"]) == (404, "version")
    assert (await activate(h, "..")).status_code in (404, 405, 422)
    async with h.read("triage") as tx:
        assert await tx.all(select(store.policy_activations)) == []


async def test_activations_at_once_are_counted_without_a_gap(both: Harness) -> None:
    await bring_in(both)
    answers = await asyncio.gather(*[activate(both) for _ in range(6)])

    assert {a.status_code for a in answers} <= {201, 409}
    kept = sorted(a.json()["number"] for a in answers if a.status_code == 201)
    assert kept == list(range(1, len(kept) + 1))


async def test_the_same_key_activates_once(h: Harness) -> None:
    await bring_in(h)
    url, key = "/policies/policy-strict/activate", {"Idempotency-Key": "k"}
    first, second = [await steward(h).post(url, json=WHY, headers=key) for _ in range(2)]

    assert first.json() == second.json()
    async with h.read("triage") as tx:
        assert len(await tx.all(select(store.policy_activations))) == 1


async def test_a_policy_that_is_gone_is_told_not_guessed(h: Harness) -> None:
    await bring_in(h)
    await activate(h)
    await heard(h, registered("c1", TOLD))

    async def lose(tx: Tx) -> None:
        await tx.run(delete(store.policies))

    await h.write("triage", lose)
    answer = await steward(h).get("/cases/c1/assessment/replay")
    assert (answer.status_code, answer.json()["code"]) == (409, "rules-gone")


@pytest.mark.parametrize(
    ("role", "area", "reads", "changes"),
    [
        ("admin", "510100", 200, 200),
        ("city", "510100", 200, 200),
        ("city", "510104", 200, 403),
        ("district", "510104", 200, 403),
        ("clerk", "510104", 200, 403),
        ("auditor", "510100", 200, 403),
        ("mediator", "510104", 403, 403),
        ("partner", "510100", 403, 403),
        ("party", "510100", 403, 403),
    ],
)
async def test_who_may_read_and_who_may_change(
    h: Harness, role: str, area: str, reads: int, changes: int
) -> None:
    client = h.client("triage", role=role, areas=[area])

    assert (await client.get("/policies")).status_code == reads
    checked = await client.post("/policies/validate", json={"yaml": STRICT})
    assert checked.status_code == changes
    for path, body in (
        ("/policies", {"yaml": STRICT, **NOTE}),
        ("/policies/backtest", {"yaml": STRICT}),
        ("/policies/policy-v1/activate", WHY),
    ):
        status = (await client.post(path, json=body)).status_code
        assert (status in (200, 201)) == (changes == 200)
        assert changes == 200 or status == 403


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("/policies/validate", {}, "yaml"),
    ("/policies/validate", {"yaml": ""}, "yaml"),
    ("/policies/validate", {"yaml": "x" * 70_000}, "yaml"),
    ("/policies", {"yaml": STRICT}, "note"),
    ("/policies/backtest", {}, "body"),
    ("/policies/backtest", {"yaml": STRICT, "version": "policy-v1"}, "body"),
    ("/policies/backtest", {"version": "policy-v1", "limit": 0}, "limit"),
    ("/policies/backtest", {"version": "nonsense"}, "version"),
    ("/policies/policy-v1/activate", {}, "reason"),
    ("/policies/policy-v1/activate", {**WHY, "active_from": "tomorrow"}, "active_from"),
]


async def test_wrong_input_names_the_field(h: Harness, subtests: pytest.Subtests) -> None:
    for path, body, field in BAD:
        with subtests.test(f"{path} {str(body)[:60]}"):
            answer = await steward(h).post(path, json=body)

            assert (answer.status_code, answer.json()["field"]) == (422, field)
