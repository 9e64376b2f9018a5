"""The published description of every fact: `docs/events.md` for people, `docs/asyncapi.yaml` for tools.

Who states a fact follows from the module that defines it; who hears it is told by the caller, from
the services' subscriptions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import personal, schemas
from .envelope import MAX_FACT_BYTES, PARTITIONS
from .facts import CASES, FACTS, INSIGHTS, REGISTRY, TOPICS, Fact

Hearers = Mapping[str, list[str]]

STATED_BY = {"registry": "mediator-registry", "insights": "analytics"}
"""The service behind a module of facts, where it is not called like the module."""

ABOUT = {
    CASES: "One case: what intake, triage, routing and mediation say of it. Key: the case id.",
    REGISTRY: "Committees, mediators and experts. Key: the id of the one spoken of.",
    INSIGHTS: "What analytics issues. Key: the code of the area.",
}
"""What each topic carries."""

HEADERS = (
    ("ce_specversion", "1.0"),
    ("ce_id", "the fact's id (UUIDv7)"),
    ("ce_source", "the stating service, as /intake"),
    ("ce_type", "name and version, as case.registered.v1"),
    ("ce_time", "when it was stated, RFC 3339 in UTC"),
    ("ce_subject", "whom it is about: the topic's key"),
    ("ce_sequence", "1..n without gap per source and subject"),
    ("ce_order", "Lamport clock of the partition: a cause has a lower one than its effect"),
    ("ce_position", "1..n without gap per source, topic and partition"),
    ("ce_lognumber", "generation of the log, raised by a refill"),
    ("ce_correlationid", "one for all facts that follow from one command"),
    ("ce_causationid", "id of the fact that caused this one, where one did"),
    ("ce_traceparent", "W3C trace context, where one is known"),
    ("ce_actor", "who acted: account, partner or service"),
    ("ce_area", "path of the area, as /510100/510104/"),
)
"""The headers of a fact on Kafka (CloudEvents 1.0, binary content mode)."""


_PREFACE = f"""\
Generated from `services/contracts` and the services' subscriptions by
`python -m fengqiao_host.docs`; do not edit.

{len(FACTS)} facts on {len(TOPICS)} topics of {PARTITIONS} partitions each; at most \
{MAX_FACT_BYTES // 1024} kB a fact. The value is the fact's JSON; on Kafka its
attributes are headers (CloudEvents 1.0, binary mode).
""".split("\n")

_PERSONAL = """\
Personal data live only in the part `pii`, which travels encrypted as one value beside the data:
class 1 (id number, phone, exact address) and class 2 (names and free words). Examples are invented."""


def stated_by(fact: type[Fact]) -> str:
    """The name of the service that states the fact."""
    module = fact.__module__.rpartition(".")[2]
    return STATED_BY.get(module, module)


def render_events(hearers: Hearers) -> str:
    """The catalogue of facts as Markdown; `hearers` maps a full type to the services that hear it."""
    lines = [
        "# Facts",
        "",
        *_PREFACE,
        "| header | what |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in HEADERS),
        "",
        _PERSONAL,
        "",
        "| fact | type | stated by | heard by |",
        "|---|---|---|---|",
        *(_summary(fact, hearers) for fact in _facts()),
    ]
    for topic in TOPICS:
        lines += ["", f"## `{topic}`", "", ABOUT[topic]]
        for fact in _facts():
            if topic == fact.TOPIC:
                lines += _section(fact, hearers)
    return "\n".join(lines) + "\n"


def render_asyncapi(hearers: Hearers) -> str:
    """The same as an AsyncAPI 3.0 document in YAML."""
    return "".join(_yaml(asyncapi(hearers), 0))


def asyncapi(hearers: Hearers) -> dict[str, Any]:
    """The AsyncAPI 3.0 document as plain data."""
    stated: dict[str, list[type[Fact]]] = {}
    heard: dict[str, list[type[Fact]]] = {}
    for fact in _facts():
        stated.setdefault(stated_by(fact), []).append(fact)
        for service in hearers.get(fact.TYPE, []):
            heard.setdefault(service, []).append(fact)
    operations: dict[str, Any] = {}
    for action, by_service in (("send", stated), ("receive", heard)):
        for service, facts in sorted(by_service.items()):
            operations |= _operations(service, action, facts)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fengqiao facts",
            "version": "1.0.0",
            "description": "Generated from services/contracts by python -m fengqiao_host.docs.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_short(topic): _channel(topic) for topic in TOPICS},
        "operations": operations,
        "components": {
            "messageTraits": {"fact": {"headers": _headers()}},
            "messages": {fact.TYPE: _message(fact) for fact in _facts()},
        },
    }


def _facts() -> list[type[Fact]]:
    """All facts: by topic, then by the stating service, then by type."""
    key = {topic: number for number, topic in enumerate(TOPICS)}
    return sorted(FACTS.values(), key=lambda f: (key[f.TOPIC], _rank(stated_by(f)), f.TYPE))


def _rank(service: str) -> int:
    order = ("intake", "triage", "routing", "mediation", "mediator-registry", "analytics")
    return order.index(service) if service in order else len(order)


def _short(topic: str) -> str:
    return topic.rpartition(".")[2]


def _summary(fact: type[Fact], hearers: Hearers) -> str:
    anchor = f"{fact.__name__}-{fact.TYPE}".lower().replace(".", "")
    heard = ", ".join(sorted(hearers.get(fact.TYPE, []))) or "–"
    return f"| [{fact.__name__}](#{anchor}) | `{fact.TYPE}` | {stated_by(fact)} | {heard} |"


def _section(fact: type[Fact], hearers: Hearers) -> list[str]:
    heard = ", ".join(sorted(hearers.get(fact.TYPE, []))) or "nobody in this platform"
    shown = json.dumps(schemas.example(fact.TYPE), ensure_ascii=False, indent=2)
    return [
        "",
        f"### {fact.__name__} `{fact.TYPE}`",
        "",
        " ".join((fact.__doc__ or "").split()),
        "",
        f"Stated by {stated_by(fact)}; heard by {heard}; key `{fact.SUBJECT}`.",
        "",
        "| field | type | required | personal data |",
        "|---|---|---|---|",
        *_rows(schemas.schema(fact), ""),
        "",
        "```json",
        shown,
        "```",
    ]


def _rows(node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """A table row per field; fields of an object inside follow with a dotted name."""
    required = node.get("required", ())
    for name, child in node["properties"].items():
        path, inner = f"{prefix}{name}", _object(child)
        needed = "yes" if name in required else "no"
        yield f"| `{path}` | {_words(child)} | {needed} | {_class(path)} |"
        if inner is not None:
            yield from _rows(inner, f"{path}.")


def _object(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object a field holds: itself, one of its choices, or each item of it."""
    if "properties" in node:
        return node
    for inside in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else [])):
        found = _object(inside)
        if found is not None:
            return found
    return None


