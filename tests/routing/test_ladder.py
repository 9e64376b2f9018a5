"""Which units may take a case, and in which order."""

from __future__ import annotations

from fengqiao_routing import table_file
from fengqiao_routing.domain.ladder import Ladder, Unit, Units
from fengqiao_routing.domain.table import Dispute

TABLE = table_file.load()
CITY = "/510100/"
JINJIANG = "/510100/510104/"
STREET = "/510100/510104/510104018/"
VILLAGE = "/510100/510104/510104018/510104018001/"
QINGYANG = "/510100/510105/"

COMMUNITY_C = Unit("community", "社区调委会", "community", VILLAGE)
STREET_C = Unit("street", "街道调委会", "street", STREET)
DISTRICT_C = Unit("district", "区调委会", "district", JINJIANG)
MEDICAL = Unit("medical", "医调委", "professional", JINJIANG, frozenset({"13"}))
PETITION = Unit("petition", "信访事项调委会", "professional", JINJIANG, frozenset({"08", "99"}))
CITY_IP = Unit("city-ip", "市知识产权调委会", "professional", CITY, frozenset({"16", "13"}))
OTHER = Unit("other-district", "青羊区调委会", "district", QINGYANG)
OTHER_MEDICAL = Unit("other-medical", "青羊医调委", "professional", QINGYANG, frozenset({"13"}))
ALL = (COMMUNITY_C, STREET_C, DISTRICT_C, MEDICAL, PETITION, CITY_IP, OTHER, OTHER_MEDICAL)


def ladder(
    *units: Unit, path: str = STREET, type_: str = "02", grade: str = "blue", channel: str = "self"
) -> Ladder:
    steps = TABLE.decide(Dispute(channel, type_, "M", grade)).ladder
    return Units(units).ladder(TABLE, steps, path, type_)


def ids(found: Ladder) -> list[list[str]]:
    return [[unit.id for unit in rung.units] for rung in found.rungs]


def test_a_blue_case_climbs_from_the_community_to_the_district() -> None:
    assert ids(ladder(*ALL, path=VILLAGE)) == [["community"], ["street"], ["district"]]


def test_a_yellow_case_begins_at_the_street() -> None:
    assert ids(ladder(*ALL, path=VILLAGE, grade="yellow")) == [["street"], ["district"]]


def test_a_red_case_goes_to_the_district() -> None:
    assert ids(ladder(*ALL, path=VILLAGE, grade="red")) == [["district"]]


def test_a_professional_committee_of_the_own_district_comes_first() -> None:
    assert ids(ladder(*ALL, type_="13"))[0] == ["medical"]
    assert ids(ladder(*ALL, type_="13", grade="red")) == [["medical"], ["district"]]


def test_a_petition_case_goes_to_the_petition_committee_of_the_district() -> None:
    assert ids(ladder(*ALL, channel="petition"))[0] == ["petition"]
    assert ids(ladder(*ALL, channel="petition", type_="13"))[:2] == [["petition"], ["medical"]]


def test_the_petition_committee_is_not_the_professional_one_of_its_types() -> None:
    rungs = ladder(*ALL, type_="99").rungs
    assert PETITION not in [unit for rung in rungs for unit in rung.units]


def test_a_missing_rung_is_named_with_its_reason() -> None:
    found = ladder(DISTRICT_C, type_="13")
    assert [one.id for one in found.missing] == ["professional", "community", "street"]
    assert all(one.reason for one in found.missing)


def test_a_case_never_leaves_its_district_while_the_district_has_a_unit() -> None:
    for type_ in ("02", "13", "16"):
        for grade in ("red", "yellow", "blue"):
            for channel in ("self", "petition"):
                found = ladder(*ALL, type_=type_, grade=grade, channel=channel)
                for rung in found.rungs:
                    assert all(unit.area_path.startswith(JINJIANG) for unit in rung.units)


def test_a_unit_of_the_city_serves_a_district_that_has_none() -> None:
    assert ids(ladder(CITY_IP, OTHER, OTHER_MEDICAL, type_="16", grade="red")) == [["city-ip"]]


def test_a_case_known_to_the_city_only_reaches_city_units_then_any_district() -> None:
    found = ladder(*ALL, path=CITY, type_="13", grade="yellow")
    assert ids(found) == [["city-ip"], ["medical", "other-medical"], ["district", "other-district"]]
    assert {one.id for one in found.missing} == {"street"}


def test_no_unit_at_all_gives_an_empty_ladder() -> None:
    assert not ladder(OTHER).rungs


def test_an_area_whose_code_is_a_prefix_of_another_is_not_above_it() -> None:
    tricky = Unit("tricky", "x", "district", "/510100/51010/")
    assert not ladder(tricky, grade="red").rungs
