"""Which field of a fact is personal data, and of which class.

Class 1 (id number, phone, exact address) is encrypted in every table; class 2 (names and free words)
is clear only in the databases of the services that need it. On the bus both live in `pii` alone.
Every text field is listed here once, so that a new one must be classified before it can be stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .facts import Fact

CLASS_1 = frozenset({"id_number", "phone", "address"})
"""Fields of the personal part that every table keeps encrypted."""

CLASS_2 = frozenset({"name", "narrative", "claims", "text", "quotes", "content", "obligations"})
"""Fields of the personal part that the services that need them keep in clear."""

NOT_PERSONAL = frozenset({"party_id", "id_kind"})
"""Fields that may stand inside the personal part only because what they belong to does."""

PLAIN = frozenset(
    {
        *("amount", "analyser", "area", "area_path", "article", "code", "dossier_number", "fields"),
        *("input_sha256", "missing", "number", "policy_version", "reason", "reasons", "reporter"),
        *("ref", "rule", "sha256", "source", "specialities", "system", "table_version", "type"),
        *("unit", "attended", "copy_of", "creditor", "debtor", "counts", "id", "kind"),
        *("read_type", "replaced_by", "absorbed"),
    }
)
"""Text fields outside the personal part: codes, numbers, hashes, versions and references.
Beside them every field whose name ends in `_id`."""

PUBLIC_WORDS = frozenset({"committee.registered.v1:name", "case.refused.v1:guidance"}) | frozenset(
    {"case.redirected.v1:guidance", "case.terminated.v1:guidance"}
)
"""Words outside the personal part that name no person: an office's name, the policy's advice."""


def misplaced(fact: type[Fact]) -> list[str]:
    """The text fields of a fact class that are not classified, or personal but outside `pii`."""
    found = []
    for path in text_fields(fact.model_json_schema(mode="serialization")):
        inside = path.startswith("pii.")
        name = path.rpartition(".")[2]
        known = CLASS_1 | CLASS_2 | NOT_PERSONAL if inside else PLAIN
        public = f"{fact.TYPE}:{path}" in PUBLIC_WORDS
        if not (name in known or public or (name.endswith("_id") and not inside)):
            found.append(path)
    return found


def text_fields(schema: dict[str, Any]) -> list[str]:
    """The dotted paths of all fields that can hold free text (no date, amount or fixed choice)."""
    return sorted(set(_text(schema, schema.get("$defs", {}), "")))


def _text(node: dict[str, Any], defs: dict[str, Any], path: str) -> Iterator[str]:
    """Walk a schema node; an object with free keys counts as text, its keys are words too."""
    if "$ref" in node:
        node = defs[node["$ref"].rpartition("/")[2]]
    for choice in node.get("anyOf", ()):
        yield from _text(choice, defs, path)
    if "items" in node:
        yield from _text(node["items"], defs, path)
    if "additionalProperties" in node and isinstance(node["additionalProperties"], dict):
        yield path
    for name, child in node.get("properties", {}).items():
        yield from _text(child, defs, f"{path}.{name}".lstrip("."))
    if node.get("type") == "string" and not node.keys() & {"enum", "const", "format", "pattern"}:
        yield path
