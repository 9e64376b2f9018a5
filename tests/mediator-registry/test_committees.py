"""The area tree and the filing of committees, through the real service."""

from __future__ import annotations

from typing import Any

import pytest

from fengqiao_contracts.facts import CommitteeRegistered, MediatorChanged


async def test_the_area_tree_puts_the_streets_of_a_zone_below_the_zone(desk: Any) -> None:
    below_the_city = (await desk.city.get("/areas")).json()
    assert below_the_city["total"] == 23
    streets = (await desk.city.get("/areas", params={"level": "street"})).json()
    assert streets["total"] == 261
    zone = (await desk.city.get("/areas/gaoxin/children")).json()
    assert "桂溪街道" in [area["name"] for area in zone["items"]]
    wuhou = (await desk.city.get("/areas/510107/children")).json()
    assert "桂溪街道" not in [area["name"] for area in wuhou["items"]]
    assert (await desk.city.get("/areas/000000")).status_code == 404


async def test_a_committee_is_filed_and_said_to_all(desk: Any) -> None:
    committee = await desk.committee(specialities=["13"], kind="professional")
    assert committee["warnings"] == []
    (fact,) = await desk.said(CommitteeRegistered)
    assert (fact.committee_id, fact.revision, fact.specialities) == (committee["id"], 1, ("13",))
    assert fact.area_path == f"/510100/510104/{desk.street}/"


async def test_what_the_law_asks_comes_as_a_warning_and_hinders_nothing(desk: Any) -> None:
    committee = await desk.committee(members=2, women=0, term_ends_on="2026-11-24")
    assert {w["code"] for w in committee["warnings"]} == {"member_count", "no_woman", "term_over"}


WRONG_COMMITTEES: list[tuple[dict[str, Any], int, str]] = [
    ({"area": "999999"}, 422, "area"),
    ({"kind": "court"}, 422, "kind"),
    ({"specialities": ["00"]}, 422, "specialities"),
    ({"members": -1}, 422, "members"),
    ({"members": "5"}, 422, "members"),
    ({"name": "a\u0000b"}, 422, "name"),
    ({"fee": 10}, 422, "fee"),
]


async def test_a_wrong_committee_is_refused_naming_the_field(
    desk: Any, subtests: pytest.Subtests
) -> None:
    for change, status, field in WRONG_COMMITTEES:
        with subtests.test(field, change=change):
            body = {"name": "委员会", "kind": "street", "area": desk.street} | change
            answer = await desk.city.post("/committees", json=body)
            assert answer.status_code == status
            assert field in answer.text
            assert (await desk.city.get("/committees")).json()["total"] == 0


async def test_a_district_keeps_its_own_committees_and_sees_no_others(desk: Any) -> None:
    district = desk.client("district", desk.district)
    own = await desk.committee()
    other = await desk.committee(area=desk.other, kind="district")
    refused = await district.post(
        "/committees", json={"name": "外区", "kind": "district", "area": desk.other}
    )
    assert refused.status_code == 403
    assert [c["id"] for c in (await district.get("/committees")).json()["items"]] == [own["id"]]
    assert (await district.get(f"/committees/{other['id']}")).status_code == 404
    change = {"name": "改名"}
    headers = {"If-Match": '"1"'}
    path = f"/committees/{other['id']}"
    assert (await district.patch(path, json=change, headers=headers)).status_code == 404


async def test_committees_are_found_by_area_kind_type_and_name(desk: Any) -> None:
    await desk.committee()
    await desk.committee(
        name="医调委%", kind="professional", area=desk.district, specialities=["13"]
    )
    for params, total in (
        ({"area": desk.district}, 2),
        ({"area": desk.street}, 1),
        ({"kind": "professional"}, 1),
        ({"speciality": "13"}, 1),
        ({"speciality": "1"}, 0),
        ({"q": "医调"}, 1),
        ({"q": "%"}, 1),
        ({"q": "医_委"}, 0),
    ):
        assert (await desk.city.get("/committees", params=params)).json()["total"] == total, params
    assert (await desk.city.get("/committees", params={"sort": "x"})).status_code == 422


async def test_of_two_who_edit_one_entry_the_second_is_told(desk: Any) -> None:
    committee = await desk.committee()
    path = f"/committees/{committee['id']}"
    tag = (await desk.city.get(path)).headers["ETag"]
    first = await desk.city.patch(path, json={"name": "新的名称"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    assert first.json()["members"] == 5
    second = await desk.city.patch(path, json={"name": "另一名称"}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert (await desk.city.patch(path, json={"name": "第三"})).status_code == 428
    third = await desk.city.patch(
        path, json={"active": False}, headers={"If-Match": first.headers["ETag"]}
    )
    assert third.status_code == 200
    facts = await desk.said(CommitteeRegistered)
    assert [(f.revision, f.name, f.active) for f in facts] == [
        (1, "锦官驿街道人民调解委员会", True),
        (2, "新的名称", True),
        (3, "新的名称", False),
    ]


async def test_putting_an_entry_replaces_all_of_it(desk: Any) -> None:
    committee = await desk.committee(setter="某街道办事处")
    body = {"name": "新的名称", "kind": "street", "area": desk.street}
    answer = await desk.city.put(
        f"/committees/{committee['id']}", json=body, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["setter"], answer.json()["members"]) == (None, None)


async def test_a_committee_that_moves_takes_its_mediators_along(desk: Any) -> None:
    mediator = await desk.admitted()
    path = f"/committees/{mediator['committee_id']}"
    moved = await desk.city.patch(path, json={"area": "510104018"}, headers={"If-Match": '"1"'})
    assert moved.status_code == 200, moved.text
    (fact,) = await desk.said(MediatorChanged)
    assert fact.area_path == "/510100/510104/510104018/"
