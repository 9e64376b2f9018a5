"""Facts in: the fence, the positions and the held subjects of a group, in the effect's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, literal_column, select

from fengqiao_contracts.envelope import Envelope

from ..keys import Keyring
from ..store import tables as t
from ..store.sql import upsert
from ..store.tx import ReadTx, Tx
from .port import Batch, Place

Passed = dict[tuple[str, str, int], int]
"""The last position per (source, topic, partition)."""


_LOCK = (
    select(t.offsets)
    .where(
        t.offsets.c.grp == bindparam("grp"),
        t.offsets.c.topic == bindparam("topic"),
        t.offsets.c.partition.in_(bindparam("partitions", expanding=True)),
    )
    .order_by(t.offsets.c.partition)
    .with_for_update()
)
_greatest = t.offsets.c.order_seen
_proposed: Any = literal_column("excluded.order_seen")
_MOVE = upsert(
    t.offsets,
    ("grp", "topic", "partition"),
    update={
        "next_offset": literal_column("excluded.next_offset"),
        "order_seen": case((_proposed > _greatest, _proposed), else_=_greatest),
    },
)
_PASS = upsert(t.passed, ("grp", "source", "topic", "partition"), update=("position",))
_ANY_HELD = select(t.held.c.grp).where(t.held.c.grp == bindparam("grp")).limit(1)


class Fenced(Exception):
    """Another member moved the group: drop the batch and read again from the row."""


async def ensure_offsets(tx: Tx, group: str, places: Sequence[Place], log_number: int) -> None:
    """Make the group's rows where there are none: a group begins at the log's start."""
    rows = [
        {
            "grp": group,
            "topic": p[0],
            "partition": p[1],
            "next_offset": 0,
            "log_number": log_number,
            "order_seen": 0,
        }
        for p in places
    ]
    await tx.run(upsert(t.offsets, ("grp", "topic", "partition")), rows)


async def load_offsets(tx: ReadTx, group: str) -> dict[Place, tuple[int, int]]:
    """Each partition's next offset and log number."""
    rows = await tx.all(select(t.offsets).where(t.offsets.c.grp == group))
    return {(r.topic, r.partition): (r.next_offset, r.log_number) for r in rows}


async def load_passed(tx: ReadTx, group: str) -> Passed:
    """The last positions of a group."""
    rows = await tx.all(select(t.passed).where(t.passed.c.grp == group))
    return {(r.source, r.topic, r.partition): r.position for r in rows}


async def fence(tx: Tx, group: str, batch: Batch, log_number: int) -> None:
    """Lock the group's rows; raises Fenced where one is not where the batch began."""
    places = sorted(batch.begin)
    locked: list[Any] = []
    for topic in sorted({p[0] for p in places}):
        partitions = [p[1] for p in places if p[0] == topic]
        which = {"grp": group, "topic": topic, "partitions": partitions}
        locked += await tx.all(_LOCK, which)
    stands = {(r.topic, r.partition): (r.next_offset, r.log_number) for r in locked}
    if any(stands.get(p) != (batch.begin[p], log_number) for p in places):
        raise Fenced


async def move(tx: Tx, group: str, batch: Batch, moved: Passed, seen: dict[Place, int]) -> None:
    """Move the offsets, the orders seen and the positions."""
    rows = [
        {
            "grp": group,
            "topic": p[0],
            "partition": p[1],
            "next_offset": end,
            "log_number": 0,
            "order_seen": seen.get(p, 0),
        }
        for p, end in sorted(batch.end.items())
    ]
    await tx.run(_MOVE, rows)
    await tx.run(
        _PASS,
        [
            {"grp": group, "source": k[0], "topic": k[1], "partition": k[2], "position": v}
            for k, v in sorted(moved.items())
        ],
    )


async def held_subjects(tx: Tx, group: str, subjects: Sequence[str]) -> set[str]:
    """Which of the subjects are held by parked facts; locks their rows."""
    if await tx.scalar(_ANY_HELD, {"grp": group}) is None:
        return set()
    rows = await tx.all(
        select(t.held.c.subject)
        .where(t.held.c.grp == group, t.held.c.subject.in_(sorted(set(subjects))))
        .order_by(t.held.c.subject)
        .with_for_update()
    )
    return {r.subject for r in rows}


async def park(tx: Tx, group: str, parked: Sequence[tuple[Envelope, str]]) -> None:
    """Put facts aside with their reasons and hold their subjects in this group."""
    if not parked:
        return
    subjects = sorted({e.subject for e, _ in parked})
    await tx.run(
        upsert(t.held, ("grp", "subject")), [{"grp": group, "subject": s} for s in subjects]
    )
    await tx.run(
        upsert(t.parked, ("grp", "source", "topic", "partition", "position")),
        [
            {
                "grp": group,
                "topic": e.topic,
                "partition": e.partition,
                "subject": e.subject,
                "source": e.source,
                "position": e.position,
                "type": e.type,
                "reason": reason[:200],
                "parked_at": tx.now,
                "envelope": dump(e, tx.keys),
            }
            for e, reason in parked
        ],
    )


async def release(tx: Tx, group: str, subject: str, parked_id: int) -> None:
    """Take one parked fact away; the subject is free when it was the last."""
    await tx.run(delete(t.parked).where(t.parked.c.id == parked_id))
    left = await tx.scalar(
        select(t.parked.c.id).where(t.parked.c.grp == group, t.parked.c.subject == subject).limit(1)
    )
    if left is None:
        await tx.run(delete(t.held).where(t.held.c.grp == group, t.held.c.subject == subject))


async def write_journal(
    tx: Tx, envelopes: Sequence[Envelope], numbers: dict[Place, int]
) -> dict[Place, int]:
    """Number the facts that the register passed, per partition; returns the new last numbers."""
    last = dict(numbers)
    rows: list[dict[str, Any]] = []
    for e in envelopes:
        place = (e.topic, e.partition)
        last[place] = last.get(place, 0) + 1
        rows.append(
            {
                "topic": e.topic,
                "partition": e.partition,
                "number": last[place],
                "source": e.source,
                "position": e.position,
            }
        )
    await tx.run(insert(t.journal), rows)
    return last


def dump(envelope: Envelope, keys: Keyring) -> dict[str, Any]:
    """An envelope as JSON for the parked table. The personal part is encrypted as it came, and the
    data are here too: of what cannot be read nobody knows what is in it.
    """
    fields = {name: getattr(envelope, name) for name in Envelope.__slots__}
    fields["data"] = keys.encrypt(envelope.data, f"parked/{envelope.id}")
    fields["time"] = envelope.time.isoformat()
    return fields


def undump(fields: dict[str, Any], keys: Keyring) -> Envelope:
    """The envelope of `dump`."""
    values = dict(fields)
    values["data"] = keys.decrypt(values["data"], f"parked/{values['id']}")
    values["time"] = datetime.fromisoformat(values["time"])
    return Envelope(**values)
