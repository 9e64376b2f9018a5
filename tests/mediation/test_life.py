"""The whole life of a case over HTTP and facts, on the real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CommitteeRegistered,
)

pytestmark = pytest.mark.thorough

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


async def test_a_refusal_before_assignment_is_not_accepted_as_soon_as_it_is_assigned(
    desk: Any,
) -> None:
    await desk.register()
    party = {"role": "party", "person": "c1"}
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


async def test_a_refusal_to_perform_is_a_breach_at_once_until_it_is_made_good(desk: Any) -> None:
    made = await desk.to_effective()
    agreement = f"agreements/{made['agreement_id']}"
    owed = {"obligation_id": made["obligation_ids"][0]}
    broken = await desk.done(f"{agreement}/breaches", owed | {"reason": "refused"})
    assert broken["state"] == "breached"
    paid = await desk.done(f"{agreement}/performances", owed | {"performed_on": "2026-03-02"})
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
    assert (await desk.done("sessions", body, person="m2"))["number"] == 2


@pytest.mark.slow
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
            refused = await desk.post("acceptance", {"decision": "accept"}, f"c{n}", person="m9")
            assert refused.status_code == 403
        done = await desk.done("acceptance", {"decision": "accept"}, case_id=f"c{n}")
        numbers.append(done["dossier_number"].split("第")[1])
    assert numbers == ["1号", "1号", "2号", "3号"]
    desk.h.clock.set(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    await desk.register("c9")
    await desk.assign("c9")
    done = await desk.done("acceptance", {"decision": "accept"}, case_id="c9")
    assert done["dossier_number"] == "(2027)锦江区人调字第1号"


async def test_a_refusal_to_sign_ends_the_case_unless_something_binds_already(desk: Any) -> None:
    draft = {"form": "written", "content": "乙方赔偿", "obligations": [OWED]}
    refusal = {"party_id": "b", "given": False}
    await desk.to_mediating("c1")
    await desk.done("agreements", draft)
    assert (await desk.done("consents", refusal))["state"] == "terminated"
    await desk.to_mediating("c2")
    bound = await desk.done("agreements", draft | {"form": "oral"}, case_id="c2")
    assert (await desk.done("agreements", draft, case_id="c2"))["state"] == "agreed"
    after = await desk.done("consents", refusal, case_id="c2")
    assert (after["state"], after["guidance"]) == ("effective", None)
    shown = (await desk.get("/cases/c2/casework")).json()
    kept = {a["agreement_id"]: a["replaced"] for a in shown["agreements"]}
    assert kept.pop(bound["agreement_id"]) is False
    assert list(kept.values()) == [True]
    assert (await desk.stated()).count("CaseTerminated") == 1
