"""The case register: filters, pages, cursor, words, projection and timeline."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.tables import held, parked
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseAssessed, CaseRedirected, CaseWaitlisted
from fengqiao_contracts.values import Grade

Dispute = Callable[..., dict[str, Any]]
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
CITY = "/510100/"


def assessed(case_id: str, grade: Grade = "red") -> CaseAssessed:
    return CaseAssessed(
        case_id=case_id, revision=1, type="10", suitability="M", grade=grade, score=80,
        confidence=0.9, policy_version="1", input_sha256="0", assessed_at=AT,
    )  # fmt: skip


async def registered(h: Harness, dispute: Dispute, texts: list[str], **more: Any) -> list[str]:
    client = h.client("intake", role="city")
    answers = [await client.post("/cases", json=dispute(narrative=t, **more)) for t in texts]
    assert {a.status_code for a in answers} == {201}
    return [a.json()["id"] for a in answers]


async def test_words_of_two_characters_are_found_and_only_where_they_stand(
    h: Harness, dispute: Dispute
) -> None:
    texts = ["三个儿子不付赡养费，老人无法生活", "老人养鸡，邻居不满", "A3区楼上装修噪音扰民"]
    ids = await registered(h, dispute, texts)
    client = h.client("intake", role="city")

    async def found(q: str) -> set[str]:
        return {c["id"] for c in (await client.get("/cases", params={"q": q})).json()["items"]}

    assert await found("赡养") == {ids[0]}
    assert await found("养赡") == set()
    assert await found("老人") == {ids[0], ids[1]}
    assert await found("老人 邻居") == {ids[1]}
    assert await found("a3区") == {ids[2]}
    assert await found("王大明") == set(ids)
    assert await found("%") == set()
    assert await found("""'" OR 1=1 --""") == set()
    assert await found("13800138000") == set(ids)
    number = (await client.get(f"/cases/{ids[1]}")).json()["number"]
    assert await found(number.lower()) == {ids[1]}


async def test_words_of_a_supplement_find_its_case(h: Harness, dispute: Dispute) -> None:
    (case_id,) = await registered(h, dispute, ["邻居争吵"])
    client = h.client("intake", role="city")
    await client.post(f"/cases/{case_id}/supplements", json={"text": "他说要拿刀"})

    assert (await client.get("/cases", params={"q": "拿刀"})).json()["total"] == 1


async def test_filters_and_pages_agree_with_their_total(h: Harness, dispute: Dispute) -> None:
    ids = await registered(h, dispute, [f"第{n}件事的经过" for n in range(7)])
    other = await registered(h, dispute, ["高新区的事情经过"], area="gaoxin", channel="hotline")
    await h.state("triage", assessed(ids[0]), area=CITY)
    await h.settle()
    client = h.client("intake", role="city")

    async def total(**filters: Any) -> int:
        page = (await client.get("/cases", params=filters)).json()
        assert len(page["items"]) == min(page["total"], page["size"])
        return int(page["total"])

    assert await total() == 8
    assert await total(area="510104") == 7
    assert await total(area="gaoxin") == 1
    assert await total(channel="hotline") == 1
    assert await total(unit="gaoxin") == 1
    assert await total(status="assessed") == 1
    assert await total(risk="red") == 1
    assert await total(type="10", risk="red") == 1
    assert await total(overdue=True) == 0
    second = (await client.get("/cases", params={"page": 2, "size": 5})).json()
    assert [c["id"] for c in second["items"]] == sorted([*ids, *other], reverse=True)[5:]
    bad = await client.get("/cases", params={"status": "lost"})
    assert bad.status_code == 422


async def test_a_cursor_reads_every_case_once_though_new_ones_arrive(
    h: Harness, dispute: Dispute
) -> None:
    ids = await registered(h, dispute, [f"第{n}件事的经过" for n in range(5)])
    client = h.client("intake", role="city")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get("/cases", params={"cursor": cursor, "size": 2})).json()
        seen += [c["id"] for c in page["items"]]
        cursor = page["next"]
        if len(seen) == 2:
            ids += await registered(h, dispute, ["后来的事情经过"])

    assert seen == ids
    assert (await client.get("/cases", params={"cursor": "!"})).status_code == 422


