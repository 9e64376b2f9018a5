"""Which cases are one dispute: signatures, disputes, the index of marks, links and what humans said.

The index is the service's own: no caller reads it, only handlers do (scope SYSTEM). What a caller sees
of a dispute are its cases and links, and of those only what lies in his scope.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from fengqiao_chassis.store import JsonText, Moment, ReadTx, Scope, Tx, upsert, visible
from fengqiao_contracts.errors import Forbidden

from .tables import cases, metadata

_MARK = BigInteger().with_variant(Integer(), "sqlite")

signatures = Table(
    "triage_signatures",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("dispute_id", String(64), nullable=False),
    Column("copy_of", String(64)),
    Column("area_path", String(120), nullable=False),
    Column("day", Integer, nullable=False),
    Column("words", LargeBinary),
    Column("parties", JsonText),
    Index("ix_triage_signatures_dispute_id", "dispute_id", "case_id"),
)
"""Keyed marks of a case (null once erased), its dispute, and the case that it copies."""

disputes = Table(
    "triage_disputes",
    metadata,
    Column("dispute_id", String(64), primary_key=True),
    Column("absorbed_by", String(64)),
    Column("persons", Integer, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("detail", JsonText, nullable=False),
)

marks = Table(
    "triage_marks",
    metadata,
    Column("mark", _MARK, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
    Column("disputes", Text, nullable=False),
)
"""Keyed mark -> how many disputes ever used it, and the newest of them, parted by blanks."""

links = Table(
    "triage_links",
    metadata,
    Column("case_id", String(64), primary_key=True),
    Column("other_case_id", String(64), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("score", Float),
    Column("points", JsonText),
    Column("actor", String(80), nullable=False),
    Column("note", Text),
    Column("linked_at", Moment, nullable=False),
    Index("ix_triage_links_other_case_id", "other_case_id"),
)
"""Why two cases stand together: `joined`, `suggested`, `linked` or `parted`; the newest of a kind."""

turns = Table("triage_turns", metadata, Column("name", String(32), primary_key=True))
"""One row: who holds it decides which cases are one, so that two alike at one moment are found."""

_LINK_KEYS = ("case_id", "other_case_id", "kind")


def _own(scope: Scope) -> None:
    """Refuse a caller: the index tells of cases outside of any scope."""
    if not scope.system:
        raise Forbidden(
            "index-not-readable", "索引仅供系统内部使用。", "The index is for the service alone."
        )


def _among(column: Column[Any], name: str, dialect: str) -> ColumnElement[bool]:
    """Whether a column is in a list that is bound as one JSON text, however long."""
    bound: ColumnElement[Any] = bindparam(name, type_=Text())
    if dialect == "postgresql":
        each = func.jsonb_array_elements_text(cast(bound, JSONB)).table_valued("value")
        return column.in_(select(cast(each.c.value, column.type)))
    return column.in_(select(func.json_each(bound).table_valued("value").c.value))


async def take_turn(tx: Tx, scope: Scope) -> None:
    """Wait until no other transaction decides which cases are one; held to the commit."""
    _own(scope)
    await tx.all(select(turns.c.name).with_for_update())
    tx.waited()


async def marks_of(tx: ReadTx, scope: Scope, wanted: Collection[int]) -> Sequence[Row[Any]]:
    """The index under these marks."""
    _own(scope)
    stmt = select(marks).where(_among(marks.c.mark, "wanted", tx.dialect))
    return await tx.all(stmt, {"wanted": _json(wanted)})


async def disputes_of(tx: ReadTx, scope: Scope, ids: Collection[str]) -> Sequence[Row[Any]]:
    """These disputes, absorbed ones too."""
    _own(scope)
    stmt = select(disputes).where(_among(disputes.c.dispute_id, "wanted", tx.dialect))
    return await tx.all(stmt, {"wanted": _json(ids)})


def _json(values: Collection[Any]) -> str:
    return json.dumps(list(values))


async def signatures_of(
    tx: ReadTx, scope: Scope, *, ids: Collection[str] = (), dispute_id: str = "", most: int = 500
) -> Sequence[Row[Any]]:
    """The signatures of these cases, or of the newest cases of a dispute that still have words."""
    _own(scope)
    if ids:
        return await tx.all(select(signatures).where(signatures.c.case_id.in_(sorted(ids))))
    stmt = (
        select(signatures)
        .where(signatures.c.dispute_id == dispute_id, signatures.c.words.is_not(None))
        .order_by(signatures.c.case_id.desc())
        .limit(most)
    )
    return await tx.all(stmt)


async def places_of(tx: ReadTx, scope: Scope, ids: Collection[str]) -> dict[str, Row[Any]]:
    """Of each case its `dispute_id`, and how many `persons` brought that in words of their own."""
    _own(scope)
    stmt = (
        select(signatures.c.case_id, signatures.c.dispute_id, disputes.c.persons)
        .join(disputes, disputes.c.dispute_id == signatures.c.dispute_id)
        .where(signatures.c.case_id.in_(sorted(ids)))
    )
    return {row.case_id: row for row in await tx.all(stmt)}


async def grown_past(
    tx: ReadTx,
    scope: Scope,
    dispute_ids: Collection[str],
    sizes: Collection[int],
    but: Collection[str] = (),
    most: int = 500,
) -> dict[str, int]:
    """Of which cases a dispute has come to one of these sizes since they were assessed, with its persons."""
    _own(scope)
    known = func.coalesce(cases.c.people, 0)
    passed = [(known < size) & (disputes.c.persons >= size) for size in sizes]
    stmt = (
        select(cases.c.case_id, disputes.c.persons)
        .join(signatures, signatures.c.case_id == cases.c.case_id)
        .join(disputes, disputes.c.dispute_id == signatures.c.dispute_id)
        .where(
            signatures.c.dispute_id.in_(sorted(dispute_ids)),
            cases.c.case_id.not_in(sorted(but)),
            or_(false(), *passed),
        )
        .order_by(cases.c.case_id)
        .limit(most)
    )
    return {row.case_id: row.persons for row in await tx.all(stmt)}


async def add_signatures(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what new cases are recognised by."""
    await tx.run(insert(signatures), list(rows))


