"""What the flow's tests share: the running platform, and a dispute as people see it by the public API."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

PASSWORD = "Liuhe-9-Tai"
STREET = "510104022"
LEAK = (
    "楼上装修把水管打破，漏水泡坏了我家卧室天花板和木地板，找楼上谈了两次都没谈拢，"
    "要求赔偿维修费三千元。楼上愿意谈，只是觉得要价高了。"
)


@dataclass
class Stack:
    """A running platform: where it is, and the environment of its command line."""

    mode: str
    url: str
    environment: dict[str, str]
    token: str = ""
    processes: dict[str, str] = field(default_factory=dict)
    """Where each process answers by itself, by the service that it is started for."""

    def fengqiao(self, *arguments: str) -> str:
        """Run `fengqiao ...` against it; the standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "fengqiao_host", *arguments],
            env=self.environment
            | {"FENGQIAO_TOKEN": self.token}
            | ({"FENGQIAO_URL": self.url} if self.token else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def exported(self) -> Iterator[dict[str, Any]]:
        """Every fact, as `fengqiao events export` writes it."""
        for line in self.fengqiao("events", "export").splitlines():
            yield json.loads(line)


@dataclass
class Dispute:
    """One case, step by step."""

    client: httpx.AsyncClient
    id: str = ""
    code: str = ""

    async def get(self, what: str = "", *, seconds: float = 20) -> dict[str, Any]:
        """The case or a slice of it; waits for a slice that has not met the case yet."""
        end = time.monotonic() + seconds
        while True:
            answer = await self.client.get(f"/cases/{self.id}{what}")
            if answer.status_code == 404 and time.monotonic() < end:
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

    async def until(self, seconds: float = 20, **wanted: Any) -> dict[str, Any]:
        """The case once the register shows it as wanted."""
        end = time.monotonic() + seconds
        while True:
            case = await self.get()
            if all(case[name] == value for name, value in wanted.items()):
                return case
            shown = {name: case[name] for name in wanted}
            assert time.monotonic() < end, f"{shown} is not {wanted}"
            await asyncio.sleep(0.05)

    async def until_assigned(self, seconds: float = 20) -> dict[str, Any]:
        """The case once the register and the casework both know its mediator."""
        case = await self.until(seconds, status="assigned")
        end = time.monotonic() + seconds
        while (await self.get("/casework"))["state"] == "registered":
            assert time.monotonic() < end, "the casework never heard of the assignment"
            await asyncio.sleep(0.05)
        return case

    async def do(self, what: str, **body: Any) -> dict[str, Any]:
        """A command on the case that must succeed."""
        answer = await self.post(what, **body)
        assert answer.is_success, f"{what}: {answer.status_code} {answer.text}"
        done: dict[str, Any] = answer.json()
        return done

    async def post(self, what: str, **body: Any) -> httpx.Response:
        """A command on the case, whatever it answers; waits for a slice that has not met the case."""
        end = time.monotonic() + 20
        while True:
            answer = await self.client.post(f"/cases/{self.id}/{what}", json=body)
            if (
                answer.status_code == 409
                and "not-here-yet" in answer.text
                and time.monotonic() < end
            ):
                await asyncio.sleep(0.05)
                continue
            return answer

    async def timeline(self) -> list[str]:
        """The names of the case's facts in the register's order."""
        found = await self.get("/timeline")
        return [entry["name"] for entry in found["items"]]


async def register(client: httpx.AsyncClient, narrative: str = LEAK, **more: Any) -> Dispute:
    """Register a dispute between two neighbours; it has a number and a receipt at once."""
    body = {
        "narrative": narrative,
        "channel": "self",
        "area": STREET,
        "amount": "3000.00",
        "parties": [
            {"role": "applicant", "kind": "person", "name": "林知秋"},
            {"role": "respondent", "kind": "person", "name": "周望川"},
        ],
    }
    answer = await client.post("/cases", json=body | more)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["number"]
    assert len(receipt["receipt"]["sha256"]) == 64
    assert receipt["receipt"]["code"]
    return Dispute(client, receipt["id"], receipt["receipt"]["code"])
