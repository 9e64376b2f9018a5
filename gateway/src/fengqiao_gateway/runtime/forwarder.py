"""Passing a call on to its service: with our identity, bounded, and only clear answers come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote

from fastapi import Request, Response

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.upstream import Upstream, UpstreamDown, UpstreamResponse
from fengqiao_contracts.errors import Busy, Forbidden, NotFound, TooLarge

from ..domain.routes import Route, find_route
from ..handlers.callers import Caller
from .principals import principal_of

_TAKEN = frozenset(
    {
        "accept",
        "accept-language",
        "content-type",
        "content-encoding",
        "content-disposition",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "range",
        "traceparent",
        "tracestate",
        "x-file-name",
        "x-purpose",
    }
)
_GIVEN = frozenset(
    {
        "content-type",
        "content-disposition",
        "content-language",
        "content-range",
        "accept-ranges",
        "etag",
        "last-modified",
        "cache-control",
        "retry-after",
        "allow",
        "link",
        "vary",
    }
)
_PLAIN = "/~:@!$&'()*+,;=-._"
_FULL, _UNAVAILABLE = 507, 503

Mint = Callable[[Principal, str], str]


class Forwarder:
    """Sends calls through the Upstream port with a fresh identity; outside headers do not pass."""

    def __init__(self, upstream: Upstream, mint: Mint, max_body: int, max_bulk: int) -> None:
        self._upstream = upstream
        self._mint = mint
        self._max_body = max_body
        self._max_bulk = max_bulk

    async def forward(self, path: str, request: Request, caller: Caller) -> Response:
        """The service's answer to a public path (without /v1/). Raises Refusals of the door."""
        route = find_route(path)
        if route is None:
            raise NotFound("no-such-path", "没有该接口, 见 /docs", "No such path; see /docs")
        check_outsider(route, caller)
        body = await read_body(request, self._max_bulk if route.bulk else self._max_body)
        headers = [(k, v) for k, v in request.headers.items() if k in _TAKEN]
        headers += [("x-request-id", request_id(request))]
        answer = await self.send(
            route.service,
            request.method,
            f"/{quote(path, safe=_PLAIN)}",
            caller,
            request.url.query,
            headers,
            body,
        )
        return passed_on(answer)

    async def send(  # noqa: PLR0913 -- the parts of one HTTP request
        self,
        service: str,
        method: str,
        path: str,
        caller: Caller,
        query: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> UpstreamResponse:
        """One call to a service as the caller. Raises Busy where the service is down."""
        token = self._mint(principal_of(caller), service)
        signed = [*headers, ("authorization", f"Bearer {token}")]
        try:
            return await self._upstream.send(service, method, path, query, signed, body)
        except UpstreamDown:
            raise unavailable() from None


def check_outsider(route: Route, caller: Caller) -> None:
    """Raises Forbidden where an outsider comes to what is for staff only."""
    if caller.role in ("partner", "party") and caller.role not in route.outsiders:
        raise Forbidden("not-for-outsiders", "该接口不对外开放", "This is not open to outsiders")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is over the limit, whatever the header says."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def passed_on(answer: UpstreamResponse) -> Response:
    """What leaves the door: 2xx, 304, 4xx, 503 and 507 as they are, all else as 503 or 404."""
    status = answer.status
    if 300 <= status < 400 and status != 304:
        raise NotFound("no-such-path", "没有该接口, 见 /docs", "No such path; see /docs")
    if not (200 <= status < 500 or status in (_UNAVAILABLE, _FULL)):
        raise unavailable()
    response = Response(answer.body, status)
    for name, value in answer.headers:
        if name.lower() in _GIVEN:
            response.headers.append(name, value)
        elif name.lower() == "location" and value.startswith("/"):
            response.headers.append(name, f"/v1{value}")
    return response


def request_id(request: Request) -> str:
    """The request's id, as the chassis accepted or made it."""
    return str(getattr(request.state, "request_id", ""))


def unavailable() -> Busy:
    """The service does not answer, or not clearly."""
    return Busy(
        "service-unavailable",
        "服务暂不可用, 请稍后重试; 已受理的数据不会丢失",
        "The service does not answer now: try again; nothing that was accepted is lost",
    )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "body-too-large",
        f"请求体超过 {limit} 字节; 大批量数据请用 POST /v1/imports 分批提交",
        f"The body is over {limit} bytes; send bulk data in parts by POST /v1/imports",
    )
