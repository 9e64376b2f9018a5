"""One user of the public API under fault: a command is repeated with its key until it is answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from faults.checker import Entry, Reader

LOST = 0
"""The status of an answer that never came."""
AGAIN = frozenset({LOST, 429, 503, 504, 507})
ALLOWED = frozenset({503, 504, 507})
"""I9: what may come of 5xx."""
PATIENCE = 90.0


class History:
    """What clients asked and were answered, one line of JSON each, as the checker reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.registered: dict[str, str] = {}
        """The case of every acknowledged registration, by its key."""
        self.statuses: Counter[int] = Counter()
        self.stated: Counter[str] = Counter()
        """The facts that answers have promised, by name."""
        self.problems: list[str] = []
        """What must never happen, in words."""

    def add(self, entry: Entry) -> None:
        """Keep an entry, on the disk at once."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(entry.line() + "\n")
        self.statuses[entry.status or LOST] += 1
        if (entry.status or 0) >= 500 and entry.status not in ALLOWED:
            self.problems.append(f"{entry.status} of {entry.method} {entry.path}")
        if entry.outcome == "ok":
            self.stated[entry.states] += 1
            if entry.registers:
                self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        before = self.registered.setdefault(entry.key, entry.case_id)
        if before != entry.case_id:
            self.problems.append(f"key {entry.key}: first case {before}, then {entry.case_id}")


class Caller:
    """Sends as one reader; every attempt is kept in the history."""

    def __init__(self, client: httpx.AsyncClient, reader: Reader, history: History) -> None:
        self.client, self.reader, self.history = client, reader, history

    async def post(
        self, path: str, body: Mapping[str, Any], key: str, states: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """A command, sent with its key until there is an answer; its status and JSON."""
        ref = body.get("external_ref")
        fields: dict[str, Any] = {"key": key, "states": states}
        if ref is not None:
            fields["ref"] = (ref["system"], ref["number"])
        headers = {"Idempotency-Key": key}
        return await self._insist("POST", path, fields, json=body, headers=headers)

    async def get(self, path: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """A read, repeated until there is an answer; its status and JSON. What has not met the case
        yet says so: that is an answer.
        """
        return await self._insist("GET", path, {}, params=params)

    async def _insist(
        self, method: str, path: str, fields: dict[str, Any], **request: Any
    ) -> tuple[int, dict[str, Any]]:
        end = time.monotonic() + PATIENCE
        while True:
            status, answer = await self._once(method, path, fields, **request)
            early = method != "GET" and answer.get("code") == "not-here-yet"
            if status not in AGAIN and not early:
                return status, answer
            if time.monotonic() > end:
                self.history.problems.append(f"no answer within {PATIENCE:.0f} s: {method} {path}")
                return status, answer
            await asyncio.sleep(0.3)

    async def _once(
        self, method: str, path: str, fields: dict[str, Any], **request: Any
    ) -> tuple[int, dict[str, Any]]:
        at, began = time.time(), time.monotonic()
        status, answer = LOST, dict[str, Any]()
        try:
            response = await self.client.request(method, path, **request)
        except httpx.TransportError:
            pass
        else:
            status, answer = response.status_code, _json(response)
        entry = Entry(
            at=at,
            seconds=time.monotonic() - began,
            method=method,
            path=path,
            outcome="info" if status == LOST else "ok" if 200 <= status < 300 else "fail",
            reader=self.reader,
            status=status or None,
            answered=_cases(path, answer) if 200 <= status < 300 else (),
            **fields,
        )
        self.history.add(entry)
        return status, answer


def _json(response: httpx.Response) -> dict[str, Any]:
    if "json" not in response.headers.get("content-type", ""):
        return {}
    found = response.json()
    return found if isinstance(found, dict) else {"list": found}


def _cases(path: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the cases in an answer of /cases or /cases/<id>."""
    steps = path.split("/")
    if steps[1] != "cases" or len(steps) > 3:
        return ()
    if "items" in answer:
        return tuple(str(item["id"]) for item in answer["items"])
    return (str(answer["id"]),)


async def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(0.05)