async def test_facts_of_other_services_move_the_status_and_stand_on_the_timeline(
    h: Harness, dispute: Dispute
) -> None:
    (case_id,) = await registered(h, dispute, ["拖欠工资的经过"])
    await h.state("triage", assessed(case_id), area=CITY)
    wait = CaseWaitlisted(case_id=case_id, decision=1, reason="no_mediator_free", waiting_since=AT)
    await h.state("routing", wait, area=CITY)
    await h.settle()
    client = h.client("intake", role="city")

    view = (await client.get(f"/cases/{case_id}")).json()
    assert (view["status"], view["risk"], view["type"]) == ("waiting", "red", "10")
    assert view["waiting_reason"] == "no_mediator_free"
    entries = (await client.get(f"/cases/{case_id}/timeline")).json()["items"]
    assert [e["name"] for e in entries] == ["case.registered", "case.assessed", "case.waitlisted"]
    assert [e["source"].rpartition("/")[2] for e in entries] == ["intake", "triage", "routing"]
    assert entries[1]["zh"] == "分类评估"
    assert entries[1]["data"]["grade"] == "red"
    assert "王大明" not in str(entries)


async def test_a_redirected_case_says_where_to(h: Harness, dispute: Dispute) -> None:
    (case_id,) = await registered(h, dispute, ["盗窃案件的经过"])
    fact = CaseRedirected(
        case_id=case_id, decision=1, outlet="police", rule="r", table_version="1",
        reasons=("criminal",), guidance="报警", redirected_at=AT,
    )  # fmt: skip
    await h.state("routing", fact, area=CITY)
    await h.settle()

    line = (await h.client("intake", role="city").get("/cases")).json()["items"][0]
    assert (line["status"], line["outlet"]) == ("redirected", "police")


async def test_a_parked_case_is_seen_with_its_reason(h: Harness, dispute: Dispute) -> None:
    ids = await registered(h, dispute, ["第一件事的经过", "第二件事的经过"])
    await h.settle()
    row = {
        "grp": "triage", "topic": "fengqiao.cases", "partition": 0, "subject": ids[0],
        "source": "/intake", "position": 1, "type": "case.registered.v1",
        "reason": "ValueError", "parked_at": AT, "envelope": {},
    }  # fmt: skip

    async def park(tx: Tx) -> None:
        await tx.run(insert(parked), row)
        await tx.run(insert(held), {"grp": "triage", "subject": ids[0]})

    await h.write("triage", park)
    client = h.client("intake", role="city")
    listed = (await client.get("/cases", params={"parked": True})).json()
    assert [case["id"] for case in listed["items"]] == [ids[0]]
    assert (await client.get(f"/cases/{ids[0]}")).json()["parked"] == "triage: ValueError"
    assert (await client.get(f"/cases/{ids[1]}")).json()["parked"] is None


@pytest.mark.parametrize("path", ["", "/timeline", "/supplements"])
async def test_an_unknown_case_is_not_found(h: Harness, path: str) -> None:
    client = h.client("intake", role="city")
    url = f"/cases/01900000-0000-7000-8000-000000000000{path}"
    answer = await (
        client.post(url, json={"text": "x"}) if path == "/supplements" else client.get(url)
    )

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_code_tables_are_given_with_version_and_source(h: Harness) -> None:
    client = h.client("intake", role="clerk", areas=["510104"])
    names = {t["name"] for t in (await client.get("/codes")).json()}
    types = (await client.get("/codes/types")).json()

    assert {"types", "channels", "statuses", "areas", "outlets", "reasons"} <= names
    assert types["version"]
    assert types["source"]
    assert {r["code"] for r in types["rows"]} >= {"01", "17", "99", "00"}
    assert (await client.get("/codes/nothing")).status_code == 404
