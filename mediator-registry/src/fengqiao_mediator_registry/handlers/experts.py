"""Enrolment of experts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import Tx
from fengqiao_contracts.areas import Areas
from fengqiao_contracts.facts import ExpertEnrolled, PersonPii
from fengqiao_contracts.ids import new_id

from ..domain import check_within
from ..store import experts as store
from .committees import MANAGERS
from .inputs import NewExpert

TABLE = "registry_experts"
"""The table's name, to which sealed columns are bound."""

Entry = dict[str, Any]


async def enrol_expert(tx: Tx, areas: Areas, who: Principal, body: NewExpert) -> Entry:
    """Add an expert to the pool (专家智库); states ExpertEnrolled."""
    who.require(*MANAGERS)
    entry = new_entry(tx, areas, who, body.model_dump())
    await store.add(tx, [entry])
    tx.audit("expert.enrol", entry["expert_id"], fields=("name", "phone"))
    state_enrolled(tx, who.id, entry, body.phone)
    return entry


def new_entry(tx: Tx, areas: Areas, who: Principal, values: Mapping[str, Any]) -> Entry:
    """The row of a new expert; raises Invalid for an unknown area, Forbidden outside."""
    path = areas.path(values["area"])
    check_within(path, who.scope.areas)
    expert_id, phone = new_id(), values["phone"]
    return {
        "expert_id": expert_id,
        "external_id": values.get("external_id"),
        "name": values["name"],
        "title": values["title"],
        "organisation": values["organisation"],
        "fields": sorted(set(values["fields"])),
        "area": values["area"],
        "area_path": path,
        "phone_sealed": tx.keys.seal(TABLE, expert_id, phone) if phone else None,
        "enrolled_at": tx.now,
    }


def state_enrolled(tx: Tx, actor: str, entry: Entry, phone: str | None) -> None:
    """State ExpertEnrolled for the entry."""
    fact = ExpertEnrolled(
        expert_id=entry["expert_id"],
        fields=tuple(entry["fields"]),
        area_path=entry["area_path"],
        enrolled_at=entry["enrolled_at"],
        pii=PersonPii(name=entry["name"], phone=phone),
    )
    tx.state(fact, area=entry["area_path"], actor=actor)
