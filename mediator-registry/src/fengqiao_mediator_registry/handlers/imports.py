"""Bulk load of the registry: records that the city vouches for, admitted at once, safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.errors import Conflict, NotFound, Refusal

from ..domain import Action, Policy, State, check_certificate
from ..store import committees, experts, mediators
from . import experts as expert_handlers
from . import mediators as mediator_handlers
from .committees import Desk, Entry, new_entry, placed, state_changed, state_committee
from .inputs import CommitteeRecord, ExpertRecord, ImportRecord, MediatorRecord
from .standings import set_clock, standing, state_admitted

IMPORTERS = ("city", "admin")
"""Roles that may admit by import, without a review of each."""

MAX_LINES = 1000
"""Records of one request: one short transaction."""

_COMMITTEE_FIELDS = (
    "revision",
    "name",
    "kind",
    "area",
    "area_path",
    "specialities",
    "setter",
    "filing_number",
    "filed_on",
    "address",
    "phone",
    "members",
    "women",
    "term_ends_on",
    "active",
    "updated_at",
)
_MEDIATOR_FIELDS = (
    "revision",
    "committee_id",
    "area_path",
    "employment",
    "tags",
    "specialities",
    "grade",
    "capacity",
    "certificate_number",
    "certificate_expires_on",
    "updated_at",
)
_BOOKKEEPING = ("revision", "updated_at")

Numbered = tuple[int, ImportRecord]


@dataclass(frozen=True, slots=True)
class LineError:
    """A record that was not taken: the line counts from 1."""

    line: int
    code: str
    field: str | None
    zh: str
    en: str


@dataclass(slots=True)
class Tally:
    """What became of the records."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)

    def refuse(self, line: int, why: Refusal) -> None:
        """Note that the record of `line` was not taken."""
        self.errors.append(LineError(line, why.code, why.field, why.zh, why.en))


async def import_records(tx: Tx, policy: Policy, desk: Desk, records: Sequence[Numbered]) -> Tally:
    """Take the records in: committees, then mediators, then experts. A record whose external id is
    known changes that entry; a person whose id number is known under another key is refused.
    """
    desk.who.require(*IMPORTERS)
    tally = Tally()
    await _import_committees(tx, desk, tally, _of(records, CommitteeRecord))
    await _import_mediators(tx, policy, desk, tally, _of(records, MediatorRecord))
    await _import_experts(tx, desk, tally, _of(records, ExpertRecord))
    tx.audit("registry.import", "registry", fields=("name", "id_number", "phone"))
    return tally


def _of[R: (CommitteeRecord, MediatorRecord, ExpertRecord)](
    records: Sequence[Numbered], kind: type[R]
) -> list[tuple[int, R]]:
    """The records of a kind; of several with one external id the last one counts."""
    found = {r.external_id: (line, r) for line, r in records if isinstance(r, kind)}
    return list(found.values())


async def _import_committees(
    tx: Tx, desk: Desk, tally: Tally, records: Sequence[tuple[int, CommitteeRecord]]
) -> None:
    known = await committees.by_external(tx, SYSTEM, [r.external_id for _, r in records])
    added: list[Entry] = []
    changed: list[Entry] = []
    for line, record in records:
        values = record.model_dump(exclude={"record", "external_id"})
        row = known.get(record.external_id)
        if row is None:
            _collect(tally, line, added, partial(new_entry, tx, desk, values, record.external_id))
        else:
            _collect(tally, line, changed, partial(_replaced, desk, row, values))
    changed = _really_changed(tx, tally, changed, known, _COMMITTEE_FIELDS)
    tally.created += len(added)
    await committees.add(tx, added)
    await committees.change_all(tx, changed, _COMMITTEE_FIELDS)
    for entry in (*added, *changed):
        state_committee(tx, desk.who.id, entry)


def _replaced(desk: Desk, before: Entry, values: Mapping[str, Any]) -> Entry:
    return before | placed(desk, before["area"], values)


