"""The partner contract: refer, link, follow, sign for, give back."""

from collections.abc import Callable
from typing import Any

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseRegistered, ReferralReceived

Dispute = Callable[..., dict[str, Any]]
POLICE = {"system": "police-b", "number": "110-1"}


async def test_one_dispute_from_three_referrers_is_one_case(h: Harness, dispute: Dispute) -> None:
    court = h.client("intake", role="partner", system="court-a")
    city = h.client("intake", role="city")
    ref = {"system": "court-a", "number": "2026-1"}
    first = await court.post("/referrals", json={"external_ref": ref, "case": dispute()})
    assert first.status_code == 201, first.text
    case_id = first.json()["case_id"]
    linked = await city.post("/referrals", json={"external_ref": POLICE, "case_id": case_id})
    again = await city.post("/referrals", json={"external_ref": POLICE, "case_id": case_id})

    assert (linked.status_code, again.status_code) == (201, 200)
    assert linked.json()["case_id"] == case_id
    assert again.json()["id"] == linked.json()["id"]
    await h.settle()
    facts = [r.fact for r in await h.facts("fengqiao.cases")]
    assert [type(f) for f in facts] == [CaseRegistered, ReferralReceived, ReferralReceived]
    assert [f.first for f in facts[1:]] == [True, False]


async def test_a_linked_referrer_follows_the_case_and_a_stranger_does_not(
    h: Harness, dispute: Dispute
) -> None:
    city = h.client("intake", role="city")
    case = (await city.post("/cases", json=dispute())).json()
    police = h.client("intake", role="partner", system="police-b")
    assert (await police.get(f"/cases/{case['id']}")).status_code == 404

    body = {"external_ref": POLICE, "case_id": case["id"]}
    referral = (await city.post("/referrals", json=body)).json()
    assert (await police.get(f"/referrals/{referral['id']}")).json()["case_status"] == "registered"
    assert (await police.get(f"/cases/{case['id']}")).status_code == 200
    court = h.client("intake", role="partner", system="court-a")
    assert (await court.get(f"/referrals/{referral['id']}")).status_code == 404


async def test_a_number_that_is_linked_is_not_linked_to_another_case(
    h: Harness, dispute: Dispute
) -> None:
    city = h.client("intake", role="city")
    one = (await city.post("/cases", json=dispute(narrative="第一件事的经过"))).json()
    two = (await city.post("/cases", json=dispute(narrative="第二件事的经过"))).json()
    await city.post("/referrals", json={"external_ref": POLICE, "case_id": one["id"]})

    other = await city.post("/referrals", json={"external_ref": POLICE, "case_id": two["id"]})
    assert other.status_code == 409


async def test_a_referral_is_signed_for_once_and_given_back_with_its_reason(
    h: Harness, dispute: Dispute
) -> None:
    court = h.client("intake", role="partner", system="court-a")
    ref = {"system": "court-a", "number": "2026-1"}
    body = {"external_ref": ref, "case": dispute()}
    referral = (await court.post("/referrals", json=body)).json()
    clerk = h.client("intake", role="district", areas=["510104"])
    place = f"/referrals/{referral['id']}"

    acknowledged = (await clerk.post(f"{place}/ack")).json()
    assert acknowledged["status"] == "acknowledged"
    repeated = (await clerk.post(f"{place}/ack")).json()
    assert repeated["acknowledged_at"] == acknowledged["acknowledged_at"]
    returned = await clerk.post(
        f"{place}/return", json={"reason": "不属本区管辖", "suggested_unit": "武侯区"}
    )
    assert returned.json()["status"] == "returned"
    assert (await clerk.post(f"{place}/ack")).status_code == 409
    assert (await court.get(place)).json()["return_reason"] == "不属本区管辖"
    assert (await court.post(f"{place}/ack")).status_code == 403


async def test_a_referral_needs_a_case(h: Harness) -> None:
    city = h.client("intake", role="city")
    answer = await city.post("/referrals", json={"external_ref": POLICE})

    assert answer.status_code == 422
    assert "case" in answer.text
