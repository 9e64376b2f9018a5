"""Find the dispute of each new case: read its telling words, look them up, keep what was decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import CaseMerged, CaseRegistered
from fengqiao_contracts.values import PartyRef

from ..domain.case import day_of
from ..domain.disputes import Book, Dispute, Entered, rebuilt
from ..domain.rarity import Words
from ..domain.same import Evidence
from ..domain.signature import INDEXED, Mark, Party, Signature, marker, parties_of, vector_of
from ..store import disputes as store
from ..wordlist import rarity
from .book import dispute_row, open_book, save_book, signature_from, signature_row

TRIAGE = "triage"


def read_words(items: Sequence[Received[CaseRegistered]]) -> Sequence[Words]:
    """The telling words of new cases, with those of their parties' names."""
    table = rarity()
    return [
        table.telling(pii.narrative, [party.name for party in pii.parties]) if pii else ()
        for pii in (item.fact.pii for item in items)
    ]


def mark_of(keys: Keyring) -> Mark:
    """The keyed hash under which words and parties are kept: without the key it tells nothing."""
    return marker(keys.blind("triage-same", "marks").encode())


async def enter_registered(
    tx: Tx, items: Sequence[Received[CaseRegistered]], plans: Sequence[Words]
) -> None:
    """Bring each new case to its dispute, or begin one with it; state what was found to be one."""
    mark = mark_of(tx.keys)
    cases = [_signature(item.fact, words, mark) for item, words in zip(items, plans, strict=True)]
    await store.take_turn(tx, SYSTEM)
    book = await open_book(tx, cases)
    entered = [book.enter(case) for case in cases]
    await store.add_signatures(
        tx, [signature_row(case, e, book) for case, e in zip(cases, entered, strict=True)]
    )
    await save_book(tx, book)
    links = [row for case, e in zip(cases, entered, strict=True) for row in _links(tx, case, e)]
    await store.save_links(tx, links)
    for item, e in zip(items, entered, strict=True):
        _state(tx, item, e)


def _signature(fact: CaseRegistered, words: Words, mark: Mark) -> Signature:
    vector = vector_of(words, mark)
    return Signature(
        fact.case_id,
        vector,
        tuple(vector)[:INDEXED],
        parties_of(_parties(fact), mark),
        fact.area_path,
        day_of(fact.reported_at).toordinal(),
        fact.copy_of,
    )


def _parties(fact: CaseRegistered) -> list[Party]:
    """The two sides of the dispute; third parties make no two cases one."""
    known: Mapping[str, PartyRef] = {party.party_id: party for party in fact.parties}
    named = fact.pii.parties if fact.pii else ()
    return [
        Party(
            "theirs" if known[p.party_id].role == "respondent" else "ours",
            known[p.party_id].kind != "person",
            p.name,
            p.id_number,
            p.phone,
        )
        for p in named
        if p.party_id in known and known[p.party_id].role != "third"
    ]


def _links(tx: Tx, case: Signature, e: Entered) -> list[dict[str, Any]]:
    """Why the case stands where it stands, and what a human should look at."""
    found = [("joined", e.why)] if e.why else []
    found += [("joined", why) for _, why in e.merged] + [
        ("suggested", why) for _, why in e.suggested
    ]
    return [
        {
            "case_id": case.case_id,
            "other_case_id": why.other_case_id,
            "kind": kind,
            "reason": why.reason,
            "score": round(why.score, 4),
            "points": {code: round(n, 4) for code, n in why.points.items()},
            "actor": TRIAGE,
            "note": None,
            "linked_at": tx.now,
        }
        for kind, why in found
    ]


def _state(tx: Tx, item: Received[CaseRegistered], e: Entered) -> None:
    """Say that the case is one with others; of a copy with the same words intake has said it."""
    told = e.why is not None and e.why.reason == "same_words" and not e.merged
    why: Evidence | None = e.why
    if why is None or told:
        return
    fact = CaseMerged(
        case_id=item.fact.case_id,
        dispute_id=e.dispute_id,
        other_case_id=why.other_case_id,
        reason=why.reason,
        score=round(why.score, 4),
        absorbed=tuple([dispute_id for dispute_id, _ in e.merged]),
        merged_at=tx.now,
    )
    tx.state(fact, area=item.envelope.area, cause=item)


async def forget(tx: Tx, ids: Collection[str]) -> None:
    """Erase the marks of these cases wherever they stand: signature, dispute and index."""
    await store.take_turn(tx, SYSTEM)
    rows = await store.signatures_of(tx, SYSTEM, ids=ids) if ids else []
    await store.forget_signatures(tx, ids)
    for row in rows:
        if row.words is not None:
            await _forget_in(tx, row.dispute_id, signature_from(row))


async def _forget_in(tx: Tx, dispute_id: str, gone: Signature) -> None:
    """Make a dispute anew without a case, and post it no more under marks that were the case's alone."""
    rest = [signature_from(r) for r in await store.signatures_of(tx, SYSTEM, dispute_id=dispute_id)]
    book = await open_book(tx, [gone], also=[dispute_id])
    kept = book.disputes.get(dispute_id) or Dispute(dispute_id)
    await store.save_disputes(tx, [dispute_row(rebuilt(dispute_id, reversed(rest), kept), None)])
    alone = set(gone.keys) - {mark for case in rest for mark in case.keys}
    await _unpost(tx, book, kept.absorbed | {dispute_id}, alone)


async def _unpost(tx: Tx, book: Book, ids: Collection[str], marks: Collection[int]) -> None:
    """Take a dispute from under these marks; a mark that nothing stands under is forgotten."""
    rows, gone = [], []
    for mark in marks:
        posting = book.postings.get(mark)
        left = [d for d in posting.disputes if d not in ids] if posting else []
        if posting and left:
            used = max(1, posting.used - 1)
            rows.append({"mark": mark, "used": used, "disputes": " ".join(left)})
        else:
            gone.append(mark)
    await store.save_marks(tx, rows)
    await store.drop_marks(tx, gone)
