"""Answers to questions: one supplement that says which question each of its words answers."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseSupplemented

pytestmark = pytest.mark.thorough

Dispute = Callable[..., dict[str, Any]]


async def registered(h: Harness, dispute: Dispute) -> str:
    answer = await h.client("intake", role="city").post("/cases", json=dispute())
    case_id: str = answer.json()["id"]
    return case_id


async def supplements(h: Harness) -> list[CaseSupplemented]:
    return [r.fact for r in await h.facts() if isinstance(r.fact, CaseSupplemented)]


async def test_answers_are_one_supplement_and_each_knows_its_words(
    h: Harness, dispute: Dispute
) -> None:
    case_id = await registered(h, dispute)
    body = {
        "answers": [
            {"question": "safety_threat", "says": "danger", "text": "他当面说要放火"},
            {"question": "safety_minor", "says": "no_danger"},
            {"question": "prior_attempts", "text": "没有找过人"},
            {"question": "local_pets", "text": "养了三条狗"},
        ],
        "people_count": 3,
        "amount": "1200.50",
    }
    client = h.client("intake", role="clerk", areas=["510104"])
    answer = await client.post(f"/cases/{case_id}/answers", json=body)

    assert answer.status_code == 201
    assert answer.json()["number"] == 1
    (fact,) = await supplements(h)
    assert fact.pii is not None
    assert (fact.kind, fact.people_count, str(fact.amount)) == ("answer", 3, "1200.50")
    said = [(a.code, a.says, fact.pii.text[a.start : a.end]) for a in fact.answers]
    assert said == [
        ("safety_threat", "danger", "他当面说要放火"),
        ("safety_minor", "no_danger", "否。"),
        ("prior_attempts", "given", "没有找过人"),
        ("local_pets", "given", "养了三条狗"),
    ]
    view = (await client.get(f"/cases/{case_id}")).json()
    assert [(s["number"], s["kind"]) for s in view["supplement_list"]] == [(1, "answer")]
    assert (view["people_count"], view["amount"]) == (3, "1200.50")


async def test_the_same_key_gives_the_same_answer_and_one_supplement(
    h: Harness, dispute: Dispute
) -> None:
    case_id = await registered(h, dispute)
    client = h.client("intake", role="city")
    body = {"answers": [{"question": "people", "text": "三户"}]}

    first, second = await asyncio.gather(
        *[
            client.post(f"/cases/{case_id}/answers", json=body, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
    )

    assert first.json() == second.json()
    assert len(await supplements(h)) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "answers"),
    ({"answers": []}, "answers"),
    ({"answers": [{"question": "safety_threat", "text": "有"}]}, "answers.0"),
    ({"answers": [{"question": "people"}]}, "answers.0"),
    ({"answers": [{"question": "peple", "text": "三户"}]}, "answers.0.question"),
    ({"answers": [{"question": "People", "text": "三户"}]}, "answers.0.question"),
    ({"answers": [{"question": "people", "text": "a\u0000b"}]}, "answers.0.text"),
    ({"answers": [{"question": "people", "text": "三户", "says": "yes"}]}, "answers.0.says"),
    ({"answers": [{"question": "people", "text": "三户"}] * 2}, "body"),
    (
        {"answers": [{"question": f"local_{n}", "text": "长" * 2000} for n in range(11)]},
        "body",
    ),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
async def test_a_wrong_answer_names_the_field(
    h: Harness, dispute: Dispute, body: dict[str, Any], field: str
) -> None:
    case_id = await registered(h, dispute)
    answer = await h.client("intake", role="city").post(f"/cases/{case_id}/answers", json=body)

    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert await supplements(h) == []


async def test_only_who_sees_the_case_may_answer(h: Harness, dispute: Dispute) -> None:
    case_id = await registered(h, dispute)
    body = {"answers": [{"question": "people", "text": "三户"}]}
    url = f"/cases/{case_id}/answers"
    other = h.client("intake", role="district", areas=["510105"])
    auditor = h.client("intake", role="auditor", areas=["510100"])
    party = h.client("intake", role="party", areas=[], person=case_id, id="receipt")

    assert (await other.post(url, json=body)).status_code == 404
    assert (await auditor.post(url, json=body)).status_code == 403
    assert (await party.post(url, json=body)).status_code == 201
