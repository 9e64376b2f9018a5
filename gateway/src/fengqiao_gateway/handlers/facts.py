"""Keeping the facts for stream, cursor and webhooks, and reading them as a caller may see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, ReadTx, Tx
from fengqiao_contracts.facts import CASES, Fact

from ..domain.access import CaseAccess, after_fact
from ..domain.places import START, Place, moved, older, slot_of
from ..domain.visibility import Access, Viewer, may_see, shown
from ..store import facts as store
from .access_rows import access_of, from_row, to_row

_WINDOW = 500
_MAX_SCANNED = 10 * _WINDOW


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A kept fact, who may know of it at present, and the step it is in its partition."""

    seq: int
    slot: int
    place: int
    access: Access
    id: str
    source: str
    type: str
    time: datetime
    subject: str
    area: str
    sequence: int
    correlation_id: str
    causation_id: str | None
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """The type without its version."""
        return self.type.rpartition(".v")[0]

    def seen_by(self, viewer: Viewer) -> dict[str, Any] | None:
        """The fact as the viewer may see it, ready for JSON; None where it may not."""
        if not may_see(viewer, self.access):
            return None
        data = shown(viewer, self.name, self.data)
        return None if data is None else public(self, data)


@dataclass(frozen=True, slots=True)
class Page:
    """Facts, the place behind them, and whether more are there already."""

    facts: list[dict[str, Any]]
    next: Place
    more: bool


async def keep_facts(tx: Tx, items: Sequence[Received[Fact]]) -> None:
    """Folds who may know of each case, then appends the facts to their partitions."""
    accesses = await _fold_accesses(tx, items)
    slots = [slot_of(i.envelope.topic, i.envelope.partition) for i in items]
    last = await store.lock_places(tx, SYSTEM, sorted(set(slots)))
    rows = []
    for item, slot in zip(items, slots, strict=True):
        last[slot] += 1
        rows.append(_row(item, slot, last[slot], accesses, tx.now))
    await store.save_places(tx, last)
    await store.add_facts(tx, rows)


async def _fold_accesses(tx: Tx, items: Sequence[Received[Fact]]) -> dict[str, CaseAccess]:
    mine = [i for i in items if i.envelope.topic == CASES]
    found = await store.accesses(tx, SYSTEM, sorted({i.envelope.subject for i in mine}))
    before = {case_id: from_row(row) for case_id, row in found.items()}
    after = dict(before)
    for item in mine:
        case_id = item.envelope.subject
        folded = after_fact(after.get(case_id), item.fact, item.envelope.area)
        if folded is not None:
            after[case_id] = folded
    changed = [to_row(a) for case_id, a in after.items() if before.get(case_id) != a]
    await store.save_accesses(tx, changed)
    return after


def _row(
    item: Received[Fact], slot: int, place: int, accesses: Mapping[str, CaseAccess], now: datetime
) -> dict[str, Any]:
    envelope = item.envelope
    access = accesses.get(envelope.subject) if envelope.topic == CASES else None
    return {
        "slot": slot,
        "place": place,
        "fact_id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "at": envelope.time,
        "subject": envelope.subject,
        "case_id": None if access is None else access.case_id,
        "area_path": envelope.area if access is None else access.area_path,
        "sequence": envelope.sequence,
        "correlation_id": envelope.correlation_id,
        "causation_id": envelope.causation_id,
        "data": envelope.data.decode(),
        "noted_at": now,
    }


async def read_page(tx: ReadTx, viewer: Viewer, after: Place, limit: int) -> Page:
    """Up to `limit` facts after a place that the viewer may see.

    Looks at a bounded number of facts: a page may be short, even empty, with more to come.
    """
    found: list[dict[str, Any]] = []
    place, scanned = after, 0
    while scanned < _MAX_SCANNED:
        kept = await read_window(tx, place, _WINDOW)
        for fact in kept:
            place = moved(place, [(fact.slot, fact.place)])
            seen = fact.seen_by(viewer)
            if seen is not None:
                found.append(seen)
            if len(found) == limit:
                return Page(found, place, more=True)
        scanned += len(kept)
        if len(kept) < _WINDOW:
            return Page(found, place, more=False)
    return Page(found, place, more=True)


async def read_window(
    tx: ReadTx, after: Place, size: int, until: Place | None = None
) -> list[KeptFact]:
    """The next kept facts after a place and not after `until`, whoever may see them."""
    steps = await store.window(tx, SYSTEM, after, until, size)
    if not steps:
        return []
    return [kept(row) for row in await store.bodies(tx, SYSTEM, [s.seq for s in steps])]


async def read_head(tx: ReadTx) -> tuple[Place, dict[int, int]]:
    """The place behind every fact, and per slot the last fact that is no longer kept."""
    last, dropped = await store.head(tx, SYSTEM)
    return moved(START, last.items()), dropped


async def first_place(tx: ReadTx) -> Place:
    """The place before the oldest kept fact."""
    _, dropped = await store.head(tx, SYSTEM)
    return moved(START, dropped.items())


async def too_old(tx: ReadTx, place: Place) -> bool:
    """Whether facts after a place are gone, so that a reader must start over."""
    _, dropped = await store.head(tx, SYSTEM)
    return older(place, dropped)


async def drop_old_facts(tx: Tx, keep_for: timedelta, keep: int, chunk: int = 2000) -> int:
    """Drops one chunk of facts that are too old or too many; how many."""
    steps = await store.oldest_to_drop(tx, SYSTEM, tx.now - keep_for, keep, chunk)
    if steps:
        dropped = _highest(steps)
        await store.drop_facts(tx, [s.seq for s in steps], dropped)
    return len(steps)


def _highest(steps: Iterable[Row[Any]]) -> dict[int, int]:
    highest: Counter[int] = Counter()
    for step in steps:
        highest[step.slot] = max(highest[step.slot], step.place)
    return dict(highest)


def kept(row: Row[Any]) -> KeptFact:
    """A kept fact from a row of `bodies`."""
    return KeptFact(
        seq=row.seq,
        slot=row.slot,
        place=row.place,
        access=access_of(row),
        id=row.fact_id,
        source=row.source,
        type=row.type,
        time=row.at,
        subject=row.subject,
        area=row.area_path,
        sequence=row.sequence,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        data=orjson.loads(row.data),
    )


def public(fact: KeptFact, data: Mapping[str, Any]) -> dict[str, Any]:
    """A fact as it leaves the platform: CloudEvents names, no actor, no personal data."""
    return {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "time": fact.time.isoformat(),
        "subject": fact.subject,
        "area": fact.area,
        "sequence": fact.sequence,
        "correlation_id": fact.correlation_id,
        "causation_id": fact.causation_id,
        "data": dict(data),
    }
