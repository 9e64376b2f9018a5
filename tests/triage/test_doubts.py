"""A reading that is too unsure is no answer: the case is U and waits, and staff are asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from triage.hearing import heard, registered

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseAnalyzed, CaseAssessed
from fengqiao_triage.domain.analysis import Analysis
from fengqiao_triage.domain.case import Judgement
from fengqiao_triage.domain.policy import LeastSure, doubted
from fengqiao_triage.policy_document import check
from fengqiao_triage.rules import POLICY, policy, signs_of, text_of

CLEAR = "楼上邻居装修把我家天花板泡坏了，我要求他赔偿三千元，他不肯赔，找物业调解过一次没有谈成。"
WARY = text_of(POLICY).replace(f"version: {POLICY}", "version: policy-wary", 1)
WARY = WARY.replace("{suitability: 0.5, type: 0.4}", "{suitability: 0.9, type: 0.9}", 1)
VAGUE = "说不清是怎么回事，反正这件事拖了很久一直没有人给个说法，大家心里都不舒服。"


def read(judged: Callable[..., Judgement], type_: float, suitability: float) -> Analysis:
    a = judged(CLEAR).read
    return replace(a, type_confidence=type_, suitability_confidence=suitability)


@pytest.mark.parametrize(
    ("type_", "suitability", "doubts"),
    [
        (0.39, 0.49, {"type", "suitability"}),
        (0.4, 0.5, set[str]()),
        (0.39, 0.5, {"type"}),
        (0.9, 0.49, {"suitability"}),
    ],
)
def test_what_is_below_the_policy_s_probability_is_in_doubt(
    judged: Callable[..., Judgement], type_: float, suitability: float, doubts: set[str]
) -> None:
    a = read(judged, type_, suitability)
    found = doubted(policy(POLICY), a)

    assert found.doubts == doubts
    assert found.suitability == ("U" if "suitability" in doubts else a.suitability)
    assert found.type == a.type


def test_what_a_human_said_is_not_doubted(judged: Callable[..., Judgement]) -> None:
    a = read(judged, 0.1, 0.1)

    assert doubted(policy(POLICY), a, ["suitability"]).doubts == {"type"}
    assert doubted(policy(POLICY), a, ["type", "suitability"]) == a


def test_earlier_policies_doubt_nothing(judged: Callable[..., Judgement]) -> None:
    a = read(judged, 0.1, 0.1)

    assert policy("policy-v2").least_sure == LeastSure()
    assert doubted(policy("policy-v2"), a) == a


def test_a_policy_that_asks_a_human_less_often_is_pointed_out() -> None:
    careless = WARY.replace("{suitability: 0.9, type: 0.9}", "{suitability: 0.1, type: 0.4}", 1)
    checked = check(careless, signs_of(), policy(POLICY))

    assert [(w.field, w.code) for w in checked.warnings] == [
        ("least_sure.suitability", "asks-less")
    ]


def staff(h: Harness, role: str = "clerk") -> httpx.AsyncClient:
    areas = ["510100"] if role == "admin" else ["510104"]
    return h.client("triage", role=role, areas=areas)


async def wary(h: Harness) -> None:
    """Bring in, and activate, a policy that doubts nearly everything."""
    admin = staff(h, "admin")
    answer = await admin.post("/policies", json={"yaml": WARY, "note": "多请人看"})
    assert answer.status_code == 201, answer.text
    body = {"reason": "试行：多请人看"}
    answer = await admin.post("/policies/policy-wary/activate", json=body)
    assert answer.status_code == 201, answer.text


async def assessment(h: Harness) -> dict[str, Any]:
    found: dict[str, Any] = (await staff(h).get("/cases/c1/assessment")).json()
    return found


@pytest.mark.thorough
async def test_an_unsure_case_waits_and_a_human_s_word_ends_the_doubt(both: Harness) -> None:
    await wary(both)
    facts = await heard(both, registered("c1", VAGUE))
    (analyzed,) = [f for f in facts if isinstance(f, CaseAnalyzed)]
    (assessed,) = [f for f in facts if isinstance(f, CaseAssessed)]
    said = await assessment(both)

    assert analyzed.suitability != "U"
    assert (assessed.suitability, said["likely"]) == ("U", analyzed.suitability)
    assert {"suitability_doubt", "type_doubt"} <= set(assessed.missing)

    body = {"suitability": "M", "type": said["type"]["code"], "reason": "电话核实，是邻里纠纷"}
    answer = await staff(both).post("/cases/c1/assessment/override", json=body)
    assert answer.status_code == 201, answer.text
    said = await assessment(both)
    assert (said["suitability"], said["likely"]) == ("M", None)
    assert not {"suitability_doubt", "type_doubt"} & set(said["missing"])


@pytest.mark.thorough
async def test_a_party_is_not_asked_what_only_staff_can_decide(both: Harness) -> None:
    await wary(both)
    await heard(both, registered("c1", VAGUE))
    party = both.client("triage", role="party", areas=[], person="c1", id="receipt")
    told = [
        {q["code"] for q in (await client.get("/cases/c1/questions")).json()["questions"]}
        for client in (staff(both), party)
    ]

    assert told[0] - told[1] == {"suitability_doubt", "type_doubt"}
