"""A small town on a running routing service: other services' facts in, its own facts out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx import Response

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    CASES,
    CaseAccepted,
    CaseAssessed,
    CaseClosed,
    CaseRegistered,
    CommitteeRegistered,
    Fact,
    MediatorAdmitted,
    MediatorSuspended,
)
from fengqiao_contracts.values import CommitteeKind

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CITY, DISTRICT, OTHER = "/510100/", "/510100/510104/", "/510100/510105/"
STREET = "/510100/510104/510104018/"
OWN = ("CaseRouted", "MediatorAssigned", "AssignmentWithdrawn", "CaseRedirected", "CaseWaitlisted")


class Town:
    """A district with a street and a district committee; nobody works there until admitted."""

    def __init__(self, harness: Harness) -> None:
        self.h = harness
        self.revisions: dict[str, int] = {}
        self._waits = True

    async def open(self) -> None:
        await self.unit("street", "street", STREET)
        await self.unit("district", "district", DISTRICT)

    async def unit(self, name: str, kind: CommitteeKind, path: str, **changes: Any) -> None:
        fact = CommitteeRegistered(
            committee_id=name,
            revision=1,
            name=f"{name}调委会",
            kind=kind,
            area=path.strip("/").rpartition("/")[2],
            area_path=path,
            registered_at=NOON,
            specialities=changes.pop("specialities", ()),
            **changes,
        )
        await self.state("mediator-registry", fact, path)

    async def admit(
        self, name: str, unit: str = "street", capacity: int = 1, **changes: Any
    ) -> None:
        values: dict[str, Any] = {
            "mediator_id": name,
            "committee_id": unit,
            "area_path": STREET if unit == "street" else DISTRICT,
            "specialities": ("02",),
            "grade": 3,
            "capacity": capacity,
            "admitted_at": NOON,
        }
        await self.state("mediator-registry", MediatorAdmitted(**(values | changes)), DISTRICT)

    async def suspend(self, name: str) -> None:
        fact = MediatorSuspended(mediator_id=name, reason="leave", suspended_at=NOON)
        await self.state("mediator-registry", fact, DISTRICT)

    async def register(self, case_id: str, path: str = STREET, **changes: Any) -> None:
        number = len(self.revisions)
        fact = CaseRegistered(
            case_id=case_id,
            number=f"n-{case_id}",
            unit="u1",
            channel=changes.pop("channel", "self"),
            source="application",
            area=path.strip("/").rpartition("/")[2],
            area_path=path,
            reported_at=NOON,
            received_at=NOON + timedelta(minutes=number),
            reporter="r1",
            sha256="0" * 64,
            **changes,
        )
        await self.state("intake", fact, path)

    async def assess(
        self, case_id: str, suitability: Any = "M", grade: Any = "blue", type_: str = "02"
    ) -> None:
        """Triage assesses, for the first time or again."""
        self.revisions[case_id] = self.revisions.get(case_id, 0) + 1
        fact = CaseAssessed(
            case_id=case_id,
            revision=self.revisions[case_id],
            type=type_,
            suitability=suitability,
            grade=grade,
            score=10,
            confidence=0.9,
            policy_version="p1",
            input_sha256="0" * 64,
            assessed_at=NOON,
        )
        await self.state("triage", fact, STREET)

    async def case(self, case_id: str, *args: Any, path: str = STREET, **kwargs: Any) -> None:
        """Register and assess."""
        reference = kwargs.pop("external_ref", None)
        await self.register(
            case_id, path, channel=kwargs.pop("channel", "self"), external_ref=reference
        )
        await self.assess(case_id, *args, **kwargs)

    async def accept(self, case_id: str, mediator: str, unit: str = "street") -> None:
        fact = CaseAccepted(
            case_id=case_id,
            committee_id=unit,
            mediator_id=mediator,
            dossier_number="(2026)锦江区人调字第1号",
            accepted_at=NOON,
            term_due_on=NOON.date(),
        )
        await self.state("mediation", fact, STREET)

    async def close(self, case_id: str) -> None:
        fact = CaseClosed(case_id=case_id, outcome="performed", closed_at=NOON)
        await self.state("mediation", fact, STREET)

    async def state(self, source: str, fact: Fact, path: str) -> None:
        """State another service's fact; it is heard, and what it made due now has run."""
        await self.h.state(source, fact, area=path)
        if self._waits:
            await self.hear()

    async def hear(self) -> None:
        """Everything stated is heard, and what it made due now has run."""
        await self.h.settle()
        await self.h.tick()
        await self.h.settle()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What is stated inside is heard at the end, all of it, as in a busy hour."""
        self._waits = False
        yield
        self._waits = True
        await self.hear()

    async def said(self, case_id: str) -> list[str]:
        """The names of routing's facts about the case, in order."""
        return [type(fact).__name__ for fact in await self.facts(case_id)]

    async def facts(self, case_id: str) -> list[Any]:
        found = [item.fact for item in await self.h.facts(CASES)]
        return [f for f in found if f.subject == case_id and type(f).__name__ in OWN]

    async def last(self, case_id: str) -> Any:
        return (await self.facts(case_id))[-1]

    async def get(self, path: str, role: str = "city", *areas: str) -> Response:
        async with self.h.client("routing", role=role, areas=list(areas or ("510100",))) as http:
            return await http.get(path)

    async def post(
        self, path: str, body: dict[str, Any], role: str = "city", *areas: str
    ) -> Response:
        async with self.h.client("routing", role=role, areas=list(areas or ("510100",))) as http:
            return await http.post(path, json=body)

    async def routing(self, case_id: str) -> dict[str, Any]:
        answer = await self.get(f"/cases/{case_id}/routing")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
