"""Applications of mediators, and changes of their entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Conflict, NotFound
from fengqiao_contracts.ids import new_id

from ..domain import (
    SHANGHAI,
    Action,
    Policy,
    State,
    check_adult,
    check_specialities,
    move,
    person_born_on,
)
from ..store import committees
from ..store import mediators as store
from .committees import MANAGERS, state_changed, unknown_committee
from .inputs import Application, PutMediator
from .revisions import stale
from .standings import note, set_clock

TABLE = "registry_mediators"
"""The table's name, to which sealed columns are bound."""

APPLICANTS = (*MANAGERS, "clerk")
"""Roles that may file an application for somebody of their areas."""

Entry = dict[str, Any]


async def apply(tx: Tx, policy: Policy, who: Principal, body: Application) -> Entry:
    """File an application; one person has one entry, and only a denied one may apply again."""
    who.require(*APPLICANTS)
    committee = await open_committee(tx, who, body.committee_id)
    entry = new_entry(tx, policy, body.model_dump(), committee)
    found = await store.by_keys(tx, SYSTEM, (), (entry["id_blind"],))
    if found:
        entry = await _apply_again(tx, found[0], entry)
    else:
        await store.add(tx, [entry])
    await note(tx, entry, Action.APPLY, who.id)
    tx.audit("mediator.apply", entry["mediator_id"], fields=("name", "id_number", "phone"))
    return entry


async def change_mediator(
    tx: Tx, who: Principal, mediator_id: str, revision: int, body: PutMediator
) -> Entry:
    """Change an entry whose revision the caller has read; states MediatorChanged where it counts."""
    who.require(*MANAGERS)
    before = await reach(tx, who, mediator_id)
    if before["state"] == State.RETIRED:
        raise _retired()
    values = body.model_dump(exclude_unset=True, exclude_none=True)
    entry = before | await _changes(tx, who, mediator_id, values)
    entry |= {"revision": before["revision"] + 1, "updated_at": tx.now}
    if revision != before["revision"] or not await store.change(
        tx, mediator_id, revision, {k: v for k, v in entry.items() if k != "mediator_id"}
    ):
        raise stale()
    tx.audit("mediator.change", mediator_id, fields=tuple(sorted(values)))
    if "certificate_expires_on" in values:
        set_clock(tx, entry)
    if any(entry[name] != before[name] for name in ASSIGNMENT_FIELDS):
        state_changed(tx, who.id, entry)
    return entry


ASSIGNMENT_FIELDS = ("committee_id", "area_path", "specialities", "grade", "capacity")
"""What routing needs to know; a change of anything else states nothing."""


def new_entry(
    tx: Tx, policy: Policy, values: Mapping[str, Any], committee: Mapping[str, Any]
) -> Entry:
    """The row of a new applicant; raises Invalid for a wrong id number, a minor, unknown types."""
    number = values["id_number"].upper()
    born = person_born_on(values["id_kind"], number, values["born_on"])
    check_adult(born, tx.now.astimezone(SHANGHAI).date())
    mediator_id = new_id()
    grade = values.get("grade") or policy.initial_grade
    phone = values["phone"]
    return {
        "mediator_id": mediator_id,
        "external_id": values.get("external_id"),
        "revision": 1,
        "committee_id": committee["committee_id"],
        "area_path": committee["area_path"],
        "name": values["name"],
        "id_kind": values["id_kind"],
        "id_sealed": tx.keys.seal(TABLE, mediator_id, number),
        "id_blind": tx.keys.blind("id_number", number),
        "phone_sealed": tx.keys.seal(TABLE, mediator_id, phone) if phone else None,
        "employment": values["employment"],
        "tags": list(values["tags"]),
        "specialities": list(check_specialities(values["specialities"])),
        "grade": grade,
        "capacity": policy.capacity_of(grade, values.get("capacity")),
        "certificate_number": values["certificate_number"],
        "certificate_expires_on": values["certificate_expires_on"],
        "state": State.APPLIED.value,
        "reason": None,
        "applied_at": tx.now,
        "admitted_at": None,
        "updated_at": tx.now,
    }


async def reach(tx: Tx, who: Principal, mediator_id: str) -> Entry:
    """The entry, if the caller's areas hold it; raises NotFound."""
    entry = await store.get(tx, who.scope, mediator_id)
    if entry is None:
        raise unknown_mediator()
    return entry


async def open_committee(tx: Tx, who: Principal, committee_id: str) -> Entry:
    """An active committee in the caller's areas; raises NotFound or Conflict on `committee_id`."""
    entry = await committees.get(tx, who.scope, committee_id)
    if entry is None:
        raise unknown_committee("committee_id")
    if not entry["active"]:
        raise Conflict(
            "committee-inactive",
            "该调解委员会已停用：请选择其他调解委员会",
            "the committee is no longer active: choose another one",
            "committee_id",
        )
    return entry


def unknown_mediator() -> NotFound:
    """There is no such mediator, or not for this caller."""
    return NotFound(
        "unknown-mediator",
        "没有这名调解员：请核对标识与管辖区域",
        "there is no such mediator in your areas: check the id",
    )


async def _apply_again(tx: Tx, before: Entry, entry: Entry) -> Entry:
    """A denied person applies again under the old id; anyone else is there already."""
    if before["state"] != State.DENIED:
        raise Conflict(
            "person-exists",
            "该证件号码已登记为调解员，不得重复登记",
            "this id number belongs to a registered mediator already",
            "id_number",
        )
    mediator_id = before["mediator_id"]
    again = entry | {
        "external_id": before["external_id"],
        "revision": before["revision"] + 1,
        "state": move(before["state"], Action.APPLY).value,
    }
    for sealed in ("id_sealed", "phone_sealed"):
        if entry[sealed]:
            clear = tx.keys.open(TABLE, entry["mediator_id"], entry[sealed])
            again[sealed] = tx.keys.seal(TABLE, mediator_id, clear)
    del again["mediator_id"]
    if not await store.change(tx, mediator_id, before["revision"], again):
        raise stale()
    return again | {"mediator_id": mediator_id}


async def _changes(
    tx: Tx, who: Principal, mediator_id: str, values: dict[str, Any]
) -> dict[str, Any]:
    """The columns that the given values become."""
    changed = dict(values)
    if "committee_id" in changed:
        committee = await open_committee(tx, who, changed["committee_id"])
        changed["area_path"] = committee["area_path"]
    if "specialities" in changed:
        changed["specialities"] = list(check_specialities(changed["specialities"]))
    if "tags" in changed:
        changed["tags"] = list(changed["tags"])
    if phone := changed.pop("phone", None):
        changed["phone_sealed"] = tx.keys.seal(TABLE, mediator_id, phone)
    return changed


def _retired() -> Conflict:
    return Conflict(
        "mediator-state",
        "调解员已退出，不能再修改",
        "the mediator has retired: the entry cannot change any more",
        "state",
    )
