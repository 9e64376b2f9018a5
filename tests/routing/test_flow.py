"""An assessed case gets its outlet, unit and mediator; a later assessment changes what it must."""

from __future__ import annotations

import pytest
from routing.town import CITY, DISTRICT, OTHER, STREET, Town

from fengqiao_contracts.facts import AgreementReached, CaseRefused, CaseTerminated
from fengqiao_contracts.values import Obligation

pytestmark = pytest.mark.slow


async def test_a_case_fit_for_mediation_gets_unit_and_mediator_with_reasons(town: Town) -> None:
    await town.admit("m1")
    await town.admit("m2", specialities=("13",))
    await town.case("c1")
    routed, assigned = await town.facts("c1")
    assert (routed.outlet, routed.unit_id, routed.unit_kind) == ("mediation", "street", "street")
    assert routed.rule == "M-B"
    assert routed.table_version == "routing-1"
    assert {one.id for one in routed.alternatives} == {"professional", "community"}
    assert (assigned.mediator_id, assigned.committee_id) == ("m1", "street")
    assert [(one.id, one.reason) for one in assigned.alternatives] == [("m2", "专长不符")]
    assert assigned.registry_sequence == 1
    view = await town.routing("c1")
    assert (view["state"], view["mediator"]) == ("assigned", {"id": "m1"})
    assert view["unit"]["name"] == "street调委会"
    assert view["rule"] == "M-B"
    assert view["reasons"]
    assert len(view["history"]) == 1


@pytest.mark.parametrize(
    ("suitability", "type_", "outlet"),
    [
        ("N", "99", "consultation"),
        ("M", "00", "consultation"),
        ("A", "05", "department"),
        ("A", "08", "reconsideration"),
        ("C", "06", "police"),
        ("J", "04", "court"),
        ("D", "01", "police"),
    ],
)
async def test_what_is_not_for_mediation_gets_its_outlet_and_no_mediator(
    town: Town, suitability: str, type_: str, outlet: str
) -> None:
    await town.admit("m1", capacity=9, specialities=("04", "05", "06", "01", "08", "99"))
    await town.case("c1", suitability, "red", type_)
    (redirected,) = await town.facts("c1")
    assert type(redirected).__name__ == "CaseRedirected"
    assert redirected.outlet == outlet
    assert redirected.reasons
    assert "材料" in redirected.guidance
    view = await town.routing("c1")
    assert (view["outlet"], view["mediator"], view["unit"]) == (outlet, None, None)


