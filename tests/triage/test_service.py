"""The service as it runs: facts in, assessments kept, facts out, answers by HTTP."""

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from triage.hearing import NOW, PARTIES, TOLD, heard, registered, supplemented

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseAnalyzed,
    CaseAssessed,
    MediatorAssigned,
    PersonalDataErased,
    ReferralReceived,
)
from fengqiao_contracts.values import PartyRef
from fengqiao_triage import store
from fengqiao_triage.rules import POLICY


async def test_a_registered_case_is_analyzed_and_then_assessed(h: Harness) -> None:
    analyzed, assessed = await heard(h, registered("c1"))

    assert isinstance(analyzed, CaseAnalyzed)
    assert isinstance(assessed, CaseAssessed)
    assert (assessed.grade, assessed.revision, assessed.previous) == ("yellow", 1, None)
    assert analyzed.people == 12
    assert analyzed.pii is not None
    assert len(analyzed.pii.quotes) == sum(len(f.spans) for f in analyzed.flags)
    assert all(quote in TOLD for quote in analyzed.pii.quotes)


async def test_new_words_turn_yellow_into_red(h: Harness) -> None:
    facts = await heard(h, registered("c1"), supplemented("c1", "他说要拿刀"))

    first, second = (f for f in facts if isinstance(f, CaseAssessed))
    assert (first.grade, second.grade) == ("yellow", "red")
    assert (second.revision, second.previous) == (2, "yellow")
    assert [s.part for f in second.factors if f.code == "threat" for s in f.spans] == [1]
    assert "report_to_police" in [s.rule for s in second.screening]


async def test_a_later_calm_word_does_not_lower_a_red(h: Harness) -> None:
    facts = await heard(
        h,
        registered("c1", "他拿刀砍我，楼上漏水"),
        supplemented("c1", "现在没有争吵了，情绪平稳", 1, "correction"),
    )

    assert [f.grade for f in facts if isinstance(f, CaseAssessed)] == ["red", "red"]


async def test_a_batch_is_assessed_case_by_case(h: Harness) -> None:
    cases = [registered(f"c{i}", TOLD if i % 2 else "他扬言要砍死我") for i in range(60)]
    facts = await heard(h, *cases)

    grades = {f.case_id: f.grade for f in facts if isinstance(f, CaseAssessed)}
    assert len(grades) == 60
    assert set(grades.values()) == {"yellow", "red"}
    assert all(grade == ("yellow" if int(c[1:]) % 2 else "red") for c, grade in grades.items())


async def test_the_form_and_the_parties_count(h: Harness) -> None:
    parties = (*PARTIES, PartyRef(party_id="p2", role="respondent", kind="company"))
    case = registered(
        "c1", "请问怎么处理，希望尽快解决", parties=parties, people_count=60, amount=Decimal(1000)
    )
    analyzed, assessed, _ = await heard(h, case)

    assert (analyzed.people, analyzed.amount) == (60, Decimal(1000))
    assert analyzed.type != "00"
    assert assessed.grade == "red"


async def test_the_assessment_is_answered_with_evidence_and_history(h: Harness) -> None:
    await heard(h, registered("c1"), supplemented("c1", "他说要拿刀"))
    client = h.client("triage", role="district", areas=["510104"])

    body = (await client.get("/cases/c1/assessment")).json()
    assert body["risk"] == "red"
    assert body["type"].keys() == {"code", "name"}
    [threat] = [f for f in body["factors"] if f["code"] == "threat"]
    assert threat["evidence"] == [{"text": "要拿刀", "start": 2, "end": 5, "part": 1}]
    assert [r["risk"] for r in body["history"]] == ["red", "yellow"]
    assert body["policy_version"] == POLICY
    assert set(body["missing"]) == {q["code"] for q in body["questions"]}


async def test_who_may_not_read_contents_sees_places_only(h: Harness) -> None:
    await heard(h, registered("c1", "他扬言要砍死我"))

    body = (
        await h.client("triage", role="admin", areas=["510100"]).get("/cases/c1/assessment")
    ).json()
    assert body["risk"] == "red"
    assert {e["text"] for f in body["factors"] for e in f["evidence"]} == {None}


async def test_a_case_of_another_district_is_not_here(h: Harness) -> None:
    await heard(h, registered("c1"))
    answer = await h.client("triage", role="district", areas=["510105"]).get("/cases/c1/assessment")

    assert answer.status_code == 404
    unknown = await h.client("triage", role="city", areas=["510100"]).get(
        "/cases/nobody/assessment"
    )
    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (404, "not-here-yet")
    assert unknown.headers["retry-after"]


