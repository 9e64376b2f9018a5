"""The JSON schema of a fact and what of a change to it would break a reader.

`python -m fengqiao_contracts.schemas case.registered.v1` prints the golden of a type as it is now:
its schema and its example, to be added once to `tests/contracts/golden/` and never edited again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import resources
from typing import Any

from .facts import FACTS, Fact

_WORDS = frozenset({"title", "description"})


def schema(fact: type[Fact]) -> dict[str, Any]:
    """The schema of the fact's JSON as it is written: self-contained, without descriptions."""
    raw = fact.model_json_schema(mode="serialization")
    inlined: dict[str, Any] = _inline(raw, raw.get("$defs", {}))
    return inlined


def example(type_: str) -> dict[str, Any]:
    """The example of a type: `data`, and `pii` where the fact has a personal part. All invented."""
    text = (resources.files(__package__) / "data" / "examples.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)[type_]
    return found


def golden(fact: type[Fact]) -> dict[str, Any]:
    """What is frozen of a fact version: where it travels, its schema and its example."""
    head = {"type": fact.TYPE, "topic": fact.TOPIC, "subject": fact.SUBJECT}
    return {**head, **example(fact.TYPE), "schema": schema(fact)}


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> list[str]:
    """Why data or readers of `old` would not bear `new`; empty when only optional fields were added.

    A removed, renamed or retyped field, a changed choice or default, and a field that becomes
    required or optional are all breaking: they need a new version and an upcaster.
    """
    found: list[str] = []
    for key in sorted((old.keys() | new.keys()) - {"properties", "required"}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += breaking_changes(before, after, f"{at}[{key}]")
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            found += _each(before, after, f"{at}[{key}]")
        elif before != after:
            found.append(f"{at or '.'}: {key} was {before!r}, is {after!r}")
    return found + _fields(old, new, at)


def _each(before: list[Any], after: list[Any], at: str) -> list[str]:
    found: list[str] = []
    for one, other in zip(before, after, strict=True):
        if isinstance(one, dict) and isinstance(other, dict):
            found += breaking_changes(one, other, at)
        elif one != other:
            found.append(f"{at}: was {one!r}, is {other!r}")
    return found


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    found = [f"{at}.{name}: removed" for name in before if name not in after]
    found += [f"{at}.{name}: added and required" for name in after if name in now - before.keys()]
    for name in before:
        if name in after:
            found += breaking_changes(before[name], after[name], f"{at}.{name}")
            if (name in was) != (name in now):
                found.append(f"{at}.{name}: required was {name in was}, is {name in now}")
    return found


def _inline(node: Any, defs: Mapping[str, Any]) -> Any:
    """The node with references replaced by what they name and words for people left out."""
    if isinstance(node, list):
        return [_inline(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _inline({**defs[node["$ref"].rpartition("/")[2]], **rest}, defs)
    plain = {
        key: _inline(value, defs)
        for key, value in node.items()
        if key not in {"$defs", "properties"}
    }
    for word in _WORDS & plain.keys():
        del plain[word]
    if "properties" in node:
        plain["properties"] = {k: _inline(v, defs) for k, v in node["properties"].items()}
    return plain


def main(types: list[str]) -> None:
    """Print the golden of each type named."""
    for type_ in types:
        sys.stdout.write(json.dumps(golden(FACTS[type_]), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