async def _import_mediators(
    tx: Tx,
    policy: Policy,
    desk: Desk,
    tally: Tally,
    records: Sequence[tuple[int, MediatorRecord]],
) -> None:
    homes = await committees.by_external(tx, SYSTEM, [r.committee for _, r in records])
    fresh: list[tuple[int, Entry]] = []
    for line, record in records:
        made: list[Entry] = []
        _collect(tally, line, made, partial(_mediator, tx, policy, homes, record))
        fresh += [(line, entry) for entry in made]
    rows = await mediators.by_keys(
        tx, SYSTEM, [e["external_id"] for _, e in fresh], [e["id_blind"] for _, e in fresh]
    )
    added, changed = _sort_mediators(tally, fresh, rows)
    known = {row["external_id"]: row for row in rows if row["external_id"]}
    changed = _really_changed(tx, tally, changed, known, _MEDIATOR_FIELDS)
    tally.created += len(added)
    await _admit_all(tx, desk.who.id, added)
    await mediators.change_all(tx, changed, _MEDIATOR_FIELDS)
    for entry in changed:
        set_clock(tx, entry)
        state_changed(tx, desk.who.id, entry)


def _mediator(tx: Tx, policy: Policy, homes: Mapping[str, Entry], record: MediatorRecord) -> Entry:
    home = homes.get(record.committee)
    if home is None:
        raise NotFound(
            "unknown-committee",
            "committee 指向的调解委员会不存在：请先导入调解委员会",
            "no committee has this external id: import the committee first",
            "committee",
        )
    check_certificate(record.certificate_expires_on, tx.now)
    values = record.model_dump(exclude={"record", "committee"})
    admitted = {"state": State.ADMITTED.value, "admitted_at": tx.now}
    return mediator_handlers.new_entry(tx, policy, values, home) | admitted


def _sort_mediators(
    tally: Tally, fresh: Iterable[tuple[int, Entry]], found: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Who is new, and known entries with the record's values; one person twice is refused."""
    by_key = {entry["external_id"]: entry for entry in found if entry["external_id"]}
    owner = {entry["id_blind"]: entry["external_id"] for entry in found}
    added: list[Entry] = []
    changed: list[Entry] = []
    for line, entry in fresh:
        key, person = entry["external_id"], entry["id_blind"]
        before = by_key.get(key)
        taken = person in owner and owner[person] != key
        if taken or (before is not None and before["id_blind"] != person):
            tally.refuse(line, _person_exists())
        elif before is None:
            owner[person] = key
            added.append(entry)
        else:
            kept = {name: entry[name] for name in _MEDIATOR_FIELDS if name not in _BOOKKEEPING}
            changed.append(before | kept)
    return added, changed


async def _admit_all(tx: Tx, actor: str, added: Sequence[Entry]) -> None:
    await mediators.add(tx, added)
    moves = [standing(tx, entry, Action.APPROVE, actor) for entry in added]
    await mediators.note_standings(tx, moves)
    for entry in added:
        state_admitted(tx, actor, entry)
        set_clock(tx, entry)


async def _import_experts(
    tx: Tx, desk: Desk, tally: Tally, records: Sequence[tuple[int, ExpertRecord]]
) -> None:
    known = await experts.by_external(tx, SYSTEM, [r.external_id for _, r in records])
    added: list[Entry] = []
    phones: list[str | None] = []
    for line, record in records:
        if record.external_id in known:
            tally.unchanged += 1
            continue
        values = record.model_dump(exclude={"record"})
        before = len(added)
        make = partial(expert_handlers.new_entry, tx, desk.areas, desk.who, values)
        _collect(tally, line, added, make)
        phones += [record.phone] * (len(added) - before)
    tally.created += len(added)
    await experts.add(tx, added)
    for entry, phone in zip(added, phones, strict=True):
        expert_handlers.state_enrolled(tx, desk.who.id, entry, phone)


def _collect(tally: Tally, line: int, into: list[Entry], make: Callable[[], Entry]) -> None:
    """Append what `make` gives, or note why it refuses."""
    try:
        into.append(make())
    except Refusal as why:
        tally.refuse(line, why)


def _really_changed(
    tx: Tx,
    tally: Tally,
    entries: Sequence[Entry],
    known: Mapping[str, Entry],
    columns: Sequence[str],
) -> list[Entry]:
    """The entries that differ from what is stored, with their next revision; the rest is counted."""
    changed = []
    for entry in entries:
        before = known[entry["external_id"]]
        if all(entry[name] == before[name] for name in columns if name not in _BOOKKEEPING):
            tally.unchanged += 1
            continue
        news = {"revision": before["revision"] + 1, "updated_at": tx.now}
        changed.append(entry | news)
    tally.changed += len(changed)
    return changed


def _person_exists() -> Conflict:
    return Conflict(
        "person-exists",
        "该证件号码已用其他 external_id 登记，或该 external_id 属于他人",
        "this id number is registered under another external_id, or the external_id is another's",
        "id_number",
    )
