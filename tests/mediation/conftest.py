"""A case at hand for the tests of decisions, and a desk on a running service for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from servers import KafkaBroker

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CasePii, CaseRegistered, Fact, MediatorAssigned
from fengqiao_contracts.values import PartyIdentity, PartyRef
from fengqiao_mediation.app import build
from fengqiao_mediation.domain.model import Agreement, Case, Casework, Due, Party, Session

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
AREA, PATH = "510104", "/510100/510104/"
MEDIATOR = {"role": "mediator", "person": "m1"}
OWED = {"debtor": "b", "creditor": "a", "amount": "800.00", "due_on": "2026-03-20"}


@pytest.fixture
def noon() -> datetime:
    """12:00 in Shanghai on Monday, 2 March 2026."""
    return NOON


@pytest.fixture
def party() -> Callable[..., Party]:
    def make(party_id: str, role: Any = "applicant", consent: Any = "given") -> Party:
        return Party(party_id, role, "person", f"张{party_id}", consent, NOON, identified=True)

    return make


@pytest.fixture
def due() -> Callable[..., Due]:
    def make(obligation_id: str = "o1", **changes: Any) -> Due:
        base = Due(
            obligation_id=obligation_id,
            debtor="b",
            creditor="a",
            amount=Decimal("100.00"),
            due_on=date(2026, 4, 1),
            text="支付",
            paid=Decimal(0),
            performed_on=None,
            breached_on=None,
        )
        return replace(base, **changes)

    return make


@pytest.fixture
def agreement(due: Callable[..., Due]) -> Callable[..., Agreement]:
    def make(agreement_id: str = "g1", **changes: Any) -> Agreement:
        base = Agreement(
            agreement_id=agreement_id,
            number="(2026)锦江区人调字第1号-1",
            form="written",
            content="甲方同意",
            reached_at=NOON,
            obligations=(due(),),
        )
        return replace(base, **changes)

    return make


@pytest.fixture
def casework(party: Callable[..., Party]) -> Callable[..., Casework]:
    def make(state: Any = "mediating", **changes: Any) -> Casework:
        accepted = None if state in ("registered", "assigned") else NOON
        case = Case(
            case_id="c1",
            number="n1",
            state=state,
            version=3,
            area="510104",
            area_path="/510100/510104/",
            type="02",
            grade="blue",
            received_at=NOON,
            committee_id="k1",
            mediator_id="m1",
            assignment_id="s1",
            assigned_at=NOON,
            accepted_at=accepted,
            term_due_on=date(2026, 4, 1) if accepted else None,
            dossier_number="(2026)锦江区人调字第1号" if accepted else None,
        )
        head = {k: changes.pop(k) for k in list(changes) if hasattr(case, k)}
        parts: dict[str, Any] = {
            "parties": (party("a"), party("b", "respondent")),
            "sessions": (Session("t1", 1, NOON, ("a", "b"), None, "记录"),),
        }
        return Casework(replace(case, **head), **(parts | changes))

    return make


class Desk:
    """One mediator's desk on a running service: other services' facts in, commands by HTTP."""

    def __init__(self, harness: Harness, speaker: str = "intake") -> None:
        """`speaker`: the service that states the others' facts; on Kafka one whose relay runs."""
        self.h = harness
        self.speaker = speaker
        self._waits = True

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What is stated inside is heard at the end, all of it."""
        self._waits = False
        yield
        self._waits = True
        await self.h.settle()

    async def _hear(self, fact: Fact) -> None:
        await self.h.state(self.speaker, fact, area=PATH)
        if self._waits:
            await self.h.settle()

    async def register(self, case_id: str = "c1", **changes: Any) -> None:
        """Intake registers a case of two neighbours in Jinjiang."""
        people = changes.pop("people", {"a": "applicant", "b": "respondent"})
        fact = CaseRegistered(
            case_id=case_id,
            number=f"n-{case_id}",
            unit="u1",
            channel="self",
            source="application",
            area=AREA,
            area_path=PATH,
            reported_at=NOON,
            received_at=NOON,
            parties=tuple(PartyRef(party_id=p, role=r, kind="person") for p, r in people.items()),
            reporter="r1",
            sha256="0" * 64,
            pii=CasePii(
                narrative="邻居漏水",
                parties=tuple(
                    PartyIdentity(party_id=p, name=f"王小{p}", id_number="510104X", phone="138")
                    for p in people
                ),
            ),
            **changes,
        )
        await self._hear(fact)

    async def assign(self, case_id: str = "c1", mediator: str = "m1", **changes: Any) -> None:
        """Routing puts the case on a mediator's desk."""
        values: dict[str, Any] = {
            "case_id": case_id,
            "assignment_id": f"s-{case_id}-{mediator}",
            "committee_id": "k1",
            "mediator_id": mediator,
            "grade": "blue",
            "registry_sequence": 1,
            "reasons": ("load",),
            "assigned_at": self.h.clock.now(),
        }
        await self._hear(MediatorAssigned(**(values | changes)))

    async def post(
        self, path: str, body: dict[str, Any] | None = None, case_id: str = "c1", **who: Any
    ) -> Response:
        """A command on a case, by its mediator unless told otherwise."""
        headers = who.pop("headers", {})
        async with self.h.client("mediation", **(MEDIATOR | who)) as http:
            return await http.post(f"/cases/{case_id}/{path}", json=body or {}, headers=headers)

    async def get(self, path: str, **who: Any) -> Response:
        """A read, by the mediator unless told otherwise."""
        async with self.h.client("mediation", **(MEDIATOR | who)) as http:
            return await http.get(path)

    async def done(self, path: str, body: dict[str, Any] | None = None, **who: Any) -> Any:
        """A command that must succeed; its answer."""
        answer = await self.post(path, body, **who)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def to_mediating(self, case_id: str = "c1") -> None:
        """A case with both consents and a first session."""
        await self.register(case_id)
        await self.assign(case_id)
        await self.done("acceptance", {"decision": "accept"}, case_id=case_id)
        for party_id in ("a", "b"):
            await self.done("consents", {"party_id": party_id, "given": True}, case_id=case_id)
        body = {"attended": ["a", "b"], "record": "双方陈述"}
        await self.done("sessions", body, case_id=case_id)

    async def to_effective(self, case_id: str = "c1") -> Any:
        """A case with an oral agreement in effect; the answer names agreement and obligation."""
        await self.to_mediating(case_id)
        body = {"form": "oral", "content": "赔偿", "obligations": [OWED]}
        return await self.done("agreements", body, case_id=case_id)

    async def stated(self) -> list[str]:
        """The types of the facts that mediation stated, in order."""
        await self.h.tick()
        await self.h.settle()
        facts = [item.fact for item in await self.h.facts("fengqiao.cases")]
        return [type(f).__name__ for f in facts if type(f).__module__.endswith("mediation")]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A running service at noon on 2 March 2026."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        harness.clock.set(NOON)
        yield Desk(harness)


@pytest.fixture
async def far(tmp_path: Path, database_url: str, kafka: KafkaBroker) -> AsyncIterator[Desk]:
    """The same on PostgreSQL and Kafka."""
    async with Harness.embedded(
        tmp_path, [build()], database_url=database_url, kafka=kafka.bootstrap
    ) as harness:
        harness.clock.set(NOON)
        yield Desk(harness, "mediation")
