"""The party's key: a case number and the code of its receipt, with limited tries."""

from __future__ import annotations

import hmac

from pydantic import BaseModel

from fengqiao_chassis.store import SYSTEM, Tx

from .. import store
from ..domain.registration import clean_code, locked_until
from .bodies import PartyCheck


class PartyAnswer(BaseModel):
    """Whether the code opens the case; nothing tells an unknown number from a wrong code."""

    ok: bool
    case_id: str | None = None


async def check_party(tx: Tx, body: PartyCheck) -> PartyAnswer:
    """Whether `code` is that of the case `number`; after five wrong tries, closed for 15 minutes."""
    case = await store.find_by_number(tx, body.number.strip().upper(), SYSTEM)
    if case is None:
        return PartyAnswer(ok=False)
    if case.code_locked_until is not None and case.code_locked_until > tx.now:
        return PartyAnswer(ok=False)
    tries = await store.count_code_try(tx, case.id)
    given = tx.keys.blind("party-code", f"{case.id}:{clean_code(body.code)}")
    ok = hmac.compare_digest(given, case.code_hash)
    closed = None if ok else locked_until(tries, tx.now)
    if ok or closed:
        await store.reset_code_tries(tx, case.id, closed)
    tx.audit("case.party_check" if ok else "case.party_check_failed", case.id)
    return PartyAnswer(ok=ok, case_id=case.id if ok else None)
