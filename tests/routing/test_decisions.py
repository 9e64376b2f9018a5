"""A dispatcher's decisions and the dry run, by the public routes."""

from __future__ import annotations

from typing import Any

import pytest
from routing.town import STREET, Town

from fengqiao_contracts.facts import PersonalDataErased

pytestmark = pytest.mark.slow

NOTE = "双方当事人均到场表示愿意调解"


def decision(outlet: str = "mediation", **more: Any) -> dict[str, Any]:
    return {"outlet": outlet, "reason": NOTE, **more}


async def decide(town: Town, case_id: str = "c1", **body: Any) -> dict[str, Any]:
    answer = await town.post(f"/cases/{case_id}/routing", decision(**body))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused(town: Town, **body: Any) -> tuple[int, str]:
    answer = await town.post("/cases/c1/routing", decision(**body))
    return answer.status_code, answer.text


async def test_a_dispatcher_gives_an_unclear_case_to_a_unit(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    view = await decide(town, unit_id="street")
    assert (view["state"], view["mediator"], view["rule"]) == ("assigned", {"id": "m1"}, "H-1")
    assert view["history"][-1]["note"] == NOTE
    assert await town.said("c1") == ["CaseWaitlisted", "CaseRouted", "MediatorAssigned"]


async def test_without_a_unit_the_table_finds_one(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    assert (await decide(town))["unit"]["id"] == "street"


async def test_a_full_unit_lets_the_case_wait_there_and_nowhere_else(town: Town) -> None:
    await town.admit("m2", "district", capacity=5)
    await town.case("c1", "U")
    view = await decide(town, unit_id="street")
    assert (view["state"], view["unit"]["id"]) == ("waiting", "street")
    await town.admit("m1")
    assert (await town.routing("c1"))["mediator"] == {"id": "m1"}


async def test_the_words_of_a_dispatcher_stay_in_the_decision(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    await decide(town, unit_id="street")
    assert all(NOTE not in fact.model_dump_json() for fact in await town.facts("c1"))
    seen = await town.get("/cases/c1/routing", "clerk", "510104")
    assert NOTE not in seen.text
    erased = PersonalDataErased(case_id="c1", reason="request", erased_at=town.h.clock.now())
    await town.state("intake", erased, STREET)
    assert (await town.routing("c1"))["history"][-1]["note"] is None


async def test_a_dispatcher_redirects_and_later_assessments_respect_it(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    view = await decide(town, outlet="arbitration")
    assert (view["state"], view["outlet"]) == ("redirected", "arbitration")
    assert "仲裁" in view["guidance"]
    assert (await town.said("c1"))[2:] == ["AssignmentWithdrawn", "CaseRedirected"]
    await town.assess("c1", "M", "yellow")
    assert (await town.routing("c1"))["outlet"] == "arbitration"
    await town.assess("c1", "D", "red")
    assert (await town.routing("c1"))["outlet"] == "police"


async def test_a_dispatcher_reassigns_and_the_freed_place_is_used(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.case("c2", "U")
    await decide(town, "c2", unit_id="street")
    await town.admit("m2", "district", specialities=("13",))
    assert (await town.routing("c2"))["state"] == "waiting"
    view = await decide(town, mediator_id="m2")
    assert (view["mediator"], view["unit"]["id"]) == ({"id": "m2"}, "district")
    assert (await town.routing("c2"))["mediator"] == {"id": "m1"}


async def test_an_accepted_case_moves_within_its_committee_only(town: Town) -> None:
    await town.admit("m1")
    await town.admit("m3", "district")
    await town.case("c1")
    await town.accept("c1", "m1")
    await town.admit("m2")
    assert (await refused(town, mediator_id="m3"))[0] == 409
    assert (await refused(town, outlet="court"))[0] == 409
    view = await decide(town, mediator_id="m2")
    assert view["mediator"] == {"id": "m2"}
    assert (await town.said("c1"))[2:] == ["AssignmentWithdrawn", "MediatorAssigned"]


async def test_a_full_or_absent_mediator_is_refused_and_nothing_changes(town: Town) -> None:
    await town.admit("m1")
    await town.admit("m2", "district")
    await town.case("c1")
    await town.case("c2")
    before = await town.routing("c1")
    assert before["mediator"] == {"id": "m1"}
    status, text = await refused(town, mediator_id="m2")
    assert (status, "mediator-full" in text) == (409, True)
    await town.suspend("m2")
    status, text = await refused(town, mediator_id="m2")
    assert (status, "mediator-not-assignable" in text) == (409, True)
    assert (await refused(town, mediator_id="m1"))[0] == 409
    assert await town.routing("c1") == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"mediator_id": "nobody"}, 404),
        ({"unit_id": "nowhere"}, 404),
        ({"unit_id": "district", "mediator_id": "m1"}, 422),
        ({"outlet": "court", "unit_id": "street"}, 422),
        ({"outlet": "moon"}, 422),
        ({"reason": ""}, 422),
        ({"surprise": 1}, 422),
    ],
)
async def test_a_wrong_decision_is_refused_by_name(
    town: Town, body: dict[str, Any], status: int
) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    answer = await town.post("/cases/c1/routing", decision() | body)
    assert answer.status_code == status, answer.text
    assert await town.said("c1") == ["CaseWaitlisted"]


@pytest.mark.parametrize("suitability", list("ACJDN"))
async def test_nobody_assigns_a_mediator_to_what_is_not_for_mediation(
    town: Town, suitability: str
) -> None:
    await town.admit("m1")
    await town.case("c1", suitability)
    assert (await refused(town, unit_id="street"))[0] == 409
    assert await town.said("c1") == ["CaseRedirected"]


async def test_only_dispatchers_decide_and_only_in_their_area(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    for role in ("mediator", "clerk", "auditor"):
        answer = await town.post("/cases/c1/routing", decision(), role, "510104")
        assert answer.status_code == 403
    foreign = await town.post("/cases/c1/routing", decision(), "district", "510105")
    assert foreign.status_code == 409
    assert (await town.get("/cases/c1/routing", "district", "510105")).status_code == 404
    own = await town.post("/cases/c1/routing", decision(), "district", "510104")
    assert own.status_code == 200, own.text


QUESTION = {
    "channel": "self",
    "type": "02",
    "suitability": "M",
    "grade": "blue",
    "area": "510104018",
}


async def test_a_dry_run_names_outlet_unit_mediator_and_ladder_and_stores_nothing(
    town: Town,
) -> None:
    await town.admit("m1")
    first = (await town.post("/route", QUESTION)).json()
    assert (first["outlet"], first["rule"]) == ("mediation", "M-B")
    assert (first["unit"]["id"], first["mediator"]) == ("street", {"id": "m1"})
    assert [rung["step"] for rung in first["ladder"]] == ["street", "district"]
    assert first["source"]
    assert (await town.post("/route", QUESTION)).json() == first
    assert (await town.get("/waiting")).json()["total"] == 0


async def test_a_dry_run_of_a_crime_names_police_and_papers(town: Town) -> None:
    answer = (await town.post("/route", QUESTION | {"suitability": "C"})).json()
    assert (answer["outlet"], answer["mediator"], answer["ladder"]) == ("police", None, [])
    assert "110" in answer["guidance"]


async def test_a_dry_run_says_why_nobody_would_take_the_case(town: Town) -> None:
    assert (await town.post("/route", QUESTION)).json()["waiting"] == "no_mediator_free"
    unclear = (await town.post("/route", QUESTION | {"suitability": "U"})).json()
    assert (unclear["waiting"], unclear["outlet"]) == ("human_decision", None)
    elsewhere = (await town.post("/route", QUESTION | {"area": "510106"})).json()
    assert elsewhere["waiting"] == "no_unit"


@pytest.mark.parametrize("wrong", [{"area": "999999"}, {"type": "77"}, {"grade": "green"}])
async def test_a_dry_run_refuses_unknown_codes(town: Town, wrong: dict[str, str]) -> None:
    assert (await town.post("/route", QUESTION | wrong)).status_code == 422
