"""The operations of the OpenAPI document, and bodies that are right or wrong in one place."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from fengqiao_gateway.docs.schema import Schemas

UNKNOWN = "01920000-0000-7000-8000-00000000dead"
WRITES = ("post", "put", "patch", "delete")
JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """One call of the document."""

    method: str
    path: str
    name: str
    open: bool
    body: Mapping[str, Any] | None
    media: str
    schemas: Schemas = field(repr=False)

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method in WRITES

    def at(self, **ids: str) -> str:
        """The path with these ids, by the names of its parameters; unknown ones elsewhere."""
        steps = [
            ids.get(step[1:-1], UNKNOWN) if step.startswith("{") else step
            for step in self.path.split("/")
        ]
        return "/".join(steps)

    def example(self) -> Any:
        """A body after the schema: its examples, else the simplest value of each required field."""
        return self.schemas.example(self.body or {})

    def fields(self) -> dict[str, Mapping[str, Any]]:
        """The fields of the body by name."""
        found: dict[str, Mapping[str, Any]] = self.schemas.plain(self.body or {}).get(
            "properties", {}
        )
        return found


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    schemas = Schemas(document)
    found = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            media = JSON if JSON in content else next(iter(content), "")
            found.append(
                Operation(
                    method,
                    path,
                    operation["operationId"],
                    operation.get("security") == [],
                    content[media]["schema"] if content else None,
                    media,
                    schemas,
                )
            )
    return found


def with_nul(operation: Operation) -> Iterator[tuple[str, Any]]:
    """For each text of the body, also inside: where it is, and the body with a NUL in it."""
    yield from _wronged(operation, operation.body or {}, (), "a\x00b", "string")


def with_wrong_type(operation: Operation) -> Iterator[tuple[str, Any]]:
    """For each field of the body: its name, and the body with a list of lists in its place."""
    for name in operation.fields():
        yield name, operation.example() | {name: [[[]]]}


def _wronged(
    operation: Operation, schema: Mapping[str, Any], at: tuple[str, ...], value: Any, kind: str
) -> Iterator[tuple[str, Any]]:
    found = operation.schemas.plain(schema)
    if found.get("type") == "array":
        yield from _wronged(operation, found.get("items", {}), (*at, "0"), value, kind)
    elif "properties" in found:
        for name, below in found["properties"].items():
            yield from _wronged(operation, below, (*at, name), value, kind)
    elif found.get("type") == kind and at:
        body = copy.deepcopy(operation.example())
        _put(operation, body, at, value)
        yield ".".join(at), body


def _put(operation: Operation, body: Any, at: tuple[str, ...], value: Any) -> None:
    """Set a place of a body; what is missing on the way is made from the schema."""
    schema, here = operation.body or {}, body
    for step, following in zip(at, (*at[1:], None), strict=True):
        found = operation.schemas.plain(schema)
        inside = step == "0" and found.get("type") == "array"
        schema = found.get("items", {}) if inside else found["properties"][step]
        key: Any = 0 if inside else step
        if following is None:
            if inside:
                here[:] = [value]
            else:
                here[key] = value
            return
        fresh = operation.schemas.example(schema)
        if inside:
            here[:] = here[:1] or [fresh]
        elif not here.get(key):
            here[key] = fresh
        here = here[key]


def check_problem(answer: httpx.Response) -> dict[str, Any]:
    """A clear RFC 9457 problem in both languages, and no failure of ours."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert any("\u4e00" <= c <= "\u9fff" for c in problem["title"]), problem
    assert problem["title_en"].isascii(), problem
    return problem


def named(problem: Mapping[str, Any], field_name: str) -> bool:
    """Whether a problem says of this field what is wrong."""
    fields = {problem.get("field"), *(error["field"] for error in problem.get("errors", ()))}
    return any(f == field_name or str(f).startswith(f"{field_name}.") for f in fields)
