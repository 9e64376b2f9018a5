"""The book of disputes between store and domain: what a batch needs is read, what it changed is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fengqiao_chassis.store import SYSTEM, ReadTx, Tx

from ..domain.disputes import Book, Dispute, Entered
from ..domain.signature import INDEXED, Parties, Signature, pack, unpack
from ..store import disputes as store


async def open_book(tx: ReadTx, cases: Sequence[Signature], also: Collection[str] = ()) -> Book:
    """The index under the marks of these cases and the disputes that it leads to, no others."""
    book = Book()
    wanted = {mark for case in cases for mark in (*case.words, *case.keys)}
    for row in await store.marks_of(tx, SYSTEM, wanted) if wanted else ():
        book.add_posting(row.mark, row.used, row.disputes.split(" "))
    needed = {key for case in cases for key in book.candidates(case)} | set(also)
    while needed:
        for row in await store.disputes_of(tx, SYSTEM, needed):
            if row.absorbed_by:
                book.aliases[row.dispute_id] = row.absorbed_by
            else:
                book.disputes[row.dispute_id] = dispute_from(row)
        needed = {new for new in book.aliases.values() if new not in book.aliases}
        needed -= book.disputes.keys()
    return book


async def save_book(tx: Tx, book: Book) -> None:
    """Keep the disputes and the part of the index that have changed."""
    rows = [dispute_row(book.disputes[key], book.aliases.get(key)) for key in sorted(book.changed)]
    await store.save_disputes(tx, rows)
    posted = [(mark, book.postings[mark]) for mark in sorted(book.posted)]
    await store.save_marks(
        tx, [{"mark": m, "used": p.used, "disputes": " ".join(p.disputes)} for m, p in posted]
    )
    gone = book.changed & book.aliases.keys()
    await store.move_cases(tx, {key: book.living(key) for key in sorted(gone)})


def signature_row(case: Signature, e: Entered, book: Book) -> dict[str, Any]:
    """What is kept of a new case."""
    return {
        "case_id": case.case_id,
        "dispute_id": book.living(e.dispute_id),
        "copy_of": e.copy,
        "area_path": case.area_path,
        "day": case.day,
        "words": pack(case.words),
        "parties": _parties_json(case.parties),
    }


def signature_from(row: Any) -> Signature:
    """A case's signature as it was kept; without marks where they were erased."""
    words = unpack(row.words or b"")
    return Signature(
        row.case_id,
        words,
        tuple(words)[:INDEXED],
        _parties_from(row.parties or {}),
        row.area_path,
        row.day,
        row.copy_of,
    )


def dispute_row(dispute: Dispute, absorbed_by: str | None) -> dict[str, Any]:
    """A dispute as it is kept; of an absorbed one only where it went."""
    detail = {
        "cases": dispute.cases,
        "parties": _parties_json(dispute.parties),
        "places": list(dispute.places),
        "days": [dispute.first, dispute.last],
        "voices": [[case_id, sorted(marks)] for case_id, marks in dispute.voices],
        "persons": sorted(dispute.persons),
        "apart": sorted(dispute.apart),
        "absorbed": sorted(dispute.absorbed),
    }
    return {
        "dispute_id": dispute.id,
        "absorbed_by": absorbed_by,
        "persons": 0 if absorbed_by else len(dispute.persons),
        "words": b"" if absorbed_by else pack(dispute.words),
        "detail": {} if absorbed_by else detail,
    }


def dispute_from(row: Any) -> Dispute:
    """A dispute as it was kept."""
    detail = row.detail
    first, last = detail["days"]
    return Dispute(
        id=row.dispute_id,
        cases=detail["cases"],
        words=unpack(row.words),
        parties=_parties_from(detail["parties"]),
        places=tuple(detail["places"]),
        first=first,
        last=last,
        voices=[(case_id, frozenset(marks)) for case_id, marks in detail["voices"]],
        persons=frozenset(detail["persons"]),
        apart=frozenset(detail["apart"]),
        absorbed=frozenset(detail["absorbed"]),
    )


def _parties_json(parties: Parties) -> dict[str, list[int]]:
    names = ("ours", "theirs", "firms", "persons")
    return {name: sorted(found) for name in names if (found := getattr(parties, name))}


def _parties_from(stored: Mapping[str, Sequence[int]]) -> Parties:
    return Parties(**{name: frozenset(marks) for name, marks in stored.items()})
