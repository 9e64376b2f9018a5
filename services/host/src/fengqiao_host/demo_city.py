"""The synthetic city filled by the public API: accounts, registry, stories, 2,000 disputes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import httpx

from fengqiao_chassis.clock import SHANGHAI, business_date

from . import city, remote
from .drive import drive, load_registry, play
from .public_api import Api
from .stories import Story, stories

ACCOUNTS = {
    "city": "市矛盾纠纷调处指挥中心（演示）",
    "district": "锦江区调处中心（演示）",
    "mediator": "街道调解员（演示）",
    "court": "法院诉调对接（演示）",
    "party": "当事人（演示）",
}
"""The five accounts and how others see them."""

CASES, FIRST = 2000, 200
SEED = 1
TOGETHER = 8
"""Requests under way at the same time while the city is filled."""
GENTLY = 50
"""Cases registered at a time once somebody looks: his own dispute waits behind no more than these."""

DISTRICT, STREET = "510104", "510104022"
EXAMPLE = {
    "narrative": "楼上装修漏水，把我家卧室天花板泡坏了，找楼上谈了两次都没谈拢，要求赔偿三千元。",
    "channel": "self",
    "area": STREET,
    "parties": [
        {"role": "applicant", "kind": "person", "name": "林演示"},
        {"role": "respondent", "kind": "person", "name": "周演示"},
    ],
}


class Place:
    """What the demo remembers between two starts: the day for which its cases were made."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "demo.json"

    def today(self) -> date:
        """The day of the first start: the same day gives the same cases again."""
        if self._file.exists():
            return date.fromisoformat(json.loads(self._file.read_text("utf-8"))["today"])
        today = business_date(datetime.now(UTC))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"today": today.isoformat()}), "utf-8")
        return today


@dataclass
class DemoCity:
    """Fills a running platform; every step may be repeated and then changes nothing."""

    client: httpx.AsyncClient
    password: str
    place: Place
    tokens: dict[str, str] = field(default_factory=dict)
    _ids: list[str] = field(default_factory=list)
    _bodies: list[dict[str, Any]] = field(default_factory=list)
    _told: tuple[Story, ...] = ()

    async def open(self, city_area: str) -> None:
        """The registry, then the other four accounts (a mediator's account names its entry)."""
        self.tokens["city"] = await remote.log_in(self.client, "city", self.password)
        await load_registry(self.client, self.tokens["city"], city.registry(SEED))
        for body in await self._accounts(city_area):
            await self._ensure(body)

    async def first(self) -> None:
        """The stories and the first cases: registered, assessed, assigned."""
        today = self.place.today()
        self._bodies = list(city.cases(CASES, SEED, today))
        self._told = stories(datetime.combine(today, time(0, 1), SHANGHAI), SEED)
        told = {f"demo-story-{story.key}": story.body for story in self._told}
        self._ids = await self._register(told)
        await self._register(_named(self._bodies[:FIRST], 0))
        await remote.wait_settled(self.client, 60)

    @property
    def example(self) -> str:
        """The case to look at first: the firm with its 44 workers."""
        return self._ids[0]

    async def rest(self) -> str:
        """The stories as they went on, the other cases, and the casework of three quarters of all;
        a line that says so.
        """
        for case_id, story in zip(self._ids, self._told, strict=True):
            await self._play(case_id, story)
        for start in range(FIRST, CASES, GENTLY):
            await self._register(_named(self._bodies[start : start + GENTLY], start))
            await remote.wait_settled(self.client, 600)
        reached: Counter[str] = await drive(self.client, self.tokens, seed=SEED)
        await remote.wait_settled(self.client, 600)
        told = "、".join(f"{state} {count}" for state, count in reached.most_common())
        return f"演示数据已齐：{CASES} 件 · all {CASES} cases are in ({told})"

    async def _play(self, case_id: str, story: Story) -> None:
        """Play a story; a dispatcher brings it to mediation where triage had read it otherwise."""
        api = Api(self.client, self.tokens["city"])
        if (await api.get(f"/cases/{case_id}"))["status"] in {"redirected", "waiting"}:
            body = {"outlet": "mediation", "reason": "双方自愿调解，由指挥中心改派"}
            await api.post(f"/cases/{case_id}/routing", body, f"demo-route-{story.key}")
            await remote.wait_settled(self.client, 60)
        await play(self.client, self.tokens, case_id, story.script)

    async def _register(self, bodies: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Register each body once per its key; the ids in the bodies' order."""
        api, gate = Api(self.client, self.tokens["city"]), asyncio.Semaphore(TOGETHER)

        async def one(key: str, body: Mapping[str, Any]) -> str:
            async with gate:
                return str((await api.post("/cases", body, key))["id"])

        return await asyncio.gather(*(one(key, body) for key, body in bodies.items()))

    async def _accounts(self, city_area: str) -> Iterable[dict[str, Any]]:
        mediators = await Api(self.client, self.tokens["city"]).get(
            "/mediators", area=STREET, size=1
        )
        return (
            {"username": "district", "role": "district", "areas": [DISTRICT]},
            {
                "username": "mediator",
                "role": "mediator",
                "areas": [],
                "person_id": mediators["items"][0]["id"],
            },
            {"username": "court", "role": "partner", "areas": [city_area], "system": "court"},
            {"username": "party", "role": "party", "areas": []},
        )

    async def _ensure(self, body: dict[str, Any]) -> None:
        """Make an account, or give an existing one this start's password."""
        body |= {"name": ACCOUNTS[body["username"]], "password": self.password}
        headers = {"Authorization": f"Bearer {self.tokens['city']}"}
        made = await self.client.post("/accounts", json=body, headers=headers)
        if made.status_code == httpx.codes.CONFLICT:
            known = remote.checked(
                await self.client.get("/accounts", params={"size": 200}, headers=headers)
            )
            found = next(a for a in known["items"] if a["username"] == body["username"])
            change = {"password": self.password, "unlock": True}
            made = await self.client.patch(f"/accounts/{found['id']}", json=change, headers=headers)
        remote.checked(made)


def _named(bodies: Iterable[Mapping[str, Any]], start: int) -> dict[str, Mapping[str, Any]]:
    return {f"demo-case-{number}": body for number, body in enumerate(bodies, start)}
