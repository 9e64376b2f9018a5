from datetime import timedelta

import pytest
from gateway.cases import (
    CHENGHUA,
    JINJIANG,
    accepted,
    assigned,
    committee,
    referred,
    registered,
    withdrawn,
)
from gateway.world import World

from fengqiao_gateway.domain.places import SLOTS
from fengqiao_gateway.handlers.facts import drop_old_facts
from fengqiao_gateway.settings import Settings

pytestmark = pytest.mark.slow


async def names(world: World, who: dict[str, str], after: str = "") -> list[str]:
    params = {"limit": 1000} | ({"after": after} if after else {})
    answer = await world.http.get("/v1/facts", headers=who, params=params)
    assert answer.status_code == 200, answer.text
    return [f"{f['subject']}:{f['type']}" for f in answer.json()["facts"]]


async def two_cases(world: World) -> None:
    await world.state(
        registered("c1", area=JINJIANG, system="court"), registered("c2", area=CHENGHUA)
    )
    await world.state(assigned("c1", "m1"), assigned("c2", "m2"))
    await world.settle()


async def test_each_reader_sees_the_facts_of_its_own_cases_only(world: World) -> None:
    await two_cases(world)
    own = {"c1:case.registered.v1", "c1:mediator.assigned.v1"}
    other = {"c2:case.registered.v1", "c2:mediator.assigned.v1"}
    assert (
        set(await names(world, await world.account("city", "city", areas=["510100"])))
        == own | other
    )
    assert set(await names(world, await world.account("jj", "district", areas=["510104"]))) == own
    assert set(await names(world, await world.account("ch", "district", areas=["510108"]))) == other
    assert set(await names(world, await world.account("m1", "mediator", person_id="m1"))) == own
    assert set(await names(world, await world.account("m3", "mediator", person_id="m3"))) == set()
    assert set(await names(world, await world.partner("court"))) == own
    assert set(await names(world, await world.partner("police"))) == set()


async def test_a_case_that_moves_to_another_mediator_moves_out_of_sight(world: World) -> None:
    await two_cases(world)
    who = await world.account("m1", "mediator", person_id="m1")
    await world.state(withdrawn("c1", "m1"))
    await world.state(assigned("c1", "m9"))
    await world.settle()
    assert await names(world, who) == []
    assert len(await names(world, await world.account("m9", "mediator", person_id="m9"))) == 4


async def test_a_later_referrer_sees_the_case_but_not_the_first_ones_number(world: World) -> None:
    await two_cases(world)
    await world.state(referred("c1", "police", "P-77"))
    await world.settle()
    key = await world.partner("police")
    facts = (await world.http.get("/v1/facts", headers=key)).json()["facts"]
    assert "P-77" in str(facts)
    assert "number-of-court" not in str(facts)
    court = (await world.http.get("/v1/facts", headers=await world.partner("court"))).json()
    assert "number-of-court" in str(court)
    assert "P-77" not in str(court)


async def test_no_personal_data_reaches_any_reader(world: World) -> None:
    await two_cases(world)
    who = await world.account("boss", "admin")
    facts = (await world.http.get("/v1/facts", headers=who)).json()["facts"]
    assert "canary" not in str(facts)
    assert all("pii" not in f["data"] for f in facts)
    assert "canary" not in await world.dump()


async def test_a_cursor_pages_through_everything_once_and_in_order(world: World) -> None:
    who = await world.account("boss", "admin")
    cases = [f"c{n}" for n in range(25)]
    await world.state(*(registered(c) for c in cases))
    await world.state(*(assigned(c, "m1") for c in cases))
    await world.settle()
    seen, after = [], ""
    for _ in range(100):
        params = {"limit": 7} | ({"after": after} if after else {})
        page = (await world.http.get("/v1/facts", headers=who, params=params)).json()
        seen += [(f["subject"], f["type"]) for f in page["facts"]]
        after = page["next"]
        if not page["more"]:
            break
    assert len(seen) == len(set(seen)) == 50
    for case in cases:
        assert [t for c, t in seen if c == case] == ["case.registered.v1", "mediator.assigned.v1"]
    await world.state(accepted("c3"))
    await world.settle()
    assert await names(world, who, after) == ["c3:case.accepted.v1"]


async def test_a_reader_of_few_cases_does_not_read_the_others_again(world: World) -> None:
    key = await world.partner("court")
    await world.state(*(registered(f"c{n}") for n in range(30)))
    await world.settle()
    page = (await world.http.get("/v1/facts", headers=key)).json()
    assert (page["facts"], page["more"]) == ([], False)
    assert page["next"] != "0"


async def test_a_cursor_older_than_what_is_kept_is_told_so(world: World) -> None:
    who = await world.account("boss", "admin")
    await two_cases(world)
    start = (await world.http.get("/v1/facts", headers=who, params={"limit": 1})).json()["next"]
    world.clock.advance(timedelta(days=15))
    await world.state(accepted("c1"))
    await world.settle()
    dropped = await world.write(lambda tx: drop_old_facts(tx, timedelta(days=14), 1000))
    assert dropped == 4
    answer = await world.http.get("/v1/facts", headers=who, params={"after": start})
    assert answer.status_code == 410
    assert await names(world, who) == ["c1:case.accepted.v1"]


async def test_only_the_newest_are_kept_beyond_the_number(world: World) -> None:
    who = await world.account("boss", "admin")
    await two_cases(world)
    assert await world.write(lambda tx: drop_old_facts(tx, timedelta(days=14), 1)) == 3
    assert len(await names(world, who)) == 1
    assert Settings().keep_facts > 1_000_000


NO_CURSORS: list[str] = ["x", "1", "1!", "9AAAA", "' OR 1=1", "1" + "A" * 699]


async def test_a_cursor_that_is_not_ours_is_refused_by_field(
    world: World, subtests: pytest.Subtests
) -> None:
    who = await world.account("boss", "admin")
    for after in NO_CURSORS:
        with subtests.test(after):
            answer = await world.http.get("/v1/facts", headers=who, params={"after": after})
            assert answer.status_code == 422
            assert "after" in answer.text


NO_LIMITS: list[str] = ["0", "1001", "-1", "x", "1e9", ""]


async def test_a_limit_out_of_bounds_is_refused_by_field(
    world: World, subtests: pytest.Subtests
) -> None:
    who = await world.account("boss", "admin")
    for limit in NO_LIMITS:
        with subtests.test(limit):
            answer = await world.http.get("/v1/facts", headers=who, params={"limit": limit})
            assert answer.status_code == 422
            assert "limit" in answer.text


async def test_facts_of_the_registry_are_for_staff_of_the_area(world: World) -> None:
    await world.state(committee("k1", JINJIANG))
    await world.settle()
    assert await names(world, await world.account("jj", "district", areas=["510104"])) == [
        "k1:committee.registered.v1"
    ]
    assert await names(world, await world.account("ch", "district", areas=["510108"])) == []
    assert await names(world, await world.account("m1", "mediator", person_id="k1")) == []


def test_a_place_has_a_slot_for_each_of_three_topics() -> None:
    assert SLOTS == 36
