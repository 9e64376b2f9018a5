"""Registering a dispute through the service."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from sqlalchemy import select, text

from fengqiao_chassis.store.tables import audit, outbox
from fengqiao_chassis.store.tables import metadata as bus
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseLinked, CaseRegistered, CaseSupplemented
from fengqiao_intake.store import metadata
from fengqiao_intake.store.tables import referrals

pytestmark = pytest.mark.thorough

Dispute = Callable[..., dict[str, Any]]


async def test_a_dispute_is_numbered_receipted_and_stated(h: Harness, dispute: Dispute) -> None:
    body = dispute(occurred_on="2002-03-01", people_count=44, amount="1200.50")
    answer = await h.client("intake", role="city").post("/cases", json=body)

    assert answer.status_code == 201, answer.text
    case = answer.json()
    assert case["number"].startswith("510104-")
    assert case["number"].endswith("-000001")
    assert case["status"] == "registered"
    assert case["receipt"]["sha256"] == hashlib.sha256(rfc8785.dumps(body)).hexdigest()
    assert len(case["receipt"]["code"]) == 9
    await h.settle()
    (received,) = await h.facts("fengqiao.cases")
    fact = received.fact
    assert isinstance(fact, CaseRegistered)
    assert (fact.case_id, fact.number, fact.people_count) == (case["id"], case["number"], 44)
    assert fact.source == "own_initiative"
    assert fact.pii is not None
    assert fact.pii.narrative == body["narrative"]
    assert [p.name for p in fact.pii.parties] == ["王大明", "李小红"]


async def test_numbers_have_no_gap_under_concurrency_and_refused_cases(
    h: Harness, dispute: Dispute
) -> None:
    client = h.client("intake", role="city")
    bodies = [
        dispute(narrative=f"第{n}件纠纷的经过", occurred_on="2999-01-01" if n % 5 == 0 else None)
        for n in range(40)
    ]
    answers = await asyncio.gather(*(client.post("/cases", json=body) for body in bodies))

    numbers = sorted(a.json()["number"] for a in answers if a.status_code == 201)
    assert {a.status_code for a in answers} == {201, 422}
    assert [int(number[-6:]) for number in numbers] == list(range(1, 33))


BAD_CASES: list[tuple[dict[str, Any], str]] = [
    ({"channel": "pigeon"}, "channel"),
    ({"area": "999999"}, "area"),
    ({"occurred_on": "2999-01-01"}, "occurred_on"),
    ({"reported_at": "2999-01-01T00:00:00+08:00"}, "reported_at"),
    ({"amount": "-1"}, "amount"),
    ({"amount": 1.5}, "amount"),
    ({"amount": "1000000000000"}, "amount"),
    ({"amount": 10**17}, "amount"),
    ({"people_count": "44"}, "people_count"),
    ({"people_count": 0}, "people_count"),
    ({"narrative": ""}, "narrative"),
    ({"narrative": "字" * 20_001}, "narrative"),
    ({"narrative": "有\u0000空字符"}, "narrative"),
    ({"colour": "red"}, "colour"),
    ({"parties": [{"role": "plaintiff", "kind": "person", "name": "王"}]}, "role"),
    (
        {
            "parties": [
                {
                    "role": "applicant",
                    "kind": "person",
                    "name": "王",
                    "id_number": "110105194912310021",
                }
            ]
        },
        "id_number",
    ),
    (
        {"parties": [{"role": "applicant", "kind": "person", "name": "王", "phone": "12"}]},
        "phone",
    ),
]


async def test_bad_input_is_refused_by_field_and_nothing_is_stored(
    h: Harness, dispute: Dispute, subtests: pytest.Subtests
) -> None:
    client = h.client("intake", role="city")
    for change, field in BAD_CASES:
        with subtests.test(field, change=str(change)[:80]):
            answer = await client.post("/cases", json=dispute() | change)

            assert answer.status_code == 422, answer.text
            assert field in answer.text
            assert (await client.get("/cases")).json()["total"] == 0


async def test_markup_in_a_name_is_only_a_name(h: Harness, dispute: Dispute) -> None:
    client = h.client("intake", role="city", purpose="test")
    name = "<script>alert(1)</script>'; DROP TABLE intake_cases;--"
    parties = [{"role": "applicant", "kind": "person", "name": name}]
    case = (await client.post("/cases", json=dispute(parties=parties))).json()

    seen = (await client.get(f"/cases/{case['id']}", params={"unmask": True})).json()
    assert seen["parties"][0]["name"] == name


async def test_the_same_external_reference_is_the_same_case(h: Harness, dispute: Dispute) -> None:
    court = h.client("intake", role="partner", system="court-a")
    ref = {"external_ref": {"system": "court-a", "number": "2026-7"}, "channel": "court"}
    first = await court.post("/cases", json=dispute(**ref))
    again = await court.post("/cases", json=dispute(**ref))
    other = await court.post("/cases", json=dispute(**ref, narrative="他说要拿刀来解决问题"))
    other_again = await court.post("/cases", json=dispute(**ref, narrative="他说要拿刀来解决问题"))

    assert [a.status_code for a in (first, again, other, other_again)] == [201, 200, 200, 200]
    assert {a.json()["id"] for a in (first, again, other)} == {first.json()["id"]}
    assert again.json()["receipt"]["code"] is None
    await h.settle()
    facts = [r.fact for r in await h.facts("fengqiao.cases")]
    assert [type(f) for f in facts] == [CaseRegistered, CaseSupplemented]
    assert facts[1].kind == "referral"
    assert facts[1].pii.text == "他说要拿刀来解决问题"


async def test_equal_referrals_at_the_same_moment_make_one_case(
    h: Harness, dispute: Dispute
) -> None:
    court = h.client("intake", role="partner", system="court-a")
    body = dispute(external_ref={"system": "court-a", "number": "9"}, channel="court")
    answers = await asyncio.gather(*(court.post("/cases", json=body) for _ in range(12)))

    assert sorted(a.status_code for a in answers) == [200] * 11 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_a_partner_cannot_use_the_name_of_another_system(
    h: Harness, dispute: Dispute
) -> None:
    court = h.client("intake", role="partner", system="court-a")
    body = dispute(external_ref={"system": "police-b", "number": "1"})
    answer = await court.post("/cases", json=body)

    assert answer.status_code == 403
    assert "external_ref.system" in answer.text


async def test_exact_copies_are_linked_and_none_is_dropped(h: Harness, dispute: Dispute) -> None:
    client = h.client("intake", role="city")
    first = (await client.post("/cases", json=dispute(narrative="房东不退押金，三千元"))).json()
    copy = (await client.post("/cases", json=dispute(narrative="房东不退押金, 三千元！"))).json()

    assert copy["id"] != first["id"]
    await h.settle()
    facts = [r.fact for r in await h.facts("fengqiao.cases")]
    (link,) = [f for f in facts if isinstance(f, CaseLinked)]
    assert (link.case_id, link.other_case_id) == (copy["id"], first["id"])
    view = (await client.get(f"/cases/{copy['id']}")).json()
    assert view["copy_of"] == first["id"]


async def test_supplements_count_from_one_and_change_what_they_say(
    h: Harness, dispute: Dispute
) -> None:
    client = h.client("intake", role="city")
    case = (await client.post("/cases", json=dispute())).json()
    answers = await asyncio.gather(
        *(
            client.post(f"/cases/{case['id']}/supplements", json={"text": f"补充{n}"})
            for n in range(6)
        )
    )
    more = await client.post(
        f"/cases/{case['id']}/supplements",
        json={
            "text": "又来了二十人",
            "people_count": 20,
            "parties": [{"role": "third", "kind": "person", "name": "张三"}],
        },
    )

    assert sorted(a.json()["number"] for a in answers) == [1, 2, 3, 4, 5, 6]
    assert more.json()["number"] == 7
    view = (await client.get(f"/cases/{case['id']}")).json()
    assert view["people_count"] == 20
    assert len(view["parties"]) == 3
    assert [s["number"] for s in view["supplement_list"]] == [1, 2, 3, 4, 5, 6, 7]
    await h.settle()
    assert [type(r.fact) for r in await h.facts("fengqiao.cases")].count(CaseSupplemented) == 7


async def test_personal_data_of_class_one_are_in_no_column_in_clear(
    h: Harness, dispute: Dispute
) -> None:
    await h.client("intake", role="city").post("/cases", json=dispute())
    await h.settle()

    async with h.read("intake") as tx:
        for table in (*metadata.tables, *bus.tables):
            for row in await tx.all(text(f'SELECT * FROM "{table}"')):
                line = repr(tuple(row))
                for canary in ("11010519491231002X", "13800138000", "东湖街道一号"):
                    assert canary not in line, table


async def test_parties_are_masked_until_a_purpose_is_stated(h: Harness, dispute: Dispute) -> None:
    clerk = h.client("intake", role="city")
    case = (await clerk.post("/cases", json=dispute())).json()
    masked = (await clerk.get(f"/cases/{case['id']}")).json()
    refused = await clerk.get(f"/cases/{case['id']}", params={"unmask": True})
    asking = h.client("intake", role="city", purpose="核对身份")
    clear = (await asking.get(f"/cases/{case['id']}", params={"unmask": True})).json()

    assert masked["parties"][0]["name"] == "王**"
    assert masked["parties"][0]["id_number"] == "1101**********002X"
    assert masked["masked"] is True
    assert refused.status_code == 422
    assert clear["parties"][0]["name"] == "王大明"
    assert clear["parties"][0]["phone"] == "13800138000"
    async with h.read("intake") as tx:
        rows = await tx.all(text("SELECT action, purpose FROM bus_audit ORDER BY id"))
    assert [tuple(row) for row in rows] == [
        ("case.register", None),
        ("case.read", None),
        ("case.unmask", "核对身份"),
    ]


async def test_a_district_sees_and_registers_its_own_only(h: Harness, dispute: Dispute) -> None:
    mine = h.client("intake", role="district", areas=["510104"])
    other = h.client("intake", role="district", areas=["510105"])
    case = (await mine.post("/cases", json=dispute())).json()

    assert (await other.get(f"/cases/{case['id']}")).status_code == 404
    assert (await other.get("/cases")).json()["total"] == 0
    assert (await mine.get("/cases")).json()["total"] == 1
    foreign = await other.post("/cases", json=dispute())
    assert foreign.status_code == 403
    assert "area" in foreign.text


async def test_the_receipts_code_opens_the_case_and_five_wrong_ones_close_it(
    h: Harness, dispute: Dispute
) -> None:
    case = (await h.client("intake", role="city").post("/cases", json=dispute())).json()
    gateway = h.client("intake", role="gateway")
    right = {"number": case["number"], "code": case["receipt"]["code"]}
    wrong = {"number": case["number"], "code": "AAAA-AAAA"}

    opened = await gateway.post("/internal/party-check", json=right)
    assert (opened.status_code, opened.json()["case_id"]) == (200, case["id"])
    for _ in range(5):
        assert (await gateway.post("/internal/party-check", json=wrong)).status_code == 404
    assert (await gateway.post("/internal/party-check", json=right)).status_code == 404
    unknown = await gateway.post("/internal/party-check", json=right | {"number": "510104-1-1"})
    assert unknown.status_code == 404


async def test_erased_data_are_gone_from_columns_search_and_outbox(
    h: Harness, dispute: Dispute
) -> None:
    city = h.client("intake", role="city", purpose="test")
    case = (await city.post("/cases", json=dispute())).json()
    assert (await city.get("/cases", params={"q": "围墙"})).json()["total"] == 1

    done = await city.post(f"/cases/{case['id']}/erasure", json={"reason": "本人要求"})
    assert done.status_code == 200, done.text
    view = (await city.get(f"/cases/{case['id']}", params={"unmask": True})).json()
    assert view["narrative"] is None
    assert {p["name"] for p in view["parties"]} == {None}
    assert (await city.get("/cases", params={"q": "围墙"})).json()["total"] == 0
    again = await city.post(f"/cases/{case['id']}/erasure", json={"reason": "本人要求"})
    assert again.status_code == 409


async def test_the_reason_of_an_erasure_is_in_the_audit_trail_and_in_no_fact(
    h: Harness, dispute: Dispute
) -> None:
    city = h.client("intake", role="city")
    case = (await city.post("/cases", json=dispute())).json()
    words = {"reason": "蔺砚舟本人要求"}
    assert (await city.post(f"/cases/{case['id']}/erasure", json=words)).status_code == 200

    async with h.read("intake") as tx:
        facts = [row.data.decode() for row in await tx.all(select(outbox.c.data))]
        entries = await tx.all(select(audit).where(audit.c.action == "case.erase"))
    assert any("erased_at" in data for data in facts)
    assert not [data for data in facts if "蔺砚舟" in data]
    assert [entry.purpose for entry in entries] == [words["reason"]]


async def test_why_a_referral_went_back_is_erased_with_its_case(
    h: Harness, dispute: Dispute
) -> None:
    city = h.client("intake", role="city")
    ref = {"system": "court", "number": "7"}
    case = (await city.post("/cases", json=dispute(external_ref=ref))).json()
    async with h.read("intake") as tx:
        referral = await tx.scalar(select(referrals.c.id))
    back = {"reason": "蔺砚舟不在本辖区", "suggested_unit": "砚舟所在街道"}
    assert (await city.post(f"/referrals/{referral}/return", json=back)).status_code == 200
    assert (
        await city.post(f"/cases/{case['id']}/erasure", json={"reason": "本人要求"})
    ).status_code == 200

    view = (await city.get(f"/referrals/{referral}")).json()
    assert "砚舟" not in json.dumps(view, ensure_ascii=False)
