"""Invented disputes of the demo city as bodies of `POST /v1/cases`, made from shipped narratives.

Every natural person gets a name, id number and phone of his own, in the text as well, so that a test
can look for one person's data anywhere and know whose they are.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from fengqiao_contracts.areas import Area, areas

from .people import People, Person

Body = dict[str, Any]

DAYS_BACK = 60
"""The oldest case was reported that many days before today."""

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_NOT_A_NAME = re.compile(r"匿名|亲属|车夫|工友|村民|先生|女士|大爷|婆婆|大姐|老板|嫂|某")
_DOUBLE = ("闻人", "太叔", "单于", "微生", "申屠", "曲木", "吉克", "欧阳")


def cases(n: int, seed: int, today: date) -> Iterator[Body]:
    """`n` cases reported in the days before `today` (Shanghai), oldest first; none in the future.

    The same arguments give the same cases. Beyond the number of narratives they come again with other
    persons in a neighbouring area.
    """
    random = Random(seed)  # noqa: S311 -- repeatable, no secret
    people = People(seed, start=20_000, taken=_names())
    order = _order(n, random)
    for place, (source, turn) in enumerate(order):
        reported = _reported_at(place, n, today, random)
        yield _case(source, turn, reported, random, people)


@cache
def narratives() -> tuple[Mapping[str, Any], ...]:
    """The shipped narratives, read once."""
    file = resources.files(__package__) / "data" / "narratives.jsonl.gz"
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    return tuple(json.loads(line) for line in lines)


def _names() -> set[str]:
    return {p["name"] for source in narratives() for p in source.get("parties", ())}


def _order(n: int, random: Random) -> list[tuple[Mapping[str, Any], int]]:
    """Each narrative once, shuffled; then, turn by turn, those whose words name a person."""
    stories = list(narratives())
    random.shuffle(stories)
    again = [story for story in stories if _names_somebody(story)]
    order = [(story, 0) for story in stories[:n]]
    more = range(n - len(order))
    order += [(again[place % len(again)], 1 + place // len(again)) for place in more]
    return order


def _names_somebody(source: Mapping[str, Any]) -> bool:
    persons = [p["name"] for p in source.get("parties", ()) if p["kind"] == "person"]
    return any(_is_name(name) and name in source["text"] for name in persons)


def _case(
    source: Mapping[str, Any], turn: int, reported: datetime, random: Random, people: People
) -> Body:
    parties, text = _parties(source, people)
    area = _area(source, turn, random)
    body: Body = {
        "narrative": text,
        "channel": source["channel"],
        "area": area.code,
        "parties": parties,
        "reported_at": reported.isoformat(),
    }
    if occurred := source.get("occurred_on"):
        latest = reported.astimezone(_SHANGHAI).date()
        body["occurred_on"] = _not_after(date.fromisoformat(occurred), latest).isoformat()
    if source.get("people"):
        body["people_count"] = source["people"]
    if source.get("amount"):
        body["amount"] = f"{source['amount']:.2f}"
    return body


def _parties(source: Mapping[str, Any], people: People) -> tuple[list[Body], str]:
    """The parties of the narrative, persons under new names; two invented ones where it names none."""
    given = source.get("parties") or [
        {"role": "applicant", "kind": "person", "name": ""},
        {"role": "respondent", "kind": "person", "name": ""},
    ]
    renamed: dict[str, str] = {}
    parties = [_party(party, people, renamed) for party in given]
    return parties, _rename(source["text"], renamed)


def _party(given: Mapping[str, str], people: People, renamed: dict[str, str]) -> Body:
    party: Body = dict(given)
    if given["kind"] != "person" or (given["name"] and not _is_name(given["name"])):
        return party
    person = people.take(_surname(given["name"]) if given["name"] else None)
    if given["name"]:
        renamed[given["name"]] = person.name
    return party | identity(person)


def identity(person: Person) -> Body:
    """A person as the fields of a party."""
    return {
        "name": person.name,
        "id_kind": "resident_id",
        "id_number": person.id_number,
        "phone": person.phone,
    }


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not _NOT_A_NAME.search(text)


def _surname(name: str) -> str:
    return name[:2] if name.startswith(_DOUBLE) else name[0]


def _rename(text: str, renamed: Mapping[str, str]) -> str:
    if not renamed:
        return text
    longest_first = sorted(renamed, key=len, reverse=True)
    return re.sub("|".join(longest_first), lambda found: renamed[found[0]], text)


def _area(source: Mapping[str, Any], turn: int, random: Random) -> Area:
    """The narrative's own division, the place its words name, or any; its neighbour when it comes again."""
    own = areas().get(source["division"]) if "division" in source else _named(source["text"])
    if own is None:
        return random.choice(_streets())
    if turn == 0 or own.level not in ("street", "community"):
        return own
    return random.choice(areas().children(own.parent))


def _named(text: str) -> Area | None:
    """The street or town whose name the text holds, else the district."""
    for area in _streets():
        if area.name in text:
            return area
    for area in areas().children(areas().city.code):
        if area.level == "district" and (area.name in text or area.name[:-1] in text):
            return area
    return None


@cache
def _streets() -> Sequence[Area]:
    return tuple(area for area in areas().all() if area.level == "street")


def _reported_at(place: int, n: int, today: date, random: Random) -> datetime:
    """Spread over the days up to yesterday in office hours, later cases later."""
    back = DAYS_BACK - place * DAYS_BACK // n
    clock = time(random.randrange(8, 20), random.randrange(60))
    local = datetime.combine(today - timedelta(days=back), clock, _SHANGHAI)
    return local.astimezone(UTC)


def _not_after(day: date, latest: date) -> date:
    """The day, in an earlier year where it lies after `latest`."""
    while day > latest:
        day = day.replace(year=day.year - 1, day=min(day.day, 28))
    return day
