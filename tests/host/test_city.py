"""The synthetic Chengdu: complete, repeatable, and nobody in it exists."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from fengqiao_contracts import codes
from fengqiao_contracts.areas import areas
from fengqiao_contracts.resident_id import check_character
from fengqiao_host import city, city_cases
from fengqiao_host.people import People
from fengqiao_host.stories import WORKERS, stories

pytestmark = pytest.mark.thorough

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _persons() -> list[dict[str, str]]:
    cases = [*city.cases(2000, 1, TODAY), *(story.body for story in stories(NOW))]
    parties = [p for case in cases for p in case["parties"] if "id_number" in p]
    return [*city.mediators(), *parties]


def test_every_street_district_and_zone_has_its_committee() -> None:
    covered = {c["area"] for c in city.committees() if c["kind"] != "professional"}
    needed = {a.code for a in areas().all() if a.level in ("street", "district", "zone")}
    assert covered == needed
    levels = Counter(areas().get(code).level for code in needed)
    assert levels == {"street": 261, "district": 20, "zone": 3}


def test_there_are_two_thousand_mediators_each_of_a_committee() -> None:
    committees = {c["external_id"] for c in city.committees()}
    mediators = list(city.mediators())
    assert len(mediators) >= 2000
    assert {m["committee"] for m in mediators} == committees


def test_the_team_of_every_street_knows_every_type() -> None:
    team: dict[str, set[str]] = {}
    for mediator in city.mediators():
        team.setdefault(mediator["committee"], set()).update(mediator["specialities"])
    streets = [c["external_id"] for c in city.committees() if c["kind"] in ("street", "town")]
    every = set(codes.table("types").codes) - {"00"}
    assert all(team[street] == every for street in streets)


def test_the_same_seed_makes_the_same_city_and_another_one_another() -> None:
    assert list(city.registry(3)) == list(city.registry(3))
    assert list(city.registry(3)) != list(city.registry(4))
    assert list(city.cases(50, 3, TODAY)) == list(city.cases(50, 3, TODAY))
    assert list(city.cases(50, 3, TODAY)) != list(city.cases(50, 4, TODAY))


@pytest.mark.parametrize("field", ["name", "id_number", "phone"])
def test_no_two_persons_share(field: str) -> None:
    counts = Counter(person[field] for person in _persons())
    assert counts.most_common(1)[0][1] == 1
    assert len(counts) > 5000


def test_id_numbers_are_well_formed_and_belong_to_no_division() -> None:
    assert check_character("11010519491231002") == "X"
    districts = {area.code[:6] for area in areas().all()}
    for person in _persons():
        number = person["id_number"]
        assert re.fullmatch(r"510199\d{11}[\dX]", number)
        assert check_character(number[:17]) == number[17]
        assert date.fromisoformat(number[6:14]) < date(2000, 1, 1)
    assert "510199" not in districts


def test_phone_numbers_are_of_a_prefix_that_nobody_gives_out() -> None:
    assert all(re.fullmatch(r"154\d{8}", person["phone"]) for person in _persons())


def test_persons_of_different_seeds_and_crowds_differ() -> None:
    first, later = People(1), People(1, start=500)
    names = [first.take().name for _ in range(500)] + [later.take().name for _ in range(500)]
    assert len(set(names)) == 1000


def test_a_taken_name_is_left_out() -> None:
    name = People(1).take().name
    assert People(1, taken={name}).take().name != name


def test_every_case_can_be_filed_today() -> None:
    channels = codes.table("channels")
    for case in city.cases(2000, 1, TODAY):
        areas().get(case["area"])
        assert case["channel"] in channels
        reported = datetime.fromisoformat(case["reported_at"])
        assert reported.tzinfo is not None
        assert reported < NOW
        if occurred := case.get("occurred_on"):
            assert date.fromisoformat(occurred) <= reported.date()
        assert "amount" not in case or float(case["amount"]) > 0
        assert 0 < len(case["narrative"]) <= 20_000


def test_cases_are_told_in_different_words_however_many_there_are() -> None:
    many = list(city.cases(3000, 1, TODAY))
    assert len({case["narrative"] for case in many}) == len(many) == 3000


def test_the_persons_of_the_narratives_do_not_appear() -> None:
    told = {
        party["name"]
        for source in city_cases.narratives()
        for party in source.get("parties", ())
        if party["kind"] == "person" and len(party["name"]) == 3
    }
    named = {p["name"] for case in city.cases(1648, 1, TODAY) for p in case["parties"]}
    kept = {name for name in told & named if not city_cases._NOT_A_NAME.search(name)}
    assert not kept


def test_a_person_is_called_alike_in_the_text_and_among_the_parties() -> None:
    source = next(s for s in city_cases.narratives() if s["id"] == "syn-a-1")
    body = next(
        case
        for case in city.cases(1648, 1, TODAY)
        if case["area"] == source["division"] and "82岁,独居" in case["narrative"]
    )
    for party in body["parties"]:
        assert party["name"] in body["narrative"]
        assert party["name"][0] == "曾"


def test_the_stories_are_those_of_the_seed() -> None:
    told = {story.key: story for story in stories(NOW)}
    firm = told["xinjin"].body
    workers = [p for p in firm["parties"] if p["role"] == "applicant"]
    assert len(workers) == firm["people_count"] == WORKERS == 44
    assert firm["occurred_on"].startswith("2002")
    assert areas().district(firm["area"]).name == "新津区"
    assert told["qingbaijiang"].body["channel"] == "petition"
    assert areas().district(told["qingbaijiang"].body["area"]).name == "青白江区"
    assert areas().district(told["jintang"].body["area"]).name == "金堂县"
    assert areas().get(told["huaqiao"].body["area"]).name == "花桥街道"


def test_records_are_plain_json_of_a_bearable_size() -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in city.registry()]
    assert max(len(line.encode()) for line in lines) < 1000
