"""The load under fault: clients who register real texts and do casework, a partner, a desk that keeps
the registry and issues summaries.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from faults.caller import Caller, History
from faults.checker import Evidence, Reader
from faults.receiver import Receiver
from faults.stack import CITY, DISTRICT, Platform

from fengqiao_contracts.areas import areas
from fengqiao_host import city

MESSAGES = "data/teddy2020c/stream_before_2019_09.jsonl.gz"
SYSTEM = "police"
PAUSE = 0.15
"""Seconds between two registrations of a client."""
FINISH_SECONDS = 120.0
Body = dict[str, Any]


def texts(shared: Path, seed: int) -> Iterator[Body]:
    """Registrations: real messages and narratives with parties, in the streets of the district."""
    random = Random(seed)
    streets = [area.code for area in areas().children(DISTRICT)]
    with gzip.open(shared / MESSAGES, "rt", encoding="utf-8") as file:
        messages = [json.loads(line) for line in file]
    random.shuffle(messages)
    narratives = city.cases(3_000, seed, datetime.now(UTC).date())
    for message, narrative in zip(messages, narratives, strict=False):
        yield {
            "narrative": f"{message['title']}\n{message['body']}"[:20_000],
            "channel": "petition",
            "area": random.choice(streets),
            "reported_at": message["time"],
        }
        yield narrative | {"area": random.choice(streets)}


class Load:
    """The clients. Keys are unique over the whole life of a platform."""

    def __init__(
        self, platform: Platform, receiver: Receiver, shared: Path, history: Path, seed: int = 1
    ) -> None:
        self.platform, self.receiver = platform, receiver
        self.history = History(history)
        self.partner_key = ""
        self.evidence: Evidence | None = None
        """What was gathered last; it must still be there after the next fault."""
        self._texts = texts(shared, seed)
        self._random = Random(seed)
        self._numbers = count(1)
        self._mediators: list[str] = []
        self._open: list[str] = []
        self._ending = asyncio.Event()

    async def prepare(self) -> None:
        """Make the partner with its webhook, and learn some mediators."""
        said = self.platform.stack.fengqiao(
            *("partner", "create", SYSTEM, "--name", "成都市公安局", "--channel", "police"),
            *("--area", CITY),
        )
        self.partner_key = said.split()[-1]
        async with self.platform.client(self.partner_key) as client:
            body = {"url": f"http://{self.receiver.place}/", "types": ["*"]}
            (await client.post("/webhooks", json=body)).raise_for_status()
        async with self.platform.client(self.platform.stack.token) as client:
            page = (await client.get("/mediators", params={"size": 100})).raise_for_status()
            self._mediators = [m["id"] for m in page.json()["items"]]

    @asynccontextmanager
    async def running(self, clients: int = 3) -> AsyncIterator[None]:
        """Load until the block ends; then every command that was begun is brought to its answer."""
        self._ending = asyncio.Event()
        tasks = [asyncio.create_task(self._client(n)) for n in range(clients)]
        tasks += [asyncio.create_task(self._partner()), asyncio.create_task(self._desk())]
        try:
            yield
            self._ending.set()
            async with asyncio.timeout(FINISH_SECONDS):
                await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _key(self, who: str) -> str:
        return f"{who}-{next(self._numbers)}"

    # ---- the clients ----
    async def _client(self, n: int) -> None:
        async with self.platform.client(self.platform.stack.token) as client:
            caller = Caller(client, Reader("city", (CITY,)), self.history)
            while not self._ending.is_set():
                case = await self._register(caller, next(self._texts), f"client{n}")
                if case:
                    self._open.append(case)
                if self._open:
                    await self._work_on(caller, self._open.pop(0))
                await asyncio.sleep(PAUSE)

    async def _register(self, caller: Caller, body: Body, who: str) -> str:
        key = self._key(who)
        status, answer = await caller.post("/cases", body, key, "case.registered")
        if status not in (200, 201):
            self.history.problems.append(f"registration {key}: {status} {answer.get('code')}")
            return ""
        if self._random.random() < 0.2:  # as if the answer had been lost
            await caller.post("/cases", body, key, "case.registered")
        return str(answer["id"])

    async def _work_on(self, caller: Caller, case: str) -> None:
        """Acceptance, consents and a session, once the case has its mediator."""
        status, work = await caller.get(f"/cases/{case}/casework")
        if status == 404 or (status == 200 and work["state"] == "registered"):
            self._open.append(case)
        if status != 200 or work["state"] != "assigned":
            return
        parties = [p["party_id"] for p in work["parties"] if p["role"] != "third"]
        steps: list[tuple[str, str, Body]] = [
            ("acceptance", "case.accepted", {"decision": "accept"}),
            *(("consents", "consent.given", {"party_id": p, "given": True}) for p in parties),
        ]
        if parties:
            held = {"attended": parties, "record": "双方陈述，查看现场。"}
            steps.append(("sessions", "session.held", held))
        for what, states, body in steps:
            status, _ = await caller.post(f"/cases/{case}/{what}", body, self._key(case), states)
            if status >= 400:  # the mediator left meanwhile
                return

    async def _partner(self) -> None:
        """Registers with its own numbers, and asks again with each of them under a new key."""
        async with self.platform.client(self.partner_key) as client:
            caller = Caller(client, Reader("partner", (CITY,), system=SYSTEM), self.history)
            while not self._ending.is_set():
                number = f"成公移{next(self._numbers)}号"
                ref = {"external_ref": {"system": SYSTEM, "number": number}, "channel": "police"}
                body = next(self._texts) | ref
                first = await self._register(caller, body, "partner")
                again = await self._register(caller, body, "partner")
                if first != again:
                    self.history.problems.append(f"number {number}: {first}, then {again}")
                await asyncio.sleep(PAUSE * 2)

    async def _desk(self) -> None:
        """Suspends a mediator, takes the suspension back, issues the day's summary."""
        async with self.platform.client(self.platform.stack.token) as client:
            caller = Caller(client, Reader("city", (CITY,)), self.history)
            while not self._ending.is_set():
                path = f"/mediators/{self._random.choice(self._mediators)}"
                for what, body in (("suspension", {"reason": "leave"}), ("reinstatement", {})):
                    await self._certainly(caller, f"{path}/{what}", body)
                await self._certainly(caller, "/reports/daily", {})
                await asyncio.sleep(PAUSE)

    async def _certainly(self, caller: Caller, path: str, body: Body) -> None:
        status, answer = await caller.post(path, body, self._key("desk"))
        if status not in (200, 201):
            self.history.problems.append(f"{path}: {status} {answer.get('code')}")
