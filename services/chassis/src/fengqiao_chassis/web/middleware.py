"""Around every request: its id and trace, the limit of its body, metrics, headers, last resort."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fengqiao_contracts.errors import Invalid, Refusal
from fengqiao_contracts.ids import new_id

from ..profile import STAGE
from ..telemetry import HTTP_REQUESTS, HTTP_SECONDS, traceparent
from .problems import problem, problem_of, too_large

if TYPE_CHECKING:
    from ..service import Context

_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?!([^0-9]*[0-9]){7})[A-Za-z0-9_-]{8,64}"
)
"""A caller's request id goes into logs and facts, so that it must be no phone or id number: a UUID,
or fewer than seven digits. Instead of any other the request gets one of ours."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_JSON_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class BrokenOff(RuntimeError):
    """An answer that had begun could not be ended; the server closes the connection."""


@dataclass
class _Call:
    """One request and its answer on the way."""

    scope: Scope
    receive: Receive
    send: Send
    service: str
    limit: int
    id: str
    began: float = field(default_factory=time.perf_counter)
    size: int = 0
    answered: bool = False

    async def read(self) -> Message:
        """The next piece of the body. Raises HTTPException 413 as soon as it is over the limit."""
        message = await self.receive()
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            if self.size > self.limit:
                raise HTTPException(413)
        return message

    async def answer(self, message: Message) -> None:
        """The next piece of the answer; headers and metrics belong to its start."""
        if message["type"] == "http.response.start":
            self.answered = True
            self._dress(MutableHeaders(scope=message))
            self._count(message["status"])
        await self.send(message)

    def _dress(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self.id
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if "json" in headers.get("content-type", ""):
            for name, value in _JSON_HEADERS.items():
                headers.setdefault(name, value)

    def _count(self, status: int) -> None:
        method = self.scope["method"] if self.scope["method"] in _METHODS else "OTHER"
        route = template(self.scope)
        HTTP_REQUESTS.labels(self.service, method, route, str(status)).inc()
        HTTP_SECONDS.labels(self.service, method, route).observe(time.perf_counter() - self.began)


class Around:
    """Pure ASGI, so that streams pass and the body stays readable by handlers."""

    def __init__(self, app: ASGIApp, ctx: Context) -> None:
        self.app = app
        self.ctx = ctx

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; no error leaves with what a person wrote in it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        call = _Call(scope, receive, send, self.ctx.name, self._limit(scope), _id_of(headers))
        state = scope.setdefault("state", {})
        state["request_id"] = call.id
        state["traceparent"] = traceparent(headers.get("traceparent"))
        refused = _refusal(scope, headers, call.limit)
        if refused is not None:
            await problem(refused)(scope, receive, call.answer)
            return
        stage = STAGE.set(f"{self.ctx.name}: requests")
        try:
            await self.app(scope, call.read, call.answer)
        except Exception as error:  # noqa: BLE001 -- the last resort
            answer = problem_of(error, self.ctx.name, call.id)
            if call.answered:
                raise BrokenOff(call.id) from None
            await answer(scope, receive, call.answer)
        finally:
            STAGE.reset(stage)

    def _limit(self, scope: Scope) -> int:
        settings = self.ctx.settings
        bulk = "/imports" in scope["path"]
        return settings.max_import_bytes if bulk else settings.max_body_bytes


def template(scope: Scope) -> str:
    """The route's template, so that a metric has few labels: `/cases/{case_id}`."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")


def _id_of(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else new_id()


def _refusal(scope: Scope, headers: Headers, limit: int) -> Refusal | None:
    """What is refused before anything reads it."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return too_large(limit)
    query = scope.get("query_string", b"")
    if "\x00" in scope["path"] or b"%00" in query or b"\x00" in query:
        return Invalid(
            "bad-characters",
            "地址中含有 NUL 字符，请删除后重试。",
            "The address has NUL characters; remove them.",
            field="address",
        )
    return None
