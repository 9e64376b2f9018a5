"""From a JSON schema of the OpenAPI document to rows and examples that people can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_DEPTH = 5
PATTERN_MAX = 60
"""A longer pattern is for programs to read."""
_SAMPLES: Mapping[str, Any] = {
    "string": "…",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}
_FORMATS = {
    "date-time": "2026-11-25T09:30:00+08:00",
    "date": "2026-11-25",
    "uuid": "01920000-0000-7000-8000-000000000000",
}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One line of a table of fields; `depth` indents it under its parent."""

    depth: int
    name: str
    type: str
    required: bool
    text: str


class Schemas:
    """Reads the schemas of one document, following its references."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._named: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})

    def plain(self, schema: Schema) -> Schema:
        """The schema behind references; of a choice the first that is not null."""
        for _ in range(10):
            if "$ref" in schema:
                named = self._named.get(str(schema["$ref"]).rpartition("/")[2], {})
                schema = {**named, **{k: v for k, v in schema.items() if k != "$ref"}}
                continue
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if not options:
                return schema
            first = next((o for o in options if o.get("type") != "null"), options[0])
            kept = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}
            schema = {**first, **kept}
        return schema

    def kind(self, schema: Schema) -> str:
        """The type in a few words: `string date`, `array of object`, `red | yellow | blue`."""
        null = any(o.get("type") == "null" for o in schema.get("anyOf", ()))
        found = self.plain(schema)
        if "enum" in found or "const" in found:
            words = " | ".join(str(v) for v in found.get("enum", [found.get("const")]))
        elif found.get("type") == "array":
            words = f"array of {self.kind(found.get('items', {}))}"
        else:
            kinds = found.get("type", "any")
            words = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
            words += f" {found['format']}" if "format" in found else ""
        return f"{words} | null" if null else words

    def rows(self, schema: Schema, depth: int = 0) -> Iterator[FieldRow]:
        """The fields of an object, each followed by the fields inside it."""
        found = self.plain(schema)
        if found.get("type") == "array":
            yield from self.rows(found.get("items", {}), depth)
            return
        required = set(found.get("required", ()))
        for name, field in found.get("properties", {}).items():
            text = words_of(field) or words_of(self.plain(field))
            yield FieldRow(depth, name, self.kind(field), name in required, text)
            if depth < _DEPTH:
                yield from self.rows(field, depth + 1)

    def example(self, schema: Schema, depth: int = 0) -> Any:
        """A value of the schema, from its examples and defaults where it has some."""
        found = self.plain(schema)
        given = _given(found)
        if given is not None:
            return given
        if found.get("type") == "array":
            return [self.example(found.get("items", {}), depth + 1)] if depth < _DEPTH else []
        if "properties" in found:
            wanted = found.get("required") or list(found["properties"])
            fields = found["properties"] if depth < _DEPTH else {}
            return {n: self.example(s, depth + 1) for n, s in fields.items() if n in wanted}
        if "format" in found:
            return _FORMATS.get(found["format"], "…")
        kind = found.get("type", "string")
        return _SAMPLES.get(kind if isinstance(kind, str) else kind[0], {})


def _given(schema: Schema) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("example", "const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    return schema["enum"][0] if schema.get("enum") else None


def words_of(schema: Schema) -> str:
    """What a schema says of itself: its description and its bounds."""
    parts = [str(schema["description"])] if "description" in schema else []
    names = ("minLength", "maxLength", "minimum", "maximum", "pattern", "maxItems")
    parts += [f"{name} {schema[name]}" for name in names if name in schema]
    parts = [part for part in parts if not part.startswith("pattern") or len(part) <= PATTERN_MAX]
    return " · ".join(parts)
