"""What a call of the document may be refused with: statuses, headers, and the problem's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_WRITES = ("post", "put", "patch", "delete")
_TEXTS = {
    "400": "请求体不是 UTF-8 编码的 JSON · The body is not JSON in UTF-8",
    "401": "未登录或凭据无效 · No valid proof of who calls",
    "403": "无权 · Not allowed",
    "404": "不存在或不在权限范围内 · Not there, or not in your scope",
    "409": "当前状态不允许, 或 Idempotency-Key 已用于其他请求 · The state does not allow it, or the key was used for another request",
    "412": "已被他人修改: 请重新读取 · Somebody changed it meanwhile: read it again",
    "413": "请求体过大 · Body too large",
    "422": "输入有误, 指明字段 · The input is wrong; names the field",
    "428": "须带 If-Match 头 · Needs the header If-Match",
    "429": "请求过多, 见 Retry-After · Too many requests",
    "503": "暂不可用, 见 Retry-After · Not available now",
    "507": "磁盘空间不足, 见 Retry-After · The disk is full",
}
_SECONDS = {"description": "秒 · seconds", "required": True, "schema": {"type": "integer"}}
_LATER = {"Retry-After": _SECONDS}
_HEADERS: Mapping[str, Any] = {
    "401": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    "429": _LATER,
    "503": _LATER,
    "507": _LATER,
}
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

FIELD_PROBLEM = {
    "type": "object",
    "description": "一个字段的问题 · what is wrong with one field",
    "required": ["field", "code", "zh", "en"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in ("field", "code", "zh", "en")},
        "line": {"type": ["integer", "null"], "description": "文件中的行 · line of a file"},
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 问题文档 · problem document; `type` and `code` are stable",
    "required": ["type", "title", "title_en", "status", "code", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
        "title": {"type": "string", "description": "中文"},
        "title_en": {"type": "string", "description": "English"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "有误的字段 · the field that is wrong"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
    "examples": [
        {
            "type": "/problems/unknown-area",
            "title": "没有这个区划代码",
            "title_en": "no area has this code",
            "status": 422,
            "code": "unknown-area",
            "detail": "没有这个区划代码 no area has this code",
            "field": "area",
        }
    ],
}


def refusals(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """The refusals that a call may meet, by status: no more than it can, so that a check bites."""
    return {status: _refusal(status) for status in sorted(_statuses(method, path, operation))}


def _refusal(status: str) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _TEXTS[status], "content": _CONTENT}
    if status in _HEADERS:
        found["headers"] = _HEADERS[status]
    return found


def _statuses(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    open_call, body = bool(operation.get("x-open")), "requestBody" in operation
    yield from ("422", "429", "503")
    if body or not open_call:
        yield "401"
    if not open_call:
        yield "403"
    if body:
        yield from ("400", "413")
    if method in _WRITES and not open_call:
        yield from ("404", "409", "507")
    elif "{" in path:
        yield "404"
    if any(p.get("name", "").lower() == "if-match" for p in operation.get("parameters", ())):
        yield from ("412", "428") if method in ("put", "patch") else ("412",)
