"""The links of the OpenAPI document: each end exists, and each value is where the link says."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hostile.door import Door

from fengqiao_gateway.docs.schema import Schemas

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Linked:
    """A link with the two operations it joins, and the answer it is part of."""

    source: Mapping[str, Any]
    answer: Mapping[str, Any]
    target: Mapping[str, Any] | None
    link: Mapping[str, Any]


def links(document: Mapping[str, Any]) -> Iterator[Linked]:
    """Every link of a document."""
    calls = [call for item in document["paths"].values() for call in item.values()]
    named = {call["operationId"]: call for call in calls}
    for call in calls:
        for answer in call["responses"].values():
            for link in answer.get("links", {}).values():
                yield Linked(call, answer, named.get(link["operationId"]), link)


def wrong(document: Mapping[str, Any]) -> list[str]:
    """What is not right about a document's links, a line each."""
    schemas, found = Schemas(document), []
    for linked in links(document):
        name = f"{linked.source['operationId']} -> {linked.link['operationId']}"
        if linked.target is None:
            found.append(f"{name}: no such call")
            continue
        taken = {p["name"] for p in linked.target["parameters"]}
        found += [f"{name}: takes no {p}" for p in linked.link["parameters"] if p not in taken]
        found += [f"{name}: needs {p}" for p in _missing(linked)]
        body = linked.link.get("requestBody")
        if body is not None and not _holds(schemas, _schema(linked.target["requestBody"]), body):
            found.append(f"{name}: the body has no such field: {body}")
        values = _values([linked.link["parameters"], body])
        found += [f"{name}: nothing at {v}" for v in values if not _told(schemas, linked, v)]
    return found


def _missing(linked: Linked) -> list[str]:
    given = linked.link["parameters"]
    target = linked.target or {}
    return [p["name"] for p in target["parameters"] if p.get("required") and p["name"] not in given]


def _values(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif given is not None:
        for inner in given.values() if isinstance(given, Mapping) else given:
            yield from _values(inner)


def _holds(schemas: Schemas, schema: Mapping[str, Any], body: Any) -> bool:
    found = schemas.plain(schema)
    if isinstance(body, Mapping):
        fields = found.get("properties", {})
        return all(n in fields and _holds(schemas, fields[n], v) for n, v in body.items())
    if isinstance(body, list):
        return found["type"] == "array" and all(_holds(schemas, found["items"], v) for v in body)
    return bool(found["type"] == "string")


def _told(schemas: Schemas, linked: Linked, value: str) -> bool:
    place, _, rest = value.removeprefix("$").partition("#/")
    if place != "response.body":
        name = place.rpartition(".")[2]
        return name == "ETag" or name in {p["name"] for p in linked.source["parameters"]}
    schema = _schema(linked.answer)
    for step in rest.split("/"):
        found = schemas.plain(schema)
        schema = found.get("items", {}) if step.isdigit() else found.get("properties", {}).get(step)
        if not schema:
            return False
    return True


def _schema(held: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = held["content"]["application/json"]["schema"]
    return found


def read(door: Door) -> dict[str, Any]:
    """The document of the running platform."""
    document: dict[str, Any] = httpx.get(f"{door.url}/openapi.json", timeout=60).json()
    return document


def test_every_link_takes_what_is_told_to_where_it_is_needed(door: Door) -> None:
    document = read(door)

    assert wrong(document) == []
    assert len(list(links(document))) > 100


def test_every_call_about_one_thing_is_reached_by_a_link(door: Door) -> None:
    document = read(door)

    reached = {linked.link["operationId"] for linked in links(document)}
    alone = [
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, call in item.items()
        if "{" in path and call["operationId"] not in reached
    ]
    assert alone == [
        *("get /v1/codes/{table}", "get /v1/areas/{code}", "get /v1/areas/{code}/children"),
    ], "codes and areas are published tables"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("operationId", "intake.none", "no such call"),
        ("parameters", {}, "needs case_id"),
        ("parameters", {"case_id": "$response.body#/id", "who": "$url"}, "takes no who"),
        ("parameters", {"case_id": "$response.body#/receipt/id"}, "nothing at"),
        ("requestBody", {"decisions": "$response.body#/id"}, "no such field"),
    ],
)
def test_a_planted_wrong_link_is_found(door: Door, field: str, value: Any, says: str) -> None:
    document = copy.deepcopy(read(door))
    made = document["paths"]["/v1/cases"]["post"]["responses"]["201"]["links"]
    link = next(entry for name, entry in made.items() if "acceptance" in name)
    link[field] = value

    assert [line for line in wrong(document) if says in line]
