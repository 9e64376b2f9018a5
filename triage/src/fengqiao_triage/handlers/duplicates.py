"""Duplicate review: what a case is linked with, and what a human decides of it."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, ReadTx, Scope, Tx
from fengqiao_contracts.errors import Conflict, Invalid, NotHereYet
from fengqiao_contracts.facts import CaseMerged, CaseUnmerged
from fengqiao_contracts.ids import new_id

from ..domain.case import Rules
from ..domain.disputes import Book, Dispute, rebuilt
from ..same_views import Duplicates, Link, Member
from ..store import disputes as store
from .book import open_book, save_book, signature_from
from .growth import grow
from .in_force import rules_in_force

HUMAN = "human"
_OPEN = ("suggested", "linked")


async def duplicates_of(
    tx: ReadTx, scope: Scope, case_id: str, *, with_notes: bool = False
) -> Duplicates:
    """The dispute of a case that the caller may see, and every link of it to cases he may see.

    Notes are words of a human about people: for those who may read such words.
    """
    here = await _place(tx, scope, case_id, "case_id")
    number, persons = await store.count_cases(tx, SYSTEM, here.dispute_id)
    members = await store.cases_of(tx, scope, here.dispute_id)
    found = await store.links_of(tx, scope, case_id)
    seen = {m.case_id for m in members}
    return Duplicates(
        case_id=case_id,
        dispute_id=here.dispute_id,
        cases=number,
        persons=persons,
        members=[
            Member(
                case_id=m.case_id,
                received_at=m.received_at,
                copy_of=m.copy_of if m.copy_of in seen else None,
            )
            for m in members
        ],
        links=[_link(row, there, with_note=with_notes) for row, there in found],
    )


async def merge(
    rules: Rules, tx: Tx, who: Principal, case_id: str, other_case_id: str, note: str | None
) -> Duplicates:
    """Make the disputes of two cases one; what parted them before counts no more, and where more
    persons share the dispute now its cases are assessed again.
    """
    here, there = await _pair(tx, who, case_id, other_case_id)
    if here.dispute_id == there.dispute_id:
        raise Conflict(
            "already-merged",
            "两案已属同一纠纷。",
            "The two cases are one dispute already.",
            field="other_case_id",
        )
    book = await open_book(tx, [], also=[here.dispute_id, there.dispute_id])
    keep, gone = sorted((here.dispute_id, there.dispute_id))
    book.absorb(book.disputes[keep], book.disputes[gone])
    await save_book(tx, book)
    await store.drop_links(tx, case_id, other_case_id, ("suggested", "parted"))
    await _remember(tx, case_id, other_case_id, "joined", HUMAN, note)
    fact = CaseMerged(
        case_id=case_id,
        dispute_id=keep,
        other_case_id=other_case_id,
        reason=HUMAN,
        absorbed=(gone,),
        merged_at=tx.now,
    )
    tx.state(fact, area=here.area_path)
    tx.audit("case.merge", case_id, fields=("dispute",))
    await grow(await rules_in_force(tx, rules), tx, [keep])
    return await duplicates_of(tx, who.scope, case_id)


async def link(
    tx: Tx, who: Principal, case_id: str, other_case_id: str, reason: str, note: str | None
) -> Duplicates:
    """Note that two cases belong together without being one dispute."""
    await _pair(tx, who, case_id, other_case_id)
    await store.drop_links(tx, case_id, other_case_id, _OPEN)
    await _remember(tx, case_id, other_case_id, "linked", reason, note)
    tx.audit("case.link", case_id, fields=("link",))
    return await duplicates_of(tx, who.scope, case_id)


async def unmerge(
    tx: Tx, who: Principal, case_id: str, other_case_id: str | None, note: str | None
) -> Duplicates:
    """Part a case from its dispute; or, where the other case is of another, say they are not one.

    Neither is ever undone by what the service finds later; only a human's merge undoes it.
    """
    await store.take_turn(tx, SYSTEM)
    other = other_case_id or await _any_other(tx, who, case_id)
    here, there = await _pair(tx, who, case_id, other)
    dispute_id = here.dispute_id
    book = await open_book(tx, [], also={dispute_id, there.dispute_id})
    if dispute_id == there.dispute_id:
        dispute_id = await _leave(tx, book, case_id, dispute_id)
        fact = CaseUnmerged(
            case_id=case_id,
            dispute_id=dispute_id,
            left_dispute_id=there.dispute_id,
            unmerged_at=tx.now,
        )
        tx.state(fact, area=here.area_path)
    _part(book, dispute_id, there.dispute_id)
    await save_book(tx, book)
    await store.drop_links(tx, case_id, other, ("joined", *_OPEN))
    await _remember(tx, case_id, other, "parted", HUMAN, note)
    tx.audit("case.unmerge", case_id, fields=("dispute",))
    return await duplicates_of(tx, who.scope, case_id)


async def _leave(tx: Tx, book: Book, case_id: str, dispute_id: str) -> str:
    """Take a case out of its dispute into one of its own; the rest is made anew without it."""
    members = await store.signatures_of(tx, SYSTEM, dispute_id=dispute_id)
    signed = {row.case_id: signature_from(row) for row in reversed(members)}
    fresh = Dispute(new_id())
    own = signed.pop(case_id, None)
    if own is None:
        own = signature_from((await store.signatures_of(tx, SYSTEM, ids=[case_id]))[0])
    fresh.take(own, None)
    book.disputes[fresh.id] = fresh
    kept = book.disputes[dispute_id]
    book.disputes[dispute_id] = rebuilt(dispute_id, signed.values(), kept)
    for row in await store.marks_of(tx, SYSTEM, own.keys):
        book.add_posting(row.mark, row.used, row.disputes.split(" "))
    alone = set(own.keys) - {mark for case in signed.values() for mark in case.keys}
    book.unpost(kept.absorbed | {dispute_id}, alone)
    book.post(fresh, own)
    await store.drop_joined(tx, case_id, signed)
    await store.move_case(tx, case_id, fresh.id)
    return fresh.id


def _part(book: Book, one: str, other: str) -> None:
    mine, theirs = book.disputes[one], book.disputes[other]
    mine.apart |= {other}
    theirs.apart |= {one}
    book.changed |= {one, other}


async def _any_other(tx: Tx, who: Principal, case_id: str) -> str:
    """Another case of the same dispute, where the caller names none."""
    here = await _place(tx, who.scope, case_id, "case_id", 409)
    members = await store.cases_of(tx, who.scope, here.dispute_id)
    others = [m.case_id for m in members if m.case_id != case_id]
    if not others:
        raise Conflict(
            "not-merged",
            "本案未与其他案件并案，无需拆分。",
            "The case is one dispute with no other case that you may see.",
            field="case_id",
        )
    return str(others[0])


async def _pair(tx: Tx, who: Principal, case_id: str, other_case_id: str) -> tuple[Any, Any]:
    """Both cases, where the caller may see both; nobody else decides until the commit."""
    await store.take_turn(tx, SYSTEM)
    if case_id == other_case_id:
        raise Invalid(
            "same-case",
            "请填写另一案件的编号，而不是本案。",
            "Name another case, not this one.",
            field="other_case_id",
        )
    here = await _place(tx, who.scope, case_id, "case_id", 409)
    return here, await _place(tx, who.scope, other_case_id, "other_case_id", 409)


async def _place(tx: ReadTx, scope: Scope, case_id: str, field: str, status: int = 404) -> Any:
    """Where a case stands; NotHereYet (404 to reads, 409 to commands) where it is not seen."""
    row = await store.place_of(tx, scope, case_id)
    if row is None:
        raise NotHereYet(
            "not-here-yet",
            "该案件尚未到达研判环节，或不在您的管辖范围内。",
            "The case has not reached triage yet, or is outside your scope.",
            field=field,
            status=status,
        )
    return row


async def _remember(
    tx: Tx, case_id: str, other_case_id: str, kind: str, reason: str, note: str | None
) -> None:
    row = {
        "case_id": case_id,
        "other_case_id": other_case_id,
        "kind": kind,
        "reason": reason,
        "score": None,
        "points": None,
        "actor": tx.actor,
        "note": note,
        "linked_at": tx.now,
    }
    await store.save_links(tx, [row])


def _link(row: Any, there: str, *, with_note: bool) -> Link:
    return Link(
        other_case_id=there,
        kind=row.kind,
        reason=row.reason,
        score=row.score,
        points=row.points or {},
        by=row.actor,
        note=row.note if with_note else None,
        linked_at=row.linked_at,
    )
