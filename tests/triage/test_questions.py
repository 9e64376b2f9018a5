"""Missing facts are asked in plain words; the answer re-grades; silence about danger raises once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from triage.hearing import NOW, heard, registered, supplemented

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import Answer, CaseAssessed
from fengqiao_triage.domain.answers import denies

pytestmark = pytest.mark.thorough

HEARSAY = "楼上邻居漏水，听说他想自杀。"
ASKED = "safety_selfharm"


def clerk(h: Harness) -> httpx.AsyncClient:
    return h.client("triage", role="clerk", areas=["510104"])


def answered(text: str, says: Any, code: str = ASKED, number: int = 1) -> Any:
    answer = Answer(code=code, says=says, start=0, end=len(text))
    return supplemented("c1", text, number, "answer", answers=(answer,))


def grades(facts: list[Any]) -> list[str]:
    return [f.grade for f in facts if isinstance(f, CaseAssessed)]


async def questions(h: Harness) -> dict[str, Any]:
    found: dict[str, Any] = (await clerk(h).get("/cases/c1/questions")).json()
    return found


async def codes(h: Harness) -> list[str]:
    return [q["code"] for q in (await questions(h))["questions"]]


async def test_what_is_missing_is_asked_in_both_languages(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY))
    found = await questions(both)

    first = found["questions"][0]
    assert (first["code"], first["safety"]) == (ASKED, True)
    assert first["zh"].endswith("？")
    assert first["en"].endswith("?")
    assert first["raises_at"] == (NOW + timedelta(days=3)).isoformat().replace("+00:00", "Z")
    assert {"people", "amount", "since"} <= {q["code"] for q in found["questions"]}
    assert [q["raises_at"] for q in found["questions"] if not q["safety"]] == [None] * (
        len(found["questions"]) - 1
    )


async def test_a_party_is_asked_but_not_told_what_raises_a_grade(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY))
    party = both.client("triage", role="party", areas=[], person="c1", id="receipt")
    found = (await party.get("/cases/c1/questions")).json()["questions"]

    assert found[0]["code"] == ASKED
    assert {(q["safety"], q["raises_at"]) for q in found} == {(None, None)}


async def test_a_danger_confirmed_by_a_code_is_red_with_the_answer_as_evidence(
    both: Harness,
) -> None:
    facts = await heard(both, registered("c1", HEARSAY), answered("是的", "danger"))

    assert grades(facts) == ["blue", "red"]
    view = (await clerk(both).get("/cases/c1/assessment")).json()
    (factor,) = [f for f in view["factors"] if f["code"] == "selfharm"]
    assert (1, "是的") in [(e["part"], e["text"]) for e in factor["evidence"]]
    assert ASKED not in await codes(both)
    replay = (await clerk(both).get("/cases/c1/assessment/replay")).json()
    assert replay["same"]


async def test_a_danger_denied_stops_the_clock(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY), answered("核实过，本人很好", "no_danger"))
    both.clock.set(NOW + timedelta(days=9))

    assert grades(await heard(both)) == ["blue", "blue"]
    assert ASKED not in await codes(both)
    shown = (await questions(both))["answered"]
    assert [(a["code"], a["says"], a["supplement"]) for a in shown] == [(ASKED, "no_danger", 1)]


async def test_not_known_is_no_answer_to_a_safety_question(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY), answered("联系不上", "unknown"))
    assert ASKED in await codes(both)
    both.clock.set(NOW + timedelta(days=3, minutes=1))

    assert grades(await heard(both)) == ["blue", "blue", "yellow"]


async def test_hearsay_after_a_denial_is_asked_again(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY), answered("没有的事", "no_danger"))
    await heard(both, supplemented("c1", "邻居听说他又想自杀", 2))

    assert ASKED in await codes(both)


async def test_an_answer_to_another_question_settles_no_danger(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY), answered("三户，没有别人", "given", "people"))
    assert ASKED in await codes(both)
    both.clock.set(NOW + timedelta(days=3, minutes=1))

    assert grades(await heard(both))[-1] == "yellow"


async def test_other_news_do_not_set_the_clock_back(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY))
    both.clock.set(NOW + timedelta(days=2))
    await heard(both, supplemented("c1", "物业说下周来修"))
    both.clock.set(NOW + timedelta(days=3, minutes=1))

    assert grades(await heard(both)) == ["blue", "blue", "yellow"]


async def test_it_is_raised_once_and_the_reason_is_kept_as_input(both: Harness) -> None:
    await heard(both, registered("c1", HEARSAY))
    for days in (4, 8, 12):
        both.clock.set(NOW + timedelta(days=days))
        await heard(both)
    await heard(both, supplemented("c1", "物业来看过"))
    facts = await heard(both)

    assert grades(facts) == ["blue", "yellow", "yellow"]
    replay = (await clerk(both).get("/cases/c1/assessment/replay")).json()
    assert replay["same"]
    assert (await questions(both))["questions"][0]["raises_at"] is None
    facts = await heard(both, answered("没有的事", "no_danger", number=2))
    assert grades(facts)[-1] == "blue"


async def test_words_close_a_question_but_a_number_stays_open_until_it_is_known(
    both: Harness,
) -> None:
    await heard(both, registered("c1", "楼上邻居漏水"))
    before = await codes(both)
    await heard(both, answered("从来没有", "given", "prior_attempts"))
    await heard(both, answered("说不清多少钱", "given", "amount", number=2))
    after = await codes(both)

    assert {"prior_attempts", "amount"} <= set(before)
    assert "prior_attempts" not in after
    assert "amount" in after


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("已核实，没有这回事。", True),
        ("无", True),
        ("不是他说的，是误传", True),
        ("No, never.", True),
        ("有", False),
        ("有的，不过没有受伤", False),
        ("是的", False),
        ("不清楚", False),
        ("还没联系上，不知道", False),
        ("他住三楼", False),
    ],
)
def test_only_a_denial_in_free_words_calms(text: str, denied: bool) -> None:
    assert denies(text) is denied


@pytest.mark.parametrize(("text", "last"), [("有", "yellow"), ("没有这回事", "blue")])
async def test_a_plain_answer_calms_only_by_denying(h: Harness, text: str, last: str) -> None:
    await heard(h, registered("c1", HEARSAY), supplemented("c1", text, 1, "answer"))
    h.clock.set(NOW + timedelta(days=4))

    assert grades(await heard(h))[-1] == last


async def test_questions_of_a_foreign_or_unknown_case_are_not_here(h: Harness) -> None:
    await heard(h, registered("c1", HEARSAY))
    foreign = h.client("triage", role="clerk", areas=["510105"])
    other = h.client("triage", role="party", areas=[], person="c2", id="receipt")
    auditor = h.client("triage", role="auditor", areas=["510100"])

    for client in (foreign, other):
        assert (await client.get("/cases/c1/questions")).status_code == 404
    assert (await clerk(h).get("/cases/nobody/questions")).status_code == 404
    assert (await auditor.get("/cases/c1/questions")).status_code == 403
