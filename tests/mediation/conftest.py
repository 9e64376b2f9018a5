"""A case at hand for the tests of casework decisions: built small, changed by `dataclasses.replace`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fengqiao_mediation.domain.model import Agreement, Case, Casework, Due, Party, Session

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


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
