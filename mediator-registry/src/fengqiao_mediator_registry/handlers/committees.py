"""Commands on committees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.areas import Areas
from fengqiao_contracts.errors import NotFound
from fengqiao_contracts.facts import CommitteeRegistered, MediatorChanged
from fengqiao_contracts.ids import new_id

from ..domain import State, check_specialities, check_within
from ..store import committees as store
from ..store import mediators as people
from .inputs import NewCommittee
from .revisions import stale

MANAGERS = ("city", "district")
"""Roles that keep the registry, each inside its own areas."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts and what the decision needs to know of the place."""

    who: Principal
    areas: Areas


async def register_committee(tx: Tx, desk: Desk, body: NewCommittee) -> Entry:
    """File a committee; states CommitteeRegistered."""
    desk.who.require(*MANAGERS)
    entry = new_entry(tx, desk, body.model_dump())
    await store.add(tx, [entry])
    tx.audit("committee.register", entry["committee_id"])
    state_committee(tx, desk.who.id, entry)
    return entry


async def change_committee(
    tx: Tx, desk: Desk, committee_id: str, revision: int, values: Mapping[str, Any]
) -> Entry:
    """Change an entry whose revision the caller has read; a new area moves its mediators too."""
    desk.who.require(*MANAGERS)
    before = await store.get(tx, desk.who.scope, committee_id)
    if before is None:
        raise unknown_committee()
    entry = before | placed(desk, before["area"], values)
    entry |= {"revision": before["revision"] + 1, "updated_at": tx.now}
    if revision != before["revision"] or not await store.change(
        tx, committee_id, revision, _without_key(entry)
    ):
        raise stale()
    tx.audit("committee.change", committee_id, fields=tuple(sorted(values)))
    state_committee(tx, desk.who.id, entry)
    if entry["area_path"] != before["area_path"]:
        await _move_mediators(tx, desk, entry)
    return entry


def new_entry(tx: Tx, desk: Desk, values: Mapping[str, Any], key: str | None = None) -> Entry:
    """The row of a new committee; raises Invalid for its area or types, Forbidden outside."""
    blank: Entry = {"external_id": key, "active": True, "committee_id": new_id(), "revision": 1}
    given = placed(desk, str(values["area"]), values)
    return blank | given | {"created_at": tx.now, "updated_at": tx.now}


def placed(desk: Desk, area: str, values: Mapping[str, Any]) -> Entry:
    """The values with the path of their area and checked types."""
    given = dict(values)
    path = desk.areas.path(given.get("area", area))
    check_within(path, desk.who.scope.areas)
    if "specialities" in given:
        given["specialities"] = list(check_specialities(given["specialities"]))
    return given | {"area_path": path}


def state_committee(tx: Tx, actor: str, entry: Mapping[str, Any]) -> None:
    """State CommitteeRegistered for the entry as it now is."""
    fact = CommitteeRegistered(
        committee_id=entry["committee_id"],
        revision=entry["revision"],
        name=entry["name"],
        kind=entry["kind"],
        area=entry["area"],
        area_path=entry["area_path"],
        specialities=tuple(entry["specialities"]),
        active=entry["active"],
        registered_at=tx.now,
    )
    tx.state(fact, area=entry["area_path"], actor=actor)


def state_changed(tx: Tx, actor: str, entry: Mapping[str, Any]) -> None:
    """State MediatorChanged for one who is admitted or suspended; others are nobody's concern."""
    if entry["state"] not in (State.ADMITTED, State.SUSPENDED):
        return
    fact = MediatorChanged(
        mediator_id=entry["mediator_id"],
        committee_id=entry["committee_id"],
        area_path=entry["area_path"],
        specialities=tuple(entry["specialities"]),
        grade=entry["grade"],
        capacity=entry["capacity"],
        changed_at=tx.now,
    )
    tx.state(fact, area=entry["area_path"], actor=actor)


def unknown_committee(field: str | None = None) -> NotFound:
    """There is no such committee, or not for this caller."""
    return NotFound(
        "unknown-committee",
        "没有这个调解委员会：请核对标识与管辖区域",
        "there is no such committee in your areas: check its id",
        field,
    )


async def _move_mediators(tx: Tx, desk: Desk, committee: Entry) -> None:
    rows = await people.of_committee(tx, SYSTEM, committee["committee_id"])
    entries = [row | {"area_path": committee["area_path"], "updated_at": tx.now} for row in rows]
    await people.change_all(tx, entries, ("area_path", "updated_at"))
    for entry in entries:
        state_changed(tx, desk.who.id, entry)


def _without_key(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if name != "committee_id"}