def _words(node: Mapping[str, Any]) -> str:
    """The type of a field in a word or two."""
    if "anyOf" in node:
        return " or ".join(_words(choice) for choice in node["anyOf"])
    if "enum" in node:
        return " ".join(f"`{choice}`" for choice in node["enum"])
    if "items" in node:
        return f"list of {_words(node['items'])}"
    if isinstance(node.get("additionalProperties"), dict):
        return f"map to {_words(node['additionalProperties'])}"
    return str(node.get("format") or node.get("type"))


def _class(path: str) -> str:
    """The class of personal data of a field: inside `pii` only."""
    name = path.rpartition(".")[2]
    if path == "pii":
        return "encrypted part"
    if not path.startswith("pii."):
        return ""
    return "class 1" if name in personal.CLASS_1 else "class 2" if name in personal.CLASS_2 else ""


def _operations(service: str, action: str, facts: list[type[Fact]]) -> dict[str, Any]:
    """One operation per service, direction and topic."""
    found: dict[str, Any] = {}
    for topic in TOPICS:
        types = [fact.TYPE for fact in facts if topic == fact.TOPIC]
        if types:
            short = _short(topic)
            found[f"{service}.{action}.{short}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{short}"},
                "messages": [{"$ref": f"#/channels/{short}/messages/{t}"} for t in types],
            }
    return found


def _channel(topic: str) -> dict[str, Any]:
    types = [fact.TYPE for fact in _facts() if topic == fact.TOPIC]
    return {
        "address": topic,
        "description": ABOUT[topic],
        "messages": {t: {"$ref": f"#/components/messages/{t}"} for t in types},
        "bindings": {"kafka": {"partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
    }


def _headers() -> dict[str, Any]:
    optional = {"ce_causationid", "ce_traceparent"}
    names = [name for name, _ in HEADERS if name not in optional]
    fields = {name: {"type": "string", "description": what} for name, what in HEADERS}
    return {"type": "object", "required": names, "properties": fields}


def _message(fact: type[Fact]) -> dict[str, Any]:
    """The message of a fact; `pii` is left out of the payload, it travels encrypted."""
    payload = schemas.schema(fact)
    payload["properties"] = {k: v for k, v in payload["properties"].items() if k != "pii"}
    return {
        "name": fact.TYPE,
        "title": fact.__name__,
        "summary": " ".join((fact.__doc__ or "").split()),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/fact"}],
        "payload": payload,
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"the field {fact.SUBJECT}"},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"payload": schemas.example(fact.TYPE)["data"]}],
    }


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _yaml(node: Any, depth: int) -> Iterator[str]:
    """Plain data as YAML in block style; strings are quoted unless they are plain words."""
    pad = "  " * depth
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield f"{pad}{_scalar(key)}:"
            yield from _value(value, depth)
    elif isinstance(node, list) and node:
        for value in node:
            yield f"{pad}-"
            yield from _value(value, depth)


def _value(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield "\n"
        yield from _yaml(value, depth + 1)
    else:
        yield f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False)
