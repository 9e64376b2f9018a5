"""Places of the city, identity and phone numbers in a text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_contracts.areas import areas
from fengqiao_contracts.resident_id import check_character
from fengqiao_triage.domain.mentions import location, masked, mentions
from fengqiao_triage.rules import rules
from fengqiao_triage.sheet import dry_run

FIRST = "51010419800101001"
NUMBER = FIRST + check_character(FIRST)


def named(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[m.start : m.end], m.areas) for m in mentions(text) if m.kind == "place"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我住锦江区东湖街道某小区", "510104018"),
        ("东湖街办不管", "510104018"),
        ("东湖办事处说不归他们", "510104018"),
        ("都江堰的酒店退费", "510181"),
        ("高新区一家培训机构关门", "gaoxin"),
        ("天府新区华阳街道的物业", "510116003"),
        ("金堂县人民医院", "510121"),
        ("锦江宾馆门口", None),
        ("锦江区和青羊区都不管", None),
        ("没有说在哪里", None),
    ],
)
def test_the_place_of_a_text_goes_down_to_the_street(text: str, code: str | None) -> None:
    assert location(mentions(text)) == code


def test_of_streets_with_one_name_that_in_the_named_district_is_meant() -> None:
    streets = [a for a in areas().all() if a.level == "street"]
    twins = [a for a in streets if sum(b.name == a.name for b in streets) > 1]
    for street in twins:
        alone = named(street.name)[0][1]
        assert len(alone) > 1
        district = areas().district(street.code)
        assert named(f"{district.name}{street.name}")[-1][1] == (street.code,)


def test_every_street_is_found_by_its_full_name() -> None:
    for street in areas().all():
        if street.level == "street":
            found = named(f"{areas().full_name(street.code)}的事")
            assert street.code in found[-1][1], street


def test_numbers_are_found_checked_and_masked() -> None:
    text = f"身份证{NUMBER}，电话138 0013 8000，座机028-86512345，合同号12345678901234567890。"
    found = [(m.kind, text[m.start : m.end], m.valid) for m in mentions(text)]
    assert found == [
        ("id_number", NUMBER, True),
        ("phone", "138 0013 8000", True),
        ("phone", "028-86512345", True),
    ]
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    assert [m.valid for m in mentions(f"号码{wrong}")] == [False]
    assert masked(NUMBER) == "*" * 14 + NUMBER[-4:]


def test_a_dry_run_tells_them_and_no_number_in_clear() -> None:
    text = f"锦江区东湖街道，楼上漏水。我的身份证{NUMBER}，电话13800138000。"
    view = dry_run(rules(), [text], datetime(2026, 3, 2, tzinfo=UTC))
    assert view.area is not None
    assert (view.area.code, view.area.name) == ("510104018", "成都市锦江区东湖街道")
    assert [p.evidence.text for p in view.places] == ["锦江区", "东湖街道"]
    assert [(n.kind, n.masked[-4:]) for n in view.numbers] == [
        ("id_number", NUMBER[-4:]),
        ("phone", "8000"),
    ]
    told = str([n.model_dump() for n in view.numbers])
    assert NUMBER not in told
    assert "13800138000" not in told


@given(st.text(alphabet="锦江区东湖街道都堰高新0123456789Xx-+ \n😀", max_size=80))
def test_any_text_is_read_and_places_lie_inside_it(text: str) -> None:
    for m in mentions(text):
        assert 0 <= m.start < m.end <= len(text)
