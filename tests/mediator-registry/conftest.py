"""The registry running alone, and a desk that files and admits for the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import REGISTRY
from fengqiao_host.people import People
from fengqiao_mediator_registry.app import build

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
SERVICE = "mediator-registry"


class Desk:
    """The city's desk: files committees, applications and admissions, and hears what is said."""

    street, district, other = "510104017", "510104", "510105"
    now = NOW

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.city = self.client("city", "510100")

    def client(self, role: str, *areas: str) -> httpx.AsyncClient:
        return self.harness.client(SERVICE, role=role, areas=list(areas))

    async def committee(self, **changes: Any) -> dict[str, Any]:
        body = {
            "name": "锦官驿街道人民调解委员会",
            "kind": "street",
            "area": self.street,
            "members": 5,
            "women": 2,
        }
        answer = await self.city.post("/committees", json=body | changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def application(self, committee_id: str, number: int = 0, **changes: Any) -> dict[str, Any]:
        person = People(9, start=number).take()
        body = {
            "committee_id": committee_id,
            "name": person.name,
            "id_number": person.id_number,
            "phone": person.phone,
            "specialities": ["01", "02"],
        }
        return body | changes

    async def applied(self, number: int = 0, **changes: Any) -> dict[str, Any]:
        committee = changes.pop("committee_id", None) or (await self.committee())["id"]
        body = self.application(committee, number, **changes)
        answer = await self.city.post("/mediators", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def admitted(self, number: int = 0, **changes: Any) -> dict[str, Any]:
        mediator = await self.applied(number, **changes)
        path = f"/mediators/{mediator['id']}/admission"
        answer = await self.city.post(path, json={"decision": "approve"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def said(self, kind: type | None = None) -> list[Any]:
        """The facts stated so far, after the work that is due now has run."""
        await self.harness.tick()
        await self.harness.settle()
        facts = [item.fact for item in await self.harness.facts(REGISTRY)]
        return [fact for fact in facts if kind is None or isinstance(fact, kind)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Harness.embedded(tmp_path, [build()]) as harness:
        harness.clock.set(NOW)
        yield Desk(harness)
