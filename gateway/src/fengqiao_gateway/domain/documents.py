"""One OpenAPI 3.1 document out of the services' own: paths under /v1, schemas without clashes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .links import add_links
from .refusals import FIELD_PROBLEM, PROBLEM, refusals
from .routes import SELF, SERVICES, find_route

Document = Mapping[str, Any]

TAGS = {
    SELF: ("门户", "Identity, partners, webhooks, facts and the live stream"),
    "intake": ("受理登记", "Registration, receipts, referrals, the case register"),
    "triage": ("分析研判", "Analysis and assessment of a dispute"),
    "routing": ("分流归口", "Outlet, unit and mediator of a case; waiting lists"),
    "mediation": ("调解办理", "Casework from acceptance to the sealed dossier"),
    "mediator-registry": ("名册", "Areas, committees, mediators and experts"),
    "analytics": (
        "统计研判",
        "Counts, trends and summaries, each with its list of cases",
    ),
}
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_SECURITY = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "登录令牌: POST /v1/auth/login 的 access_token",
    },
    "partner": {
        "type": "http",
        "scheme": "bearer",
        "description": "协作系统密钥: Authorization: Bearer fqp_…",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "fq_session",
        "description": "控制台会话; 写操作另须 X-CSRF-Token",
    },
}
_ANYONE: list[dict[str, list[str]]] = [{"session": []}, {"partner": []}, {"cookie": []}]
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "同键同内容得同一应答 · same key and body, same answer; other body: 409",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
}
_DESCRIPTION = (
    "枫桥: 城市矛盾纠纷多元化解平台。时间为 RFC 3339, 金额为元的十进制字符串, 错误为 RFC 9457 问题文档。\n\n"
    "Fengqiao, a city's people's-mediation platform. RFC 3339 times, amounts in yuan as decimal "
    "strings, RFC 9457 problems, `Idempotency-Key` on creating calls."
)


def merge(own: Document, others: Mapping[str, Document], version: str) -> dict[str, Any]:
    """The document of the whole from the gateway's own and the services' documents, by name.

    Paths that the route table does not lead to the service (internal and operating ones) are left
    out. A schema name used for two different things gets its service's name in front.
    """
    schemas: dict[str, Any] = {"Problem": PROBLEM, "FieldProblem": FIELD_PROBLEM}
    paths: dict[str, Any] = {}
    for service, document in {SELF: own, **others}.items():
        renamed = _take_schemas(service, document, schemas)
        for path, item in sorted(document.get("paths", {}).items()):
            public = path if service == SELF else f"/v1{path}"
            if service == SELF or _leads_to(path, service):
                paths[public] = _operations(service, path, renamed(item))
    add_links(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "枫桥 Fengqiao",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "本部署"}],
        "tags": [{"name": zh, "description": en} for zh, en in TAGS.values()],
        "security": _ANYONE,
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
        "x-services": {s: s in others for s in SERVICES},
    }


def unrouted(service: str, document: Document, internal: Iterable[str]) -> list[str]:
    """The service's paths that no route leads to, but for the named internal prefixes."""
    skip = tuple(internal)
    paths = document.get("paths", {})
    return sorted(p for p in paths if not p.startswith(skip) and not _leads_to(p, service))


def methods_of(document: Document, path: str) -> list[str]:
    """The methods that a document has for a path; none where it does not know the path."""
    asked = path.split("/")
    for template, item in document.get("paths", {}).items():
        words = template.split("/")
        same = (w == a or w.startswith("{") for w, a in zip(words, asked, strict=False))
        if len(words) == len(asked) and all(same):
            return [m.upper() for m in _METHODS if m in item]
    return []


def _leads_to(path: str, service: str) -> bool:
    concrete = "/".join("x" if "{" in s else s for s in path.lstrip("/").split("/"))
    route = find_route(concrete)
    return route is not None and route.service == service


class _Renamer:
    """Rewrites references to the schemas that had to be renamed."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = {
            f"#/components/schemas/{old}": f"#/components/schemas/{new}"
            for old, new in names.items()
        }

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._one(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self(v) for v in value]
        return value

    def _one(self, key: str, value: Any) -> Any:
        if key == "$ref" and isinstance(value, str):
            return self.names.get(value, value)
        if key == "mapping" and isinstance(value, dict):
            return {k: self.names.get(v, v) for k, v in value.items()}
        return self(value)


def _take_schemas(service: str, document: Document, into: dict[str, Any]) -> _Renamer:
    """Adds the document's schemas to `into` and returns what renames the references to them."""
    found: dict[str, Any] = document.get("components", {}).get("schemas", {})
    title = "".join(word.capitalize() for word in service.split("-"))
    names = {n: f"{title}{n}" for n, s in found.items() if n in into and not _equal(into[n], s)}
    renamed = _Renamer(names)
    for name, schema in found.items():
        into.setdefault(names.get(name, name), renamed(schema))
    return renamed


def _equal(left: Any, right: Any) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _operations(service: str, path: str, item: dict[str, Any]) -> dict[str, Any]:
    """The path item with tag, unique operation id and no security schemes of the inner door."""
    out = dict(item)
    for method in _METHODS:
        if method in item:
            operation = {k: v for k, v in item[method].items() if k != "security"}
            operation["tags"] = [TAGS[service][0]]
            name = operation.get("operationId", method)
            operation["operationId"] = f"{service}.{name}"
            if item[method].get("x-open"):
                operation["security"] = []
            operation["parameters"] = _parameters(method, operation)
            answers = {k: v for k, v in operation["responses"].items() if k != "422"}
            operation["responses"] = answers | refusals(method, path, operation)
            out[method] = operation
    return out


def _parameters(method: str, operation: dict[str, Any]) -> list[Any]:
    """The operation's parameters; a call that makes something may carry an Idempotency-Key."""
    found: list[Any] = [_as_sent(method, p) for p in operation.get("parameters", [])]
    keyless = method != "post" or operation.get("x-open") or operation.get("x-keyless")
    if keyless or any(p.get("name", "").lower() == "idempotency-key" for p in found):
        return found
    return [*found, _IDEMPOTENCY]


def _as_sent(method: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter without null among its types: what is not sent is left out of an address.

    Who changes an entry says which revision was read (else 428); a step of a case may leave it out.
    """
    schema = parameter.get("schema", {})
    if parameter.get("name") == "If-Match" and method in ("put", "patch"):
        parameter = parameter | {"required": True}
    options = [o for o in schema.get("anyOf", ()) if o.get("type") != "null"]
    if len(options) != 1:
        return parameter
    kept = {k: v for k, v in schema.items() if k != "anyOf"}
    return parameter | {"schema": options[0] | kept}
