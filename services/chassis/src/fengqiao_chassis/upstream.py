"""The gateway's way to the services, and the way within one process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

TOTAL_SECONDS = 30.0

Headers = Iterable[tuple[str, str]]


class UpstreamDown(Exception):
    """A service does not answer: not reachable, not in this process, or too slow."""


@dataclass(frozen=True)
class UpstreamResponse:
    """A service's whole answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Upstream(Protocol):
    """One call to a service. `path` is percent-encoded and begins with `/`."""

    async def send(
        self, service: str, method: str, path: str, query: str, headers: Headers, body: bytes
    ) -> UpstreamResponse:
        """The answer. Raises UpstreamDown."""
        ...


@dataclass
class InProcessUpstream:
    """Calls the services' applications of this process; `apps` may be filled later."""

    apps: Mapping[str, ASGIApp]
    timeout: float = TOTAL_SECONDS

    async def send(
        self, service: str, method: str, path: str, query: str, headers: Headers, body: bytes
    ) -> UpstreamResponse:
        """The answer. Raises UpstreamDown when the service is not here, too slow or broken off."""
        app = self.apps.get(service)
        if app is None:
            raise UpstreamDown(service)
        call = _Call(body)
        try:
            async with asyncio.timeout(self.timeout):
                await app(
                    _scope(service, method, path, query, headers, body), call.receive, call.send
                )
        except Exception as error:
            raise UpstreamDown(service) from error
        if call.status == 0:
            raise UpstreamDown(service)
        return UpstreamResponse(call.status, call.headers, b"".join(call.pieces))


@dataclass
class _Call:
    """The two ends of one call in the process."""

    body: bytes
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    _given: bool = False
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        """The body once; then nothing until the answer is complete."""
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self._done.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Takes the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", ())
            ]
        elif message["type"] == "http.response.body":
            self.pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._done.set()


def _scope(
    service: str, method: str, path: str, query: str, headers: Headers, body: bytes
) -> dict[str, Any]:
    raw = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
    raw += [(b"host", service.encode()), (b"content-length", str(len(body)).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 0),
        "server": (service, 80),
        "state": {},
    }