async def test_an_unclear_case_waits_for_a_human(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    (waits,) = await town.facts("c1")
    assert (type(waits).__name__, waits.reason) == ("CaseWaitlisted", "human_decision")
    view = await town.routing("c1")
    assert (view["state"], view["outlet"], view["waiting"]["reason"]) == (
        "waiting",
        None,
        "human_decision",
    )
    assert view["alternatives"]


async def test_an_unclear_case_that_becomes_clear_is_placed(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "U")
    await town.assess("c1", "M")
    assert await town.said("c1") == ["CaseWaitlisted", "CaseRouted", "MediatorAssigned"]


async def test_a_red_case_goes_to_the_district_and_its_highest_grade(town: Town) -> None:
    await town.admit("near", "street")
    await town.admit("plain", "district", grade=4)
    await town.admit("chief", "district", grade=1)
    await town.case("c1", "M", "red")
    routed, assigned = await town.facts("c1")
    assert (routed.unit_id, assigned.mediator_id) == ("district", "chief")
    assert "专家会诊" in routed.reasons[0]


async def test_the_street_overflows_to_the_district_and_says_why(town: Town) -> None:
    await town.admit("m1", "street")
    await town.admit("m2", "district")
    await town.case("c1")
    await town.case("c2")
    routed = (await town.facts("c2"))[0]
    assert routed.unit_id == "district"
    assert {a.id: a.reason for a in routed.alternatives}["street"].endswith("调解员均已满负荷")


async def test_a_case_reaches_no_other_district(town: Town) -> None:
    await town.unit("elsewhere", "district", OTHER)
    await town.admit("m1", "elsewhere", area_path=OTHER, capacity=9)
    await town.case("c1")
    assert (await town.last("c1")).reason == "no_mediator_free"


async def test_a_case_known_to_the_city_only_is_spread_over_the_districts(town: Town) -> None:
    await town.unit("elsewhere", "district", OTHER)
    await town.admit("m1", "elsewhere", area_path=OTHER, capacity=4)
    await town.admit("m2", "district", capacity=4)
    for number in range(4):
        await town.case(f"c{number}", path=CITY, channel="petition")
    units = [(await town.facts(f"c{number}"))[0].unit_id for number in range(4)]
    assert sorted(units) == ["district", "district", "elsewhere", "elsewhere"]


async def test_a_petition_goes_to_the_petition_committee(town: Town) -> None:
    await town.unit("pet", "professional", DISTRICT, specialities=("99",))
    await town.admit("m1", "street")
    await town.state(
        "mediator-registry",
        (await town.h.facts("fengqiao.registry"))[-1].fact.model_copy(update={"capacity": 5}),
        DISTRICT,
    )
    await town.unit("xf", "professional", DISTRICT, specialities=("08", "petition"))
    await town.admit("m2", "xf")
    await town.case("c1", channel="petition")
    routed = (await town.facts("c1"))[0]
    assert (routed.unit_id, routed.rule) == ("xf", "M-P-B")


async def test_a_higher_grade_keeps_the_mediator_and_is_remembered(town: Town) -> None:
    await town.admit("m1")
    await town.admit("chief", "district", grade=1)
    await town.case("c1", "M", "yellow")
    await town.assess("c1", "M", "red")
    assert await town.said("c1") == ["CaseRouted", "MediatorAssigned"]
    view = await town.routing("c1")
    assert view["mediator"] == {"id": "m1"}
    assert [one["action"] for one in view["history"]] == ["assigned", "kept"]
    assert view["history"][1]["grade"] == "red"


async def test_before_acceptance_another_outlet_withdraws_the_mediator(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.case("c2")
    await town.assess("c1", "J")
    said = await town.facts("c1")
    assert [type(f).__name__ for f in said[2:]] == ["AssignmentWithdrawn", "CaseRedirected"]
    assert said[2].reason == "regraded"
    assert await town.said("c2") == ["CaseWaitlisted", "CaseRouted", "MediatorAssigned"]


async def test_after_acceptance_only_danger_or_crime_stops_the_mediation(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.accept("c1", "m1")
    await town.assess("c1", "J")
    assert (await town.said("c1"))[2:] == []
    await town.assess("c1", "D", "red")
    assert (await town.said("c1"))[2:] == ["AssignmentWithdrawn", "CaseRedirected"]
    assert (await town.last("c1")).outlet == "police"


async def test_after_an_agreement_no_assessment_takes_the_case_away(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.accept("c1", "m1")
    owed = Obligation(obligation_id="o1", debtor="b", due_on="2026-04-01")  # type: ignore[arg-type]
    fact = AgreementReached(
        case_id="c1",
        agreement_id="a1",
        number="1",
        form="oral",
        obligations=(owed,),
        reached_at=town.h.clock.now(),
    )
    await town.state("mediation", fact, STREET)
    await town.assess("c1", "D", "red")
    assert (await town.said("c1"))[2:] == []
    assert (await town.routing("c1"))["mediator"] == {"id": "m1"}


async def test_the_same_assessment_again_changes_nothing(town: Town) -> None:
    await town.admit("m1", capacity=5)
    await town.case("c1")
    town.revisions["c1"] = 0
    await town.assess("c1", "D")
    assert await town.said("c1") == ["CaseRouted", "MediatorAssigned"]


async def test_a_redirected_case_that_turns_out_to_be_a_dispute_is_placed(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1", "N", "none", "00")
    await town.assess("c1", "M", "blue", "02")
    assert await town.said("c1") == ["CaseRedirected", "CaseRouted", "MediatorAssigned"]


@pytest.mark.parametrize("how", ["closed", "refused", "terminated"])
async def test_an_ended_case_frees_its_place_once(town: Town, how: str) -> None:
    await town.admit("m1")
    await town.case("c1")
    endings = {
        "refused": CaseRefused(
            case_id="c1",
            committee_id="street",
            reason="x",
            guidance="x",
            refused_at=town.h.clock.now(),
        ),
        "terminated": CaseTerminated(
            case_id="c1", reason="x", guidance="x", terminated_at=town.h.clock.now()
        ),
    }
    if how in endings:
        await town.state("mediation", endings[how], STREET)
    await town.close("c1")
    assert (await town.routing("c1"))["state"] == "ended"
    await town.case("c2")
    await town.case("c3")
    assert (await town.said("c2"))[-1] == "MediatorAssigned"
    assert (await town.said("c3"))[-1] == "CaseWaitlisted"


async def test_a_case_that_routing_has_not_met_is_not_here_yet(town: Town) -> None:
    assert (await town.get("/cases/nobody/routing")).status_code == 404
    body = {"outlet": "court", "reason": "当事人已经起诉"}
    assert (await town.post("/cases/nobody/routing", body)).status_code == 409