async def test_mediators_and_referrers_see_what_is_theirs(h: Harness) -> None:
    assigned = MediatorAssigned(
        case_id="c1",
        assignment_id="a1",
        committee_id="k1",
        mediator_id="m1",
        grade="yellow",
        registry_sequence=1,
        reasons=(),
        assigned_at=NOW,
    )
    referred = ReferralReceived(
        case_id="c1",
        referral_id="r1",
        system="court",
        number="1",
        channel="court",
        received_at=NOW,
        first=True,
    )
    await heard(h, registered("c1"), referred, assigned)
    async with h.read("triage") as tx:
        row = await tx.one(select(store.cases))
    assert row is not None
    assert (row.mediator, row.referrers) == ("m1", "|court|")

    withdrawn = AssignmentWithdrawn(
        case_id="c1", assignment_id="a1", mediator_id="m1", reason="leave", withdrawn_at=NOW
    )
    await heard(h, withdrawn)
    async with h.read("triage") as tx:
        assert await tx.scalar(select(store.cases.c.mediator)) is None


async def test_erasure_takes_the_words_and_leaves_the_assessment(h: Harness) -> None:
    await heard(h, registered("c1"), PersonalDataErased(case_id="c1", reason="r", erased_at=NOW))
    client = h.client("triage", role="city", areas=["510100"])

    async with h.read("triage") as tx:
        assert await tx.scalar(select(store.inputs.c.text)) is None
    body = (await client.get("/cases/c1/assessment")).json()
    assert body["risk"] == "yellow"
    assert {e["text"] for f in body["factors"] for e in f["evidence"]} == {None}
    again = (await client.get("/cases/c1/assessment/replay")).json()
    assert (again["same"], again["texts_erased"]) == (True, True)


async def test_a_short_answer_cannot_be_found_by_trying_words(h: Harness) -> None:
    await heard(h, registered("c1"), supplemented("c1", "有刀"))

    tried = hashlib.sha256("有刀".encode()).hexdigest()
    async with h.read("triage") as tx:
        marks = await tx.all(select(store.inputs.c.sha256))
        kept = await tx.all(select(store.assessments.c.inputs))
    assert len({row.sha256 for row in marks}) == 2
    assert tried not in {row.sha256 for row in marks}
    assert tried not in str([row.inputs for row in kept])


async def test_an_assessment_is_replayed_bit_for_bit(h: Harness) -> None:
    await heard(h, registered("c1"), supplemented("c1", "他说要拿刀"))
    client = h.client("triage", role="city", areas=["510100"])

    for revision in (1, 2):
        answer = await client.get("/cases/c1/assessment/replay", params={"revision": revision})
        body = answer.json()
        assert (body["same"], body["texts_erased"], body["revision"]) == (True, False, revision)
        assert body["stored"] == body["computed"]


async def test_an_open_safety_question_raises_the_grade_once_after_three_days(h: Harness) -> None:
    await heard(h, registered("c1", "楼上邻居漏水，听说他想自杀。"))
    h.clock.set(NOW + timedelta(days=2, hours=23))
    facts = await heard(h)
    assert [f.grade for f in facts if isinstance(f, CaseAssessed)] == ["blue"]

    h.clock.set(NOW + timedelta(days=3, minutes=1))
    await heard(h)
    h.clock.set(NOW + timedelta(days=9))
    facts = await heard(h)
    assert [f.grade for f in facts if isinstance(f, CaseAssessed)] == ["blue", "yellow"]


async def test_an_answer_in_time_stops_the_clock(h: Harness) -> None:
    answer = supplemented("c1", "已核实，没有这回事。", 1, "answer")
    await heard(h, registered("c1", "楼上邻居漏水，听说他想自杀。"), answer)
    h.clock.set(NOW + timedelta(days=4))

    facts = await heard(h)
    assert [f.grade for f in facts if isinstance(f, CaseAssessed)] == ["blue", "blue"]


async def test_a_dry_run_keeps_nothing(h: Harness) -> None:
    client = h.client("triage", role="clerk", areas=["510104"])
    body = (
        await client.post("/analyze", json={"text": TOLD, "supplements": ["他说要拿刀"]})
    ).json()

    assert body["risk"] == "red"
    assert body["people"] == 12
    async with h.read("triage") as tx:
        assert await tx.all(select(store.cases)) == []


BAD_DRY_RUNS: list[dict[str, Any]] = [
    {},
    {"text": ""},
    {"text": "x" * 20_001},
    {"text": 5},
    {"text": "a", "colour": "blue"},
    {"text": "a", "amount": -1},
    {"text": "a", "people_count": -3},
    {"text": "a\u0000b"},
]


async def test_a_bad_dry_run_names_the_field(h: Harness, subtests: pytest.Subtests) -> None:
    for body in BAD_DRY_RUNS:
        with subtests.test(str(body)[:80]):
            answer = await h.client("triage", role="clerk", areas=["510104"]).post(
                "/analyze", json=body
            )

            assert answer.status_code == 422
            assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_party_may_not_ask_for_grades(h: Harness) -> None:
    await heard(h, registered("c1"))
    client = h.client("triage", role="party", areas=[])

    assert (await client.get("/cases/c1/assessment")).status_code == 403
    assert (await client.post("/analyze", json={"text": "a"})).status_code == 403
