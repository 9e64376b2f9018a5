"""One OpenAPI 3.1 document out of the services' own: paths under /v1, schemas without clashes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

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
_REFUSALS = {
    "401": "未登录或凭据无效 · No valid proof of who calls",
    "403": "无权 · Not allowed",
    "404": "不存在或不在权限范围内 · Not there, or not in your scope",
    "413": "请求体过大 · Body too large",
    "422": "输入有误, 指明字段 · The input is wrong; names the field",
    "429": "请求过多, 见 Retry-After · Too many requests",
    "503": "暂不可用, 见 Retry-After · Not available now",
    "default": "其他拒绝 · Any other refusal",
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 问题文档 · problem document; `type` is stable",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "同键同内容得同一应答 · same key and body, same answer; other body: 409",
    "schema": {"type": "string", "maxLength": 200},
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
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, Any] = {}
    for service, document in {SELF: own, **others}.items():
        renamed = _take_schemas(service, document, schemas)
        for path, item in sorted(document.get("paths", {}).items()):
            public = path if service == SELF else f"/v1{path}"
            if service == SELF or _leads_to(path, service):
                paths[public] = _operations(service, renamed(item))
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


def _operations(service: str, item: dict[str, Any]) -> dict[str, Any]:
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
            operation["responses"] = _responses(operation.get("responses", {}))
            operation["parameters"] = _parameters(method, operation.get("parameters", []))
            out[method] = operation
    return out


def _responses(found: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's own answers and what the door itself may answer to any call."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    content = {"application/problem+json": problem}
    refusals = {s: {"description": text, "content": content} for s, text in _REFUSALS.items()}
    return dict(found) | refusals


def _parameters(method: str, found: list[Any]) -> list[Any]:
    """The operation's parameters; a creating call may always carry an Idempotency-Key."""
    if method != "post" or any(p.get("name", "").lower() == "idempotency-key" for p in found):
        return found
    return [*found, _IDEMPOTENCY]
