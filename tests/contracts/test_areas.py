"""The area tree: what belongs to what, and that a zone's street is not its district's."""

import json
import subprocess
import sys
from collections import Counter
from importlib import resources

import pytest

from fengqiao_contracts.areas import areas, under
from fengqiao_contracts.errors import Invalid


def test_the_city_is_whole() -> None:
    assert Counter(area.level for area in areas().all()) == {
        "city": 1,
        "district": 20,
        "zone": 3,
        "street": 261,
        "community": 3047,
    }
    assert areas().city.name == "成都市"


def test_every_path_is_that_of_the_parent_and_the_code() -> None:
    tree = areas()

    for area in tree.all():
        above = tree.path(area.parent) if area.parent else "/"
        assert area.path == f"{above}{area.code}/"


def test_a_community_is_found_by_its_path() -> None:
    tree = areas()
    community = tree.get("510104018001")

    assert community.path == "/510100/510104/510104018/510104018001/"
    assert tree.district(community.code).name == "锦江区"
    assert community.zone is None
    assert tree.full_name("510104018") == "成都市锦江区东湖街道"


@pytest.mark.parametrize(
    ("street", "zone"),
    [
        ("510107063", "gaoxin"),
        ("510117019", "gaoxin"),
        ("510116003", "tianfu"),
        ("510185013", "dongbu"),
        ("510185126", "dongbu"),
    ],
)
def test_a_street_of_a_zone_hangs_under_the_zone_and_not_under_its_district(
    street: str, zone: str
) -> None:
    tree = areas()

    assert tree.path(street) == f"/510100/{zone}/{street}/"
    assert tree.district(street).code == zone
    assert tree.district(tree.children(street)[0].code).code == zone
    assert not under(tree.path(street), tree.path(street[:6]))
    assert under(tree.path(street), tree.path(zone))
    assert street not in {child.code for child in tree.children(street[:6])}


def test_a_zone_names_its_streets_as_the_divisions_do() -> None:
    file = resources.files("fengqiao_contracts") / "data" / "zones.json"
    zones = json.loads(file.read_text("utf-8"))["zones"]

    assert {z["code"]: len(z["streets"]) for z in zones} == {"gaoxin": 7, "tianfu": 9, "dongbu": 15}
    for zone in zones:
        assert {c: areas().name(c) for c in zone["streets"]} == zone["streets"]


def test_the_children_of_the_city_are_its_zones_and_districts() -> None:
    children = areas().children("510100")

    assert Counter(child.level for child in children) == {"zone": 3, "district": 20}
    assert areas().children("510104018001") == ()


def test_every_area_counts_once_below_the_city() -> None:
    tree = areas()
    below = [tree.city]
    for area in below:
        below.extend(tree.children(area.code))

    assert len(below) == len({area.code for area in below}) == len(tree.all())


def test_the_city_is_managed_by_itself() -> None:
    assert areas().district("510100") == areas().city


@pytest.mark.parametrize("code", ["", "510199", "gaoxin2", "5101040", "510104018999", "/510100/"])
def test_an_unknown_code_is_refused_naming_the_field(code: str) -> None:
    for look_up in (areas().get, areas().path, areas().name, areas().district, areas().children):
        with pytest.raises(Invalid) as refused:
            look_up(code)
        assert (refused.value.code, refused.value.field) == ("unknown-area", "area")


def test_under_is_the_area_itself_or_below_and_never_a_like_code() -> None:
    assert under("/510100/510104/", "/510100/510104/")
    assert under("/510100/510104/510104018/", "/510100/510104/")
    assert not under("/510100/510104/", "/510100/510104/510104018/")
    assert not under("/510100/5101045/", "/510100/510104/")


def test_the_tree_is_read_at_the_first_call_and_fast() -> None:
    program = (
        "import time; from fengqiao_contracts.areas import areas; assert not areas.cache_info().currsize\n"
        "runs = []\n"
        "for _ in range(5):\n"
        "    areas.cache_clear(); t = time.process_time(); areas(); runs.append(time.process_time() - t)\n"
        "print(min(runs))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert float(done.stdout) < 0.030
