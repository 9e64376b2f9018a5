"""The public API as one role uses it: tokens, repeats, problems."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from .problems import DriveError

__all__ = ["Answer", "Api", "DriveError"]

Answer = dict[str, Any]

_AGAIN = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Api:
    """The gateway as a role uses it. `client` has the base URL that ends in `/v1`."""

    client: httpx.AsyncClient
    token: str
    patience: float = 30.0

    async def get(self, path: str, **params: str | int) -> Answer:
        """The JSON at `path`; raises DriveError."""
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: Mapping[str, Any], key: str) -> Answer:
        """The JSON answered to a command that happens once per `key`; raises DriveError."""
        return await self._send("POST", path, json=body, headers={"Idempotency-Key": key})

    async def post_lines(self, path: str, records: Sequence[Mapping[str, Any]]) -> Answer:
        """The JSON answered to JSON lines; raises DriveError."""
        lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        headers = {"Content-Type": "application/x-ndjson"}
        return await self._send("POST", path, content=lines.encode(), headers=headers)

    async def _send(self, method: str, path: str, **request: Any) -> Answer:
        """Send; a slice that has not met the case yet or a full queue is asked again for a while."""
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while True:
            response = await self.client.request(method, path, headers=headers, **request)
            if response.is_success:
                answer: Answer = response.json()
                return answer
            code = _code(response)
            if not _worth_again(response, code) or loop.time() > until:
                raise DriveError(f"{response.status_code} {code} {method} {path}")
            await asyncio.sleep(min(float(response.headers.get("Retry-After", "1")), 2.0))


def _code(response: httpx.Response) -> str:
    """The problem's stable code: the last step of its `type`."""
    try:
        return str(response.json().get("type", "")).rpartition("/")[2]
    except ValueError:
        return ""


def _worth_again(response: httpx.Response, code: str) -> bool:
    return response.status_code in _AGAIN or code == "not-here-yet"