async def save_disputes(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep disputes as they stand now."""
    await tx.run(
        upsert(disputes, ("dispute_id",), update=("absorbed_by", "persons", "words", "detail")),
        list(rows),
    )


async def save_marks(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the index under these marks as it stands now."""
    await tx.run(upsert(marks, ("mark",), update=("used", "disputes")), list(rows))


async def drop_marks(tx: Tx, gone: Collection[int]) -> None:
    """Take marks out of the index."""
    await tx.run(delete(marks).where(marks.c.mark.in_(sorted(gone))))


async def save_links(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep links; the newest of a kind between two cases stands."""
    await tx.run(
        upsert(
            links, _LINK_KEYS, update=("reason", "score", "points", "actor", "note", "linked_at")
        ),
        list(rows),
    )


async def drop_links(tx: Tx, one: str, other: str, kinds: Collection[str]) -> None:
    """Take back links of these kinds between two cases."""
    both = sorted((one, other))
    await tx.run(
        delete(links).where(
            links.c.case_id.in_(both), links.c.other_case_id.in_(both), links.c.kind.in_(kinds)
        )
    )


async def drop_joined(tx: Tx, case_id: str, others: Collection[str]) -> None:
    """Take back why a case was joined with these."""
    there = sorted(others)
    either = ((links.c.case_id == case_id) & links.c.other_case_id.in_(there)) | (
        (links.c.other_case_id == case_id) & links.c.case_id.in_(there)
    )
    await tx.run(delete(links).where(either, links.c.kind == "joined"))


async def move_cases(tx: Tx, moves: Mapping[str, str]) -> None:
    """Bring the cases of absorbed disputes under the disputes that live on."""
    stmt = update(signatures).where(signatures.c.dispute_id == bindparam("old"))
    rows = [{"old": old, "new": new} for old, new in moves.items()]
    if rows:
        await tx.run(stmt.values(dispute_id=bindparam("new")), rows)


async def move_case(tx: Tx, case_id: str, dispute_id: str) -> None:
    """Bring one case under another dispute; it is no copy there."""
    stmt = update(signatures).where(signatures.c.case_id == case_id)
    await tx.run(stmt.values(dispute_id=dispute_id, copy_of=None))


async def forget_signatures(tx: Tx, ids: Collection[str]) -> None:
    """Erase the marks of these cases and what was written beside their links."""
    gone = sorted(ids)
    stmt = update(signatures).where(signatures.c.case_id.in_(gone))
    await tx.run(stmt.values(words=None, parties=None))
    touching = links.c.case_id.in_(gone) | links.c.other_case_id.in_(gone)
    await tx.run(update(links).where(touching).values(note=None))


async def place_of(tx: ReadTx, scope: Scope, case_id: str) -> Row[Any] | None:
    """A case's dispute and area, where the case lies in the scope."""
    stmt = (
        select(signatures.c.case_id, signatures.c.dispute_id, cases.c.area_path)
        .join(cases, cases.c.case_id == signatures.c.case_id)
        .where(signatures.c.case_id == case_id, visible(cases.c, scope))
    )
    return await tx.one(stmt)


async def cases_of(
    tx: ReadTx, scope: Scope, dispute_id: str, most: int = 200
) -> Sequence[Row[Any]]:
    """The cases of a dispute that lie in the scope, the oldest first."""
    stmt = (
        select(signatures.c.case_id, signatures.c.copy_of, cases.c.received_at)
        .join(cases, cases.c.case_id == signatures.c.case_id)
        .where(signatures.c.dispute_id == dispute_id, visible(cases.c, scope))
        .order_by(signatures.c.case_id)
        .limit(most)
    )
    return await tx.all(stmt)


async def count_cases(tx: ReadTx, scope: Scope, dispute_id: str) -> tuple[int, int]:
    """How many cases a dispute has in all, and how many persons brought it."""
    _own(scope)
    stmt = select(func.count()).select_from(signatures)
    number = await tx.scalar(stmt.where(signatures.c.dispute_id == dispute_id))
    persons = await tx.scalar(select(disputes.c.persons).where(disputes.c.dispute_id == dispute_id))
    return int(number or 0), int(persons or 0)


async def links_of(
    tx: ReadTx, scope: Scope, case_id: str, most: int = 100
) -> Sequence[tuple[Row[Any], str]]:
    """The links of a case whose other end lies in the scope, with that end, the newest first."""
    found: list[tuple[Row[Any], str]] = []
    for here, there in (
        (links.c.case_id, links.c.other_case_id),
        (links.c.other_case_id, links.c.case_id),
    ):
        stmt = (
            select(links, there.label("there"))
            .join(cases, cases.c.case_id == there)
            .where(here == case_id, visible(cases.c, scope))
            .order_by(links.c.linked_at.desc())
            .limit(most)
        )
        found += [(row, row.there) for row in await tx.all(stmt)]
    return sorted(found, key=lambda item: item[0].linked_at, reverse=True)[:most]
