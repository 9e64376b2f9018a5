"""A synthetic Chengdu: committees in every real area, with invented mediators and experts.

The records are those of `POST /v1/registry/imports`, one JSON object a line, committees first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from fengqiao_contracts.areas import Area, areas

from .city_cases import cases
from .people import People

__all__ = ["cases", "committees", "experts", "mediators", "registry"]

Record = dict[str, Any]

GENERAL = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "12", "15", "99")
"""Types any street or town takes up; the rest is for professional committees, or whoever is free."""

ALL_TYPES = (*(f"{number:02d}" for number in range(1, 18)), "99")


@dataclass(frozen=True, slots=True)
class Trade:
    """A field with its own committees (行业性、专业性): its name part, its types, its team."""

    code: str
    name: str
    types: tuple[str, ...]
    team: int


DISTRICT_TRADES = (
    Trade("medical", "医疗纠纷", ("13",), 4),
    Trade("traffic", "道路交通事故纠纷", ("14",), 4),
    Trade("labour", "劳动争议", ("10",), 4),
    Trade("property", "物业纠纷", ("15", "03"), 4),
    Trade("consumer", "消费纠纷", ("12", "17"), 3),
    Trade("petition", "信访事项", ("08", "03", "05", "10", "99"), 3),
)
CITY_TRADES = (
    Trade("ip", "知识产权纠纷", ("16",), 5),
    Trade("tourism", "旅游纠纷", ("11",), 5),
    Trade("online", "互联网纠纷", ("17",), 5),
    Trade("medical", "医疗纠纷", ("13",), 5),
    Trade("environment", "环境污染纠纷", ("09",), 4),
    Trade("finance", "金融纠纷", ("04",), 4),
    Trade("land", "山林土地纠纷", ("07",), 4),
    Trade("construction", "建设工程纠纷", ("05", "03"), 4),
)

STREET_TEAM = 5
DISTRICT_TEAM = 8
EXPERTS = (
    ("13", "副主任医师", "医学"),
    ("14", "高级工程师", "事故车辆鉴定"),
    ("10", "副教授", "劳动法"),
    ("03", "高级工程师", "房屋质量"),
    ("16", "专利代理师", "知识产权"),
    ("04", "律师", "民商事"),
    ("01", "心理咨询师", "家事"),
    ("09", "高级工程师", "环境监测"),
)
EXPERTS_PER_FIELD = 6
GRADE_SHARES = ((1, 5), (2, 15), (3, 40), (4, 40))
"""Of a hundred mediators, how many hold each grade; the first is the highest."""

CERTIFICATE_ENDS = "2029-12-31"


def registry(seed: int = 1) -> Iterator[Record]:
    """All records in the order in which they can be imported."""
    yield from committees()
    yield from mediators(seed)
    yield from experts(seed)


def committees() -> Iterator[Record]:
    """A committee in each street, town, district and functional zone, and the professional ones."""
    for area in _of_level("street"):
        yield _general(area, "street" if area.name.endswith("街道") else "town")
    for area in _of_level("district", "zone"):
        yield _general(area, "district")
        yield from (_professional(area, trade) for trade in DISTRICT_TRADES)
    yield from (_professional(areas().city, trade) for trade in CITY_TRADES)


def mediators(seed: int = 1) -> Iterator[Record]:
    """Every committee's team; each type is somebody's speciality in every street."""
    random = Random(seed)  # noqa: S311 -- repeatable, no secret
    people = People(seed)
    number = 0
    for committee in committees():
        for place in range(_team(committee)):
            number += 1
            yield _mediator(random, people, committee, place, number)


def experts(seed: int = 1) -> Iterator[Record]:
    """The pool of experts (专家智库), at the disposal of the whole city."""
    people = People(seed, start=60_000)
    for field, title, subject in EXPERTS:
        for number in range(1, EXPERTS_PER_FIELD + 1):
            person = people.take()
            yield {
                "record": "expert",
                "external_id": f"demo-e-{field}-{number}",
                "name": person.name,
                "title": title,
                "organisation": f"成都市{subject}专家库（虚构）",
                "fields": [field],
                "area": areas().city.code,
                "phone": person.phone,
            }


def _of_level(*levels: str) -> list[Area]:
    return [area for area in areas().all() if area.level in levels]


def _general(area: Area, kind: str) -> Record:
    name = f"{areas().full_name(area.code)}人民调解委员会"
    return _committee(f"demo-c-{area.code}", name, kind, area, ())


def _professional(area: Area, trade: Trade) -> Record:
    name = f"{areas().full_name(area.code)}{trade.name}人民调解委员会"
    return _committee(f"demo-c-{area.code}-{trade.code}", name, "professional", area, trade.types)


def _committee(key: str, name: str, kind: str, area: Area, types: Sequence[str]) -> Record:
    return {
        "record": "committee",
        "external_id": key,
        "name": name,
        "kind": kind,
        "area": area.code,
        "specialities": list(types),
        "setter": f"{areas().full_name(area.code)}司法行政机关（演示）",
        "filing_number": f"演备〔2026〕{key.removeprefix('demo-c-')}",
        "filed_on": "2026-01-05",
        "members": 5,
        "women": 2,
        "term_ends_on": "2028-12-31",
    }


def _team(committee: Record) -> int:
    kind, key = committee["kind"], committee["external_id"]
    if kind != "professional":
        return DISTRICT_TEAM if kind == "district" else STREET_TEAM
    trades = CITY_TRADES if committee["area"] == areas().city.code else DISTRICT_TRADES
    return next(trade.team for trade in trades if key.endswith(f"-{trade.code}"))


def _mediator(random: Random, people: People, committee: Record, place: int, number: int) -> Record:
    person = people.take()
    (grade,) = random.choices(*zip(*GRADE_SHARES, strict=True))
    return {
        "record": "mediator",
        "external_id": f"demo-m-{number:05d}",
        "committee": committee["external_id"],
        "name": person.name,
        "id_kind": "resident_id",
        "id_number": person.id_number,
        "phone": person.phone,
        "employment": "full_time" if place == 0 or random.random() < 0.2 else "part_time",
        "tags": ["grid"] if random.random() < 0.1 else [],
        "specialities": _specialities(committee, place, random),
        "grade": grade,
        "certificate_number": f"演证〔2026〕第{number:05d}号",
        "certificate_expires_on": CERTIFICATE_ENDS,
    }


def _specialities(committee: Record, place: int, random: Random) -> list[str]:
    """A professional team's trade; else every fifth type, so that a team of five has them all."""
    if committee["specialities"]:
        return list(committee["specialities"])
    own = ALL_TYPES[place % STREET_TEAM :: STREET_TEAM]
    return sorted({*own, *random.sample(GENERAL, 3)})
