"""What casework does with the facts of intake, triage, routing and the registry: batches, set-based."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from fengqiao_chassis.auth import SYSTEM, add_referrer
from fengqiao_chassis.bus import Received
from fengqiao_chassis.bus.outbox import forget
from fengqiao_chassis.store import Tx
from fengqiao_contracts.errors import Reject
from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseRegistered,
    CaseRouted,
    CaseSupplemented,
    CommitteeRegistered,
    PersonalDataErased,
    ReferralReceived,
)
from fengqiao_contracts.values import PartyIdentity, PartyRef

from .. import store
from ..domain.clocks import stricter_sign_for

_TABLE = "mediation_parties"


async def open_cases(tx: Tx, items: Sequence[Received[CaseRegistered]]) -> None:
    """Meet newly registered cases and their parties."""
    cases: list[dict[str, Any]] = []
    parties: list[dict[str, Any]] = []
    for item in items:
        fact, pii = item.fact, item.fact.pii
        system = fact.external_ref.system if fact.external_ref else None
        cases.append(
            {
                "case_id": fact.case_id,
                "number": fact.number,
                "state": "registered",
                "version": 1,
                "area": fact.area,
                "channel": fact.channel,
                "source": fact.source,
                "grade": "none",
                "received_at": fact.received_at,
                "narrative": pii.narrative if pii else None,
                "claims": list(pii.claims) if pii else None,
                "area_path": fact.area_path,
                "reporter": fact.reporter,
                "mediator": None,
                "referrers": add_referrer(None, system) if system else "|",
                "case_ref": fact.case_id,
            }
        )
        parties += _party_rows(tx, fact.case_id, fact.parties, pii.parties if pii else ())
    await store.add_cases(tx, cases)
    await store.add_parties(tx, parties)


async def add_supplements(tx: Tx, items: Sequence[Received[CaseSupplemented]]) -> None:
    """Add or correct parties; an archived dossier is not touched any more."""
    told = [item.fact for item in items if item.fact.parties]
    if not told:
        return
    heads = await store.heads(tx, [fact.case_id for fact in told], SYSTEM)
    rows: list[dict[str, Any]] = []
    for fact in told:
        head = _known(heads, fact.case_id)
        if head.state != "archived":
            identities = fact.pii.parties if fact.pii else ()
            rows += _party_rows(tx, fact.case_id, fact.parties, identities)
    known = await store.identities(tx, [fact.case_id for fact in told], SYSTEM)
    for row in rows:
        _merge(tx, row, known.get((row["case_id"], row["party_id"])))
    await store.add_parties(tx, rows)


async def note_grades(tx: Tx, items: Sequence[Received[CaseAssessed]]) -> None:
    """Keep type and grade; a higher grade shortens the time to sign for the case."""
    facts = [item.fact for item in items]
    heads = await store.heads(tx, [fact.case_id for fact in facts], SYSTEM)
    rows: list[dict[str, Any]] = []
    moved: list[store.Moved] = []
    for fact in facts:
        head = _known(heads, fact.case_id)
        due_at = head.sign_due_at
        if head.state == "assigned" and due_at is not None and head.assignment_id is not None:
            due_at = stricter_sign_for(due_at, head.assignment_id, fact.assessed_at, fact.grade)
            if due_at != head.sign_due_at:
                moved.append(store.Moved(fact.case_id, "sign_for", head.assignment_id, due_at))
        row = {"grade": fact.grade, "type": fact.type, "sign_due_at": due_at}
        rows.append({"case_id": fact.case_id, **row})
    await store.set_heads(tx, rows, ("grade", "type", "sign_due_at"))
    await store.move_clocks(tx, moved)


async def note_types(tx: Tx, items: Sequence[Received[CaseRouted]]) -> None:
    """Keep the type by which the case was routed."""
    rows = [{"case_id": item.fact.case_id, "type": item.fact.type} for item in items]
    await store.set_heads(tx, rows, ("type",))


async def note_referrers(tx: Tx, items: Sequence[Received[ReferralReceived]]) -> None:
    """Let the referring system follow its case."""
    rows = [(item.fact.case_id, item.fact.system) for item in items]
    await store.note_referrers(tx, rows, SYSTEM)


async def note_committees(tx: Tx, items: Sequence[Received[CommitteeRegistered]]) -> None:
    """Keep name and area of each committee, for dossier numbers and documents."""
    rows = [
        {
            "committee_id": item.fact.committee_id,
            "revision": item.fact.revision,
            "name": item.fact.name,
            "area": item.fact.area,
            "area_path": item.fact.area_path,
        }
        for item in items
    ]
    await store.note_committees(tx, rows)


async def erase_personal_data(tx: Tx, items: Sequence[Received[PersonalDataErased]]) -> None:
    """Null the personal data of the cases, here and in this service's own outbox."""
    ids = [item.fact.case_id for item in items]
    await store.erase(tx, ids, tx.now)
    for case_id in ids:
        await forget(tx, case_id)
        tx.audit("mediation.erase", case_id, fields=("personal_data",))


def _known(heads: dict[str, store.Head], case_id: str) -> store.Head:
    """The head of a case whose registration came before; the order of facts promises that."""
    if case_id not in heads:
        raise Reject("the case's registration has not been applied here")
    return heads[case_id]


def _party_rows(
    tx: Tx, case_id: str, refs: Iterable[PartyRef], identities: Iterable[PartyIdentity]
) -> list[dict[str, Any]]:
    """Rows of parties: the name clear, what is class 1 sealed as one text."""
    by_id = {identity.party_id: identity for identity in identities}
    rows: list[dict[str, Any]] = []
    for ref in refs:
        who = by_id.get(ref.party_id)
        rows.append(
            {
                "case_id": case_id,
                "party_id": ref.party_id,
                "role": ref.role,
                "kind": ref.kind,
                "name": who.name if who else None,
                "sealed": _seal(tx, case_id, who) if who else None,
                "identified": bool(who and who.id_number),
                "consent": "none",
            }
        )
    return rows


def _merge(tx: Tx, row: dict[str, Any], known: store.Identity | None) -> None:
    """Let a correction keep what it does not speak of: an absent name or number stays."""
    if known is None:
        return
    row["name"] = row["name"] or known.name
    row["identified"] = row["identified"] or known.identified
    if known.sealed is None:
        return
    place = f"{row['case_id']}/{row['party_id']}"
    secret = json.loads(tx.keys.open(_TABLE, place, known.sealed))
    if row["sealed"] is not None:
        secret |= json.loads(tx.keys.open(_TABLE, place, row["sealed"]))
    row["sealed"] = tx.keys.seal(_TABLE, place, json.dumps(secret, ensure_ascii=False))


def _seal(tx: Tx, case_id: str, who: PartyIdentity) -> str | None:
    secret = who.model_dump(exclude={"party_id", "name"}, exclude_none=True)
    if not secret:
        return None
    text = json.dumps(secret, ensure_ascii=False)
    return tx.keys.seal(_TABLE, f"{case_id}/{who.party_id}", text)
