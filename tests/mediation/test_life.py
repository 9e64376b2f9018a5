"""The whole life of a case over HTTP and facts, on the real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseAssessed,
    CaseRedirected,
    CaseSupplemented,
    CommitteeRegistered,
    DeadlineMissed,
    PersonalDataErased,
    ReferralReceived,
    SupplementPii,
)
from fengqiao_contracts.values import PartyIdentity, PartyRef

PATH = "/510100/510104/"
OWED = {"debtor": "b", "creditor": "a", "amount": "800.00", "due_on": "2026-03-20"}


async def test_a_case_is_accepted_mediated_agreed_signed_performed_closed_and_archived(
    desk: Any,
) -> None:
    await desk.register()
    await desk.assign()
    accepted = await desk.done("acceptance", {"decision": "accept"})
    assert accepted["dossier_number"] == "(2026)锦江区人调字第1号"
    assert accepted["term_due_on"] == "2026-04-01"
    for party_id in ("a", "b"):
        await desk.done("consents", {"party_id": party_id, "given": True})
    session = await desk.done("sessions", {"attended": ["a", "b"], "record": "双方陈述"})
    assert (session["state"], session["number"]) == ("mediating", 1)
    made = await desk.done(
        "agreements", {"form": "written", "content": "乙方赔偿", "obligations": [OWED]}
    )
    assert made["missing_signatures"] == ["mediator", "party:a", "party:b", "seal"]
    signatures = f"agreements/{made['agreement_id']}/signatures"
    for party_id in ("a", "b"):
        signed = await desk.done(signatures, {"signer_kind": "party", "signer_id": party_id})
        assert signed["effective_on"] is None
    await desk.done(signatures, {"signer_kind": "mediator"})
    desk.h.clock.advance(timedelta(hours=12))
    bound = await desk.done(signatures, {"signer_kind": "seal"})
    assert (bound["state"], bound["effective_on"]) == ("effective", "2026-03-03")
    assert bound["confirmation_due_on"] == "2026-04-02"
    paid = f"agreements/{made['agreement_id']}/performances"
    part = {"obligation_id": made["obligation_ids"][0], "performed_on": "2026-03-03"}
    half = await desk.done(paid, part | {"amount": "300.50"})
    assert half["state"] == "effective"
    rest = await desk.done(paid, part)
    assert rest["state"] == "performed"
    closed = await desk.done("closing")
    assert (closed["state"], closed["outcome"]) == ("closed", "performed")
    archived = await desk.done("archive")
    assert (archived["state"], archived["allowed"]) == ("archived", [])
    assert await desk.stated() == [
        "CaseAccepted",
        "ConsentGiven",
        "ConsentGiven",
        "SessionHeld",
        "AgreementReached",
        *["AgreementSigned"] * 4,
        "AgreementEffective",
        "ObligationPerformed",
        "CaseClosed",
        "CaseArchived",
    ]


async def test_a_refusal_ends_it_with_guidance_and_nothing_goes_on(desk: Any) -> None:
    await desk.to_mediating()
    body = {"party_id": "b", "given": False, "note": "我要起诉"}
    refused = await desk.done("consents", body)
    assert refused["state"] == "terminated"
    assert "人民法院" in refused["guidance"]
    again = await desk.post("sessions", {"attended": ["a"], "record": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal-transition")
    assert "terminated" in again.text
    closed = await desk.done("closing", {"explanation": "一方拒绝"})
    assert closed["outcome"] == "terminated"
    assert (await desk.stated())[-3:] == ["ConsentRefused", "CaseTerminated", "CaseClosed"]


async def test_a_party_with_its_code_can_stop_its_own_case_and_only_that(desk: Any) -> None:
    await desk.to_mediating()
    await desk.to_mediating("c2")
    party = {"role": "party", "id": "p1", "case_ref": "c1"}
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


async def test_a_refusal_before_assignment_is_not_accepted_as_soon_as_it_is_assigned(
    desk: Any,
) -> None:
    await desk.register()
    party = {"role": "party", "id": "p1", "case_ref": "c1"}
    answer = await desk.done("consents", {"party_id": "b", "given": False}, **party)
    assert answer["state"] == "registered"
    await desk.assign()
    shown = (await desk.get("/cases/c1/casework")).json()
    assert (shown["state"], shown["end_reason"]) == ("refused", "party_refuses")
    assert await desk.stated() == ["ConsentRefused", "CaseRefused"]


async def test_a_refusal_before_acceptance_is_a_non_acceptance(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    answer = await desk.done("consents", {"party_id": "b", "given": False})
    assert answer["state"] == "refused"
    assert (await desk.done("closing"))["outcome"] == "refused"
    assert (await desk.post("archive")).json()["code"] == "no-dossier"
    assert await desk.stated() == ["ConsentRefused", "CaseRefused", "CaseClosed"]


async def test_a_committee_refuses_with_a_reason_of_the_table(desk: Any) -> None:
    await desk.register()
    await desk.assign()
    for body in ({"decision": "refuse"}, {"decision": "refuse", "reason": "bored"}):
        answer = await desk.post("acceptance", body)
        assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    done = await desk.done("acceptance", {"decision": "refuse", "reason": "criminal"})
    assert done["state"] == "refused"
    assert "公安机关" in done["guidance"]


async def test_an_oral_agreement_binds_at_once_and_a_breach_is_made_good(desk: Any) -> None:
    made = await desk.to_effective()
    assert (made["state"], made["effective_on"]) == ("effective", "2026-03-02")
    agreement = f"agreements/{made['agreement_id']}"
    owed = {"obligation_id": made["obligation_ids"][0]}
    assert (await desk.post(f"{agreement}/breaches", owed)).json()["field"] == "breached_on"
    assert (await desk.post("closing")).json()["code"] == "obligations-open"
    desk.h.clock.set(datetime(2026, 3, 20, 16, 0, tzinfo=UTC))
    broken = await desk.done(f"{agreement}/breaches", owed)
    assert broken["state"] == "breached"
    assert (await desk.post("closing")).json()["code"] == "reason-missing"
    paid = await desk.done(f"{agreement}/performances", owed | {"performed_on": "2026-03-21"})
    assert paid["state"] == "performed"


async def test_a_broken_agreement_is_replaced_by_a_new_one(desk: Any) -> None:
    made = await desk.to_effective()
    desk.h.clock.advance(timedelta(days=30))
    owed = {"obligation_id": made["obligation_ids"][0]}
    await desk.done(f"agreements/{made['agreement_id']}/breaches", owed)
    fresh = OWED | {"due_on": "2026-05-01"}
    body = {"form": "oral", "content": "分期", "obligations": [fresh]}
    again = await desk.done("agreements", body | {"replaces": made["agreement_id"]})
    assert again["state"] == "effective"
    shown = (await desk.get("/cases/c1/casework")).json()
    assert [a["replaced"] for a in shown["agreements"]] == [True, False]


async def test_confirmation_is_applied_for_in_time_and_decided_by_the_court(desk: Any) -> None:
    made = await desk.to_effective()
    path = f"agreements/{made['agreement_id']}/confirmation"
    desk.h.clock.advance(timedelta(days=28))
    applied = await desk.done(path, {"applied_on": "2026-03-30"})
    assert applied["outcome"] == "applied"
    desk.h.clock.advance(timedelta(days=20))
    assert (await desk.post(path, {"outcome": "refused"})).json()["field"] == "reason"
    await desk.done(path, {"outcome": "valid", "decided_on": "2026-04-15"})
    assert (await desk.post(path, {"outcome": "valid"})).json()["code"] == "already-decided"
    assert "ConfirmationDecided" in await desk.stated()


async def test_confirmation_on_day_31_is_refused(desk: Any) -> None:
    made = await desk.to_effective()
    desk.h.clock.advance(timedelta(days=31))
    path = f"agreements/{made['agreement_id']}/confirmation"
    answer = await desk.post(path, {"applied_on": "2026-04-02"})
    assert (answer.status_code, answer.json()["code"]) == (409, "confirmation-term-lapsed")


async def missed(desk: Any) -> list[tuple[str, str]]:
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


async def test_casework_goes_on_with_the_next_mediator(desk: Any) -> None:
    await desk.to_mediating()
    left = AssignmentWithdrawn(
        case_id="c1",
        assignment_id="s-c1-m1",
        mediator_id="m1",
        reason="mediator_suspended",
        withdrawn_at=desk.h.clock.now(),
    )
    await desk.h.state("routing", left, area=PATH)
    await desk.h.settle()
    denied = await desk.post("sessions", {"attended": ["a"], "record": "x"})
    assert (denied.status_code, denied.json()["code"]) == (403, "not-your-case")
    await desk.assign(mediator="m2")
    body = {"attended": ["a"], "record": "继续"}
    assert (await desk.done("sessions", body, id="m2"))["number"] == 2


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
    desk.h.clock.advance(timedelta(days=1))
    assert await missed(desk) == []
    assert (await desk.get("/desk")).json()["total"] == 0


async def test_dossier_numbers_have_no_gap_per_committee_and_year(desk: Any) -> None:
    committee = CommitteeRegistered(
        committee_id="k2",
        revision=1,
        name="东湖街道人民调解委员会",
        kind="street",
        area="510104",
        area_path=PATH,
        registered_at=desk.h.clock.now(),
    )
    await desk.h.state("mediator-registry", committee, area=PATH)
    numbers = []
    for n, committee_id in enumerate(("k1", "k2", "k1", "k1")):
        await desk.register(f"c{n}")
        await desk.assign(f"c{n}", committee_id=committee_id)
        if n == 2:
            refused = await desk.post("acceptance", {"decision": "accept"}, f"c{n}", id="m9")
            assert refused.status_code == 403
        done = await desk.done("acceptance", {"decision": "accept"}, case_id=f"c{n}")
        numbers.append(done["dossier_number"].split("第")[1])
    assert numbers == ["1号", "1号", "2号", "3号"]
    desk.h.clock.set(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    await desk.register("c9")
    await desk.assign("c9")
    done = await desk.done("acceptance", {"decision": "accept"}, case_id="c9")
    assert done["dossier_number"] == "(2027)锦江区人调字第1号"


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


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("acceptance", {"decision": "accept", "x": 1}, "x"),
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
    ],
)  # fmt: skip
async def test_bad_input_is_refused_naming_the_field_and_nothing_is_stored(
    desk: Any, path: str, body: dict[str, Any], field: str
) -> None:
    await desk.to_mediating() if path != "acceptance" else await desk.register()
    before = await desk.stated()
    answer = await desk.post(path, body)
    assert answer.status_code in (404, 422)
    assert field in answer.text
    assert await desk.stated() == before


async def test_names_are_masked_and_each_read_is_audited(desk: Any) -> None:
    await desk.to_mediating()
    shown = (await desk.get("/cases/c1/casework")).json()
    assert [p["name"] for p in shown["parties"]] == ["王**", "王**"]
    assert shown["sessions"][0]["record"] == "双方陈述"
    assert shown["clocks"][0]["why"].startswith("自受理之日（2026-03-02）起30日")
    dossier = (await desk.get("/cases/c1/dossier")).json()
    assert [i["kind"] for i in dossier["items"] if i["must"] and not i["present"]] == []


async def test_contacts_are_shown_in_clear_to_those_who_handle_the_case_only(desk: Any) -> None:
    await desk.to_mediating()
    path = "/cases/c1/casework/parties"
    first = (await desk.get(path)).json()["parties"][0]
    assert (first["name"], first["id_number"], first["phone"]) == ("王小a", "510104X", "138")
    party = {"role": "party", "id": "p1", "case_ref": "c1"}
    assert (await desk.get(path, **party)).status_code == 403
    assert (await desk.get(path, id="m2")).status_code == 404


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
