"""Every error as an RFC 9457 problem, in Chinese and English, without any personal data."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from fengqiao_contracts.errors import Busy, Conflict, Invalid, NotFound, Refusal, TooLarge

from ..store.database import away, disk_full, sqlstate
from ..telemetry import logger
from .wording import worded

BASE = "/problems/"
"""A problem's `type` is this and its code; the code is published language and never changes."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ERRORS_MAX = 50
RETRY_SECONDS = 2


def problem(refusal: Refusal, errors: Sequence[Mapping[str, Any]] = ()) -> Response:
    """The response of a refusal."""
    body: dict[str, Any] = {
        "type": BASE + refusal.code,
        "title": refusal.zh,
        "title_en": refusal.en,
        "status": refusal.status,
        "code": refusal.code,
        "detail": f"{refusal.zh} {refusal.en}",
    }
    if refusal.field is not None:
        body["field"] = refusal.field
    if errors:
        body["errors"] = list(errors)
    headers: dict[str, str] = {}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(body), refusal.status, headers, "application/problem+json")


def problem_of(error: Exception, service: str, request_id: str = "") -> Response:
    """The response of any error. What nobody foresaw is logged by its class and answered as 500."""
    if isinstance(error, Refusal):
        return problem(error)
    if isinstance(error, RequestValidationError):
        return _validation(error)
    if isinstance(error, HTTPException):
        return _http(error)
    known = _storage(error) or _text(error)
    log = logger(service)
    if known is not None:
        log.warning("request.refused", code=known.code, error=_name(error), request_id=request_id)
        return problem(known)
    log.error("request.failed", error=_name(error), at=_place(error), request_id=request_id)
    return problem(
        Refusal(
            "internal-error",
            "系统内部错误，请稍后重试；如反复出现请联系运维并提供请求编号。",
            "An internal error; try again, and name the request id to the operator if it persists.",
            status=500,
        )
    )


def install(app: FastAPI, service: str) -> None:
    """Answer every foreseen error of an application by `problem_of`."""

    async def handle(request: Request, error: Exception) -> Response:
        answer = problem_of(error, service, str(getattr(request.state, "request_id", "")))
        if answer.status_code == 405 and isinstance(error, HTTPException):
            answer.headers["allow"] = ", ".join(allowed_methods(app, request))
        return answer

    for kind in (Refusal, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)


def allowed_methods(app: FastAPI, request: Request) -> list[str]:
    """Every method of the request's path: a 405 of Starlette names those of its first route only."""
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return sorted(
        method
        for method, scope in asked
        if any(route.matches(scope)[0] is Match.FULL for route in app.routes)
    )


def _validation(error: RequestValidationError) -> Response:
    found = [worded(e) for e in list(error.errors())[:ERRORS_MAX]]
    if found and found[0]["code"] in ("json_invalid", "bad-json"):
        return problem(_bad_json())
    first: Mapping[str, Any] = (
        found[0] if found else {"field": "body", "zh": "无效", "en": "is wrong"}
    )
    refusal = Invalid(
        "invalid-input",
        f"字段 {first['field']}：{first['zh']}。",
        f"Field {first['field']}: {first['en']}.",
        field=str(first["field"]),
    )
    return problem(refusal, found)


def _bad_json() -> Invalid:
    return Invalid(
        "bad-json",
        "请求体不是 UTF-8 编码的 JSON：请检查编码与格式。",
        "The body is not JSON in UTF-8: check encoding and form.",
        field="body",
        status=400,
    )


def _http(error: HTTPException) -> Response:
    if error.status_code == 413:
        return problem(too_large())
    if error.status_code == 404:
        return problem(
            NotFound("no-such-path", "没有该接口，见 /docs。", "No such path; see /docs.")
        )
    if error.status_code == 405:
        return problem(no_such_method())
    if error.status_code == 400:
        return problem(_bad_json())
    refused = problem(
        Refusal(
            f"http-{error.status_code}",
            "请求未能完成，请检查后重试。",
            "The request could not be answered; check it and try again.",
            status=error.status_code,
        )
    )
    refused.headers.update(error.headers or {})
    return refused


def no_such_method() -> Refusal:
    """The refusal of a method that a path does not have; its answer names the others in `Allow`."""
    return Refusal(
        "method-not-allowed",
        "该接口不支持此方法，见 /docs。",
        "This path has no such method; see /docs.",
        status=405,
    )


def too_large(limit: int | None = None) -> TooLarge:
    """The refusal of a body over the limit in bytes."""
    zh, en = (f" {limit} 字节", f" {limit} bytes") if limit else ("上限", " the limit")
    return TooLarge(
        "body-too-large",
        f"请求体超过{zh}，请分批提交。",
        f"The body is over{en}; send it in parts.",
        field="body",
    )


def _storage(error: Exception) -> Refusal | None:
    """What the database or the disk says of itself."""
    if disk_full(error) or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return Refusal(
            "disk-full",
            "磁盘空间不足，暂不能受理；请联系运维扩容。",
            "The disk is full: nothing is accepted until the operator makes room.",
            status=507,
            retry_after=60,
        )
    if isinstance(error, IntegrityError):
        return Conflict(
            "changed-meanwhile",
            "数据已被他人同时修改，请刷新后重试。",
            "Somebody changed this at the same moment; read it again and retry.",
        )
    if isinstance(error, OSError) or away(error):
        return Busy(
            "store-unavailable",
            "数据库暂不可用，请稍后重试；已受理的数据不会丢失。",
            "The database does not answer now: try again; nothing that was accepted is lost.",
            retry_after=RETRY_SECONDS,
        )
    return None


def _text(error: Exception) -> Refusal | None:
    """Values that a database cannot hold: NUL, lone surrogates, numbers out of range."""
    wrong = isinstance(error, UnicodeError | OverflowError)
    if not wrong and not (isinstance(error, DBAPIError) and sqlstate(error).startswith("22")):
        return None
    return Invalid(
        "bad-value",
        "请求中含有无效字符或超出范围的数值，请更正后重试。",
        "The request has characters or numbers that cannot be stored; correct them.",
    )


def _name(error: Exception) -> str:
    cause = getattr(error, "orig", None)
    return type(error).__name__ + (f"/{type(cause).__name__}" if cause is not None else "")


def _place(error: Exception) -> str:
    """Module and line where an error arose: enough to find it, and no value of any kind."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if str(module).startswith("fengqiao"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
