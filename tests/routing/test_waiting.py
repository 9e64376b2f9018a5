"""Who waits, in which order they are served, and what happens when a mediator leaves or comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from routing.town import DISTRICT, NOON, STREET, Town

from fengqiao_contracts.facts import (
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    ReferralReceived,
)

pytestmark = pytest.mark.slow


async def holder(town: Town, case_id: str) -> str | None:
    mediator = (await town.routing(case_id))["mediator"]
    return mediator["id"] if mediator else None


async def test_a_case_waits_when_nobody_is_free_and_says_where(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.case("c2")
    waits = await town.last("c2")
    assert (waits.reason, waits.unit_id) == ("no_mediator_free", "street")
    page = (await town.get("/waiting")).json()
    assert page["total"] == 1
    assert page["items"][0]["case_id"] == "c2"
    assert page["items"][0]["unit"]["id"] == "street"


async def test_a_freed_place_goes_to_the_most_urgent_then_to_the_first(town: Town) -> None:
    await town.admit("m1")
    await town.case("c0")
    await town.case("blue")
    await town.case("yellow-1", "M", "yellow")
    await town.case("yellow-2", "M", "yellow")
    order = [item["case_id"] for item in (await town.get("/waiting")).json()["items"]]
    assert order == ["yellow-1", "yellow-2", "blue"]
    served = []
    current = "c0"
    for _ in range(3):
        await town.close(current)
        held = [name for name in order if name not in served and await holder(town, name)]
        assert len(held) == 1
        current = held[0]
        served.append(current)
    assert served == order


async def test_an_admitted_mediator_takes_what_waits_as_far_as_his_capacity(town: Town) -> None:
    for number in range(3):
        await town.case(f"c{number}")
    await town.admit("m1", capacity=2)
    assert [await holder(town, f"c{n}") for n in range(3)] == ["m1", "m1", None]


async def test_a_waiting_case_is_served_by_any_unit_of_its_ladder(town: Town) -> None:
    await town.case("c1")
    await town.admit("m1", "district")
    routed = (await town.facts("c1"))[1]
    assert (type(routed).__name__, routed.unit_id) == ("CaseRouted", "district")


async def test_a_red_case_does_not_go_down_to_the_street(town: Town) -> None:
    await town.case("c1", "M", "red")
    await town.admit("m1", "street")
    assert await holder(town, "c1") is None


async def test_a_higher_grade_moves_a_waiting_case_forward_but_keeps_its_time(town: Town) -> None:
    await town.admit("m1")
    for name in ("c0", "c1", "c2"):
        await town.case(name)
    since = (await town.routing("c2"))["waiting"]["since"]
    town.h.clock.advance(timedelta(hours=1))
    await town.assess("c2", "M", "yellow")
    assert (await town.routing("c2"))["waiting"]["since"] == since
    assert await town.said("c2") == ["CaseWaitlisted"]
    await town.close("c0")
    assert await holder(town, "c2") == "m1"


async def test_more_capacity_serves_who_waits(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.case("c2")
    fact = MediatorChanged(
        mediator_id="m1",
        committee_id="street",
        area_path=STREET,
        specialities=("02",),
        grade=3,
        capacity=2,
        changed_at=NOON,
    )
    await town.state("mediator-registry", fact, DISTRICT)
    assert await holder(town, "c2") == "m1"
    assert (await town.last("c2")).registry_sequence == 2


async def test_less_capacity_takes_no_case_away_and_gives_none(town: Town) -> None:
    await town.admit("m1", capacity=2)
    await town.case("c1")
    await town.case("c2")
    fact = MediatorChanged(
        mediator_id="m1",
        committee_id="street",
        area_path=STREET,
        specialities=("02",),
        grade=3,
        capacity=1,
        changed_at=NOON,
    )
    await town.state("mediator-registry", fact, DISTRICT)
    await town.case("c3")
    await town.close("c1")
    assert [await holder(town, name) for name in ("c2", "c3")] == ["m1", None]
    await town.close("c2")
    assert await holder(town, "c3") == "m1"


async def test_a_suspended_mediators_open_cases_move_on(town: Town) -> None:
    await town.admit("m1", capacity=3)
    for number in range(3):
        await town.case(f"c{number}")
    await town.close("c0")
    await town.admit("m2", capacity=1)
    await town.suspend("m1")
    assert await town.said("c1") == [
        "CaseRouted",
        "MediatorAssigned",
        "AssignmentWithdrawn",
        "CaseRouted",
        "MediatorAssigned",
    ]
    withdrawn = (await town.facts("c1"))[2]
    assert (withdrawn.mediator_id, withdrawn.reason) == ("m1", "mediator_suspended")
    assert (await town.said("c2"))[-2:] == ["AssignmentWithdrawn", "CaseWaitlisted"]
    assert (await town.said("c0"))[-1] == "MediatorAssigned"
    await town.case("c4")
    assert await holder(town, "c4") is None


async def test_an_accepted_case_stays_with_its_committee(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.accept("c1", "m1")
    await town.admit("other", "district", capacity=5)
    await town.admit("m2", capacity=1)
    await town.suspend("m1")
    assert (await town.said("c1"))[2:] == ["AssignmentWithdrawn", "MediatorAssigned"]
    assert (await town.last("c1")).mediator_id == "m2"


async def test_an_accepted_case_waits_at_its_committee_rather_than_leave_it(town: Town) -> None:
    await town.admit("m1")
    await town.case("c1")
    await town.accept("c1", "m1")
    await town.admit("other", "district", capacity=5)
    await town.admit("m2")
    await town.case("c2")
    await town.suspend("m1")
    waits = await town.last("c1")
    assert (waits.reason, waits.unit_id) == ("no_mediator_free", "street")
    await town.close("c2")
    assert await holder(town, "c1") == "m2"


async def test_a_case_kept_against_its_verdict_waits_for_a_human_when_its_mediator_leaves(
    town: Town,
) -> None:
    await town.admit("m1")
    await town.admit("m2")
    await town.case("c1")
    await town.accept("c1", "m1")
    await town.assess("c1", "J")
    await town.suspend("m1")
    assert (await town.last("c1")).reason == "human_decision"


async def test_the_reinstated_take_cases_again_and_the_retired_never(town: Town) -> None:
    back = MediatorReinstated(mediator_id="m1", reinstated_at=NOON)
    await town.admit("m1")
    await town.suspend("m1")
    await town.case("c1")
    await town.state("mediator-registry", back, DISTRICT)
    assert await holder(town, "c1") == "m1"
    gone = MediatorRetired(mediator_id="m1", reason="resigned", retired_at=NOON)
    await town.state("mediator-registry", gone, DISTRICT)
    assert (await town.said("c1"))[-1] == "CaseWaitlisted"
    await town.state("mediator-registry", back, DISTRICT)
    assert await holder(town, "c1") is None


async def test_a_case_without_a_unit_finds_one_that_is_entered_later(town: Town) -> None:
    far = "/510100/510106/510106024/"
    await town.case("c1", path=far)
    assert (await town.last("c1")).reason == "no_unit"
    await town.unit("far", "street", far)
    assert (await town.last("c1")).reason == "no_mediator_free"
    await town.admit("m9", "far", area_path=far)
    assert await holder(town, "c1") == "m9"


async def test_a_unit_that_closes_sends_its_waiting_cases_on(town: Town) -> None:
    await town.case("c1")
    await town.unit("street", "street", STREET, active=False)
    assert (await town.last("c1")).unit_id == "district"
    await town.admit("m1", "street")
    assert await holder(town, "c1") is None


async def test_a_referral_lets_its_system_see_the_case_and_disturbs_nothing(town: Town) -> None:
    await town.case("c1")
    fact = ReferralReceived(
        case_id="c1",
        referral_id="r1",
        system="court-1",
        number="1",
        channel="court",
        received_at=NOON,
        first=True,
    )
    await town.state("intake", fact, STREET)
    assert await town.said("c1") == ["CaseWaitlisted"]


@pytest.mark.parametrize(("reason", "total"), [("no_mediator_free", 1), ("human_decision", 2)])
async def test_the_waiting_list_is_filtered_by_reason_and_paged(
    town: Town, reason: str, total: int
) -> None:
    await town.case("c1")
    await town.case("c2", "U")
    await town.case("c3", "U")
    page = (await town.get(f"/waiting?reason={reason}&size=1")).json()
    assert (page["total"], len(page["items"])) == (total, 1)
    assert (await town.get("/waiting?unit_id=street")).json()["total"] == 1
    assert (await town.get("/waiting", "mediator", "510104")).status_code == 403
