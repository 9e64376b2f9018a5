"""The client history of a test that speaks to the platform by httpx: every answer becomes an entry."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from faults.checker import Entry, Reader

STATES = {
    "supplements": "case.supplemented",
    "sessions": "session.held",
    "agreements": "agreement.reached",
    "closing": "case.closed",
    "archive": "case.archived",
}
"""What an ok answer to a command on a case promises; consent and acceptance depend on the body."""


class Recorder:
    """Opens clients whose requests go into one history file."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.path = url, path

    def client(self, reader: Reader, token: str) -> httpx.AsyncClient:
        """A client of the gateway, base address .../v1, as this reader."""

        async def record(response: httpx.Response) -> None:
            await response.aread()
            self._write(_entry(reader, response))

        return httpx.AsyncClient(
            base_url=f"{self.url}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
            event_hooks={"response": [record]},
        )

    async def insist(
        self, client: httpx.AsyncClient, reader: Reader, body: Mapping[str, Any], key: str
    ) -> str:
        """Register until it is answered, whatever falls meanwhile: always with the same key."""
        while True:
            at, began = time.time(), time.monotonic()
            try:
                answer = await client.post("/cases", json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                took = time.monotonic() - began
                lost = Entry(at, took, "POST", "/cases", "info", reader, None, key)
                self._write(lost)
                await asyncio.sleep(0.2)
                continue
            if answer.is_success:
                return str(answer.json()["id"])
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.2)

    def _write(self, entry: Entry) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(entry.line() + "\n")


def _entry(reader: Reader, response: httpx.Response) -> Entry:
    request = response.request
    path = request.url.path.removeprefix("/v1")
    body = _json(request.headers.get("content-type", ""), request.content)
    ok = response.is_success
    reference = body.get("external_ref") or {}
    took = response.elapsed.total_seconds()
    return Entry(
        at=time.time() - took,
        seconds=took,
        method=request.method,
        path=path,
        outcome="ok" if ok or response.status_code == 304 else "fail",
        reader=reader,
        status=response.status_code,
        key=request.headers.get("idempotency-key", ""),
        answered=_cases(path, response) if ok else (),
        ref=(reference["system"], reference["number"]) if reference else None,
        states=_states(request.method, path, body),
    )


def _json(kind: str, content: bytes) -> dict[str, Any]:
    found = json.loads(content) if content and kind.startswith("application/json") else {}
    return found if isinstance(found, dict) else {}


def _cases(path: str, response: httpx.Response) -> tuple[str, ...]:
    found = _json(response.headers.get("content-type", ""), response.content)
    steps = path.strip("/").split("/")
    if steps == ["cases"] and "items" in found:
        return tuple(item["id"] for item in found["items"])
    if steps == ["facts"]:
        return tuple(fact["subject"] for fact in found["facts"] if fact["type"].startswith("case."))
    return (found["id"],) if steps[0] == "cases" and len(steps) <= 2 else ()


def _states(method: str, path: str, body: Mapping[str, Any]) -> str:
    steps = path.strip("/").split("/")
    if method != "POST" or steps[0] != "cases":
        return ""
    if len(steps) == 1:
        return "case.registered"
    match steps[2:]:
        case ["acceptance"]:
            return "case.accepted" if body["decision"] == "accept" else "case.refused"
        case ["consents"]:
            return "consent.given" if body["given"] else "consent.refused"
        case [act]:
            return STATES.get(act, "")
        case _:
            return ""
