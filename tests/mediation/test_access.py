"""Who may see and do what: roles, scopes, bad input, personal data."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from fengqiao_chassis.store.tables import audit
from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseSupplemented,
    PersonalDataErased,
    ReferralReceived,
    SupplementPii,
)
from fengqiao_contracts.values import PartyIdentity, PartyRef

pytestmark = pytest.mark.thorough

PATH = "/510100/510104/"
OWED = {"debtor": "b", "creditor": "a", "amount": "800.00", "due_on": "2026-03-20"}


async def test_a_party_with_its_code_can_stop_its_own_case_and_only_that(desk: Any) -> None:
    await desk.to_mediating()
    await desk.to_mediating("c2")
    party = {"role": "party", "person": "c1"}
    assert (
        await desk.post("consents", {"party_id": "b", "given": True}, **party)
    ).status_code == 403
    assert (await desk.post("termination", {"reason": "other"}, **party)).status_code == 403
    other = await desk.post("consents", {"party_id": "b", "given": False}, "c2", **party)
    assert (other.status_code, other.json()["code"]) == (409, "not-here-yet")
    shown = await desk.get("/cases/c1/casework", **party)
    assert shown.json()["sessions"][0]["record"] is None
    assert (await desk.get("/cases/c2/casework", **party)).status_code == 404
    stopped = await desk.done("consents", {"party_id": "b", "given": False}, **party)
    assert stopped["state"] == "terminated"


async def test_a_stale_version_is_refused_and_the_answer_carries_the_new_one(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    shown = await desk.get("/cases/c1/casework")
    etag = shown.headers["ETag"]
    body = {"party_id": "a", "given": True}
    first = await desk.post("consents", body, headers={"If-Match": etag})
    assert first.status_code == 200
    assert first.headers["ETag"] != etag
    second = await desk.post("acceptance", {"decision": "accept"}, headers={"If-Match": etag})
    assert (second.status_code, second.json()["code"]) == (412, "stale-version")
    wrong = await desk.post("closing", headers={"If-Match": "abc"})
    assert wrong.status_code == 422


async def test_a_case_not_met_is_404_to_reads_and_409_to_commands(desk: Any) -> None:
    for path in ("casework", "dossier"):
        assert (await desk.get(f"/cases/none/{path}")).status_code == 404
    answer = await desk.post("acceptance", {"decision": "accept"}, "none")
    assert (answer.status_code, answer.json()["code"]) == (409, "not-here-yet")


async def test_another_district_sees_nothing_and_does_nothing(desk: Any) -> None:
    await desk.to_mediating()
    foreign = {"role": "district", "id": "d2", "areas": ["510105"]}
    assert (await desk.get("/cases/c1/casework", **foreign)).status_code == 404
    assert (await desk.post("termination", {"reason": "other"}, **foreign)).status_code == 409
    assert (await desk.get("/desk", **foreign)).json()["total"] == 0
    own = {"role": "district", "id": "d1", "areas": ["510104"]}
    assert (await desk.get("/desk", **own)).json()["counts"] == {"mediating": 1}
    assert (await desk.done("termination", {"reason": "impasse"}, **own))["state"] == "terminated"


BAD_STEPS: list[tuple[str, dict[str, Any], str]] = [
    ("consents", {"party_id": "a", "given": "yes"}, "given"),
    ("consents", {"party_id": "stranger", "given": True}, "party_id"),
    ("sessions", {"attended": ["a"], "record": "x", "held_at": "2026-03-03T00:00:00Z"}, "held_at"),
    ("sessions", {"attended": ["a"], "record": "x", "held_at": "2026-03-01T00:00:00Z"}, "held_at"),
    ("sessions", {"attended": ["x"], "record": "x"}, "attended"),
    ("agreements", {"form": "oral", "content": "x", "obligations": [OWED | {"amount": "-1"}]}, "amount"),
    ("agreements", {"form": "oral", "content": "x", "obligations": [OWED | {"amount": 0.5}]}, "amount"),
    ("agreements", {"form": "oral", "content": "x", "obligations": [OWED | {"due_on": "2026-03-01"}]}, "due_on"),
    ("agreements", {"form": "spoken", "content": "x"}, "form"),
    ("termination", {"reason": "bored"}, "reason"),
    ("extensions", {"due_on": "2026-03-31", "agreed_by": ["a", "b"]}, "due_on"),
    ("extensions", {"due_on": "9999-12-31", "agreed_by": ["a", "b"]}, "due_on"),
    ("agreements", {"form": "oral", "content": "x", "obligations": [OWED | {"due_on": "9999-12-31"}]}, "due_on"),
    ("agreements", {"form": "oral", "content": "\x00", "obligations": []}, "content"),
]  # fmt: skip


async def test_bad_input_is_refused_naming_the_field_and_nothing_is_stored(
    desk: Any, subtests: pytest.Subtests
) -> None:
    await desk.to_mediating()
    before = await desk.stated()
    for path, body, field in BAD_STEPS:
        with subtests.test(path, field=field):
            answer = await desk.post(path, body)
            assert answer.status_code in (404, 422)
            assert field in answer.text
            assert await desk.stated() == before


async def test_an_unknown_field_of_an_acceptance_is_refused_by_name(desk: Any) -> None:
    await desk.register()
    before = await desk.stated()
    answer = await desk.post("acceptance", {"decision": "accept", "x": 1})
    assert answer.status_code == 422
    assert "x" in answer.json()["errors"][0]["field"], answer.text
    assert await desk.stated() == before


async def test_names_are_masked_and_each_read_is_audited(desk: Any) -> None:
    await desk.to_mediating()
    shown = (await desk.get("/cases/c1/casework")).json()
    assert [p["name"] for p in shown["parties"]] == ["王**", "王**"]
    assert shown["sessions"][0]["record"] == "双方陈述"
    async with desk.h.read("mediation") as tx:
        rows = await tx.all(select(audit).where(audit.c.action == "casework.read"))
    assert [(row.actor, row.subject) for row in rows] == [("mediator-1", "c1")]
    assert "parties.name" in rows[0].fields
    assert shown["clocks"][0]["why"].startswith("自受理之日（2026-03-02）起30日")
    dossier = (await desk.get("/cases/c1/dossier")).json()
    assert [i["kind"] for i in dossier["items"] if i["must"] and not i["present"]] == []


async def test_contacts_are_shown_in_clear_to_those_who_handle_the_case_only(desk: Any) -> None:
    await desk.to_mediating()
    path = "/cases/c1/casework/parties"
    first = (await desk.get(path)).json()["parties"][0]
    assert (first["name"], first["id_number"], first["phone"]) == ("王小a", "510104X", "138")
    party = {"role": "party", "person": "c1"}
    assert (await desk.get(path, **party)).status_code == 403
    assert (await desk.get(path, person="m2")).status_code == 404


async def test_the_desk_sorts_by_the_nearest_date_and_names_the_next_step(desk: Any) -> None:
    await desk.to_mediating("c1")
    await desk.register("c2")
    await desk.assign("c2", grade="red")
    await desk.register("c3")
    await desk.assign("c3", mediator="m2")
    listed = (await desk.get("/desk")).json()
    steps = [(item["case_id"], item["next_step"]) for item in listed["items"]]
    assert steps == [("c2", "accept"), ("c1", "reach_agreement")]
    assert listed["counts"] == {"assigned": 1, "mediating": 1}
    only = (await desk.get("/desk?state=assigned&size=1")).json()
    assert (only["total"], [i["case_id"] for i in only["items"]]) == (1, ["c2"])


async def test_the_desk_of_one_grade_counts_that_grade_alone(desk: Any) -> None:
    await desk.to_mediating("c1")
    await desk.register("c2")
    await desk.assign("c2")
    fact = CaseAssessed(
        case_id="c2",
        type="02",
        grade="red",
        revision=1,
        suitability="M",
        score=9,
        confidence=0.9,
        policy_version="1",
        input_sha256="0" * 64,
        assessed_at=desk.h.clock.now(),
    )
    await desk.h.state("triage", fact, area=PATH)
    await desk.h.settle()
    red = (await desk.get("/desk?grade=red")).json()
    assert (red["counts"], [i["case_id"] for i in red["items"]]) == ({"assigned": 1}, ["c2"])
    assert (await desk.get("/desk?grade=yellow")).json()["total"] == 0
    assert (await desk.get("/desk")).json()["total"] == 2


async def test_later_parties_must_consent_and_sign_too(desk: Any) -> None:
    await desk.to_mediating()
    fact = CaseSupplemented(
        case_id="c1",
        supplement_id="x1",
        number=1,
        kind="facts",
        received_at=desk.h.clock.now(),
        parties=(
            PartyRef(party_id="z", role="respondent", kind="company"),
            PartyRef(party_id="a", role="applicant", kind="person"),
        ),
        pii=SupplementPii(text="还有一方", parties=(PartyIdentity(party_id="z", name="某公司"),)),
    )
    await desk.h.state("intake", fact, area=PATH)
    await desk.h.settle()
    answer = await desk.post("sessions", {"attended": ["a"], "record": "x"})
    assert answer.json()["code"] == "consent-missing"
    shown = (await desk.get("/cases/c1/casework")).json()
    assert {p["party_id"]: p["name"] for p in shown["parties"]} == {
        "a": "王**",
        "b": "王**",
        "z": "某公司",
    }
    assert {p["party_id"]: p["consent"] for p in shown["parties"]}["a"] == "given"


async def test_erasure_takes_every_word_and_leaves_the_states(desk: Any) -> None:
    await desk.to_effective()
    fact = PersonalDataErased(case_id="c1", reason="request", erased_at=desk.h.clock.now())
    await desk.h.state("intake", fact, area=PATH)
    await desk.h.settle()
    shown = (await desk.get("/cases/c1/casework")).json()
    assert [p["name"] for p in shown["parties"]] == [None, None]
    assert shown["sessions"][0]["record"] is None
    assert shown["agreements"][0]["content"] is None
    assert shown["state"] == "effective"


async def test_a_referrer_follows_its_case_without_records(desk: Any) -> None:
    await desk.to_mediating()
    court = {"role": "partner", "id": "court-1", "system": "court-sys"}
    assert (await desk.get("/cases/c1/casework", **court)).status_code == 404
    fact = ReferralReceived(
        case_id="c1",
        referral_id="f1",
        system="court-sys",
        number="1",
        channel="court",
        received_at=desk.h.clock.now(),
        first=False,
    )
    await desk.h.state("intake", fact, area=PATH)
    await desk.h.settle()
    shown = await desk.get("/cases/c1/casework", **court)
    assert shown.status_code == 200
    assert shown.json()["sessions"][0]["record"] is None
    assert (await desk.post("termination", {"reason": "other"}, **court)).status_code == 403
