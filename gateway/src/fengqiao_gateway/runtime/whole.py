"""The platform as one: its OpenAPI document, and whether every service has settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from fengqiao_contracts.errors import Busy

from .. import __version__
from ..domain.documents import merge
from ..domain.routes import SERVICES
from ..handlers.callers import Caller
from .forwarder import Forwarder

Own = Callable[[], Awaitable[Mapping[str, Any]]]

SELF = Caller(id="gateway", kind="service", role="gateway", name="gateway", proof="")
_KEEP_DOCUMENT, _RETRY_DOCUMENT, _PAUSE = 300.0, 5.0, 0.05
_COUNTS = ("outbox", "lag", "parked", "waiting")


class Whole:
    """Asks every service and puts the answers together."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder
        self._documents: dict[str, dict[str, Any]] = {}
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._settling: asyncio.Task[dict[str, Any]] | None = None

    async def openapi(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The document of the whole; a service that is down keeps its last known part."""
        async with self._asking:
            missing = len(self._documents) < len(SERVICES)
            life = _RETRY_DOCUMENT if missing else _KEEP_DOCUMENT
            if time.monotonic() - self._asked_at > life:
                found = await asyncio.gather(*(self._get(s, "/openapi.json") for s in SERVICES))
                self._documents |= {
                    s: d for s, d in zip(SERVICES, found, strict=True) if d is not None
                }
                self._asked_at = time.monotonic()
        return merge(own, self._documents, __version__)

    async def settled(self, own: Own) -> dict[str, Any]:
        """True only when all services said so twice in a row with the same counts."""
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._ask_settled(own))
        return await asyncio.shield(self._settling)

    async def _ask_settled(self, own: Own) -> dict[str, Any]:
        first = await self._round(own)
        if not first["settled"]:
            return first
        await asyncio.sleep(_PAUSE)
        second = await self._round(own)
        same = all(first[name] == second[name] for name in (*_COUNTS, "services"))
        return second | {"settled": bool(second["settled"] and same)}

    async def _round(self, own: Own) -> dict[str, Any]:
        found = await asyncio.gather(*(self._get(s, "/ops/settled") for s in SERVICES))
        answers = dict(zip(SERVICES, found, strict=True)) | {"gateway": dict(await own())}
        known = [a for a in answers.values() if a is not None]
        return {
            "settled": len(known) == len(answers) and all(a["settled"] for a in known),
            **{name: sum(int(a.get(name) or 0) for a in known) for name in _COUNTS},
            "services": answers,
        }

    async def _get(self, service: str, path: str) -> dict[str, Any] | None:
        try:
            answer = await self._forwarder.send(service, "GET", path, SELF)
        except Busy:
            return None
        if answer.status != 200:
            return None
        found: dict[str, Any] = orjson.loads(answer.body)
        return found
