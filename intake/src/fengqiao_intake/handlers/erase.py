"""Erasure of a case's personal data: our columns, our search entries and our outbox's part."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from fengqiao_chassis.bus.outbox import forget
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Principal
from fengqiao_contracts.errors import Conflict
from fengqiao_contracts.facts import PersonalDataErased

from .. import store
from ..store import search
from .supplement import no_such_case


class ErasureReceipt(BaseModel):
    """The proof of an erasure."""

    case_id: str
    erased_at: datetime


async def erase_case(tx: Tx, who: Principal, case_id: str, reason: str) -> ErasureReceipt:
    """Null the personal data of a case and tell every service (PIPL art. 47).

    Number, unit, dates, type and status stay: the statistics remain true. Once only (Conflict).
    The reason is free words: the audit trail keeps them, no fact repeats them.
    """
    who.require("admin", "city")
    case = (await store.find_cases(tx, [case_id], who.scope)).get(case_id)
    if case is None:
        raise no_such_case()
    if case.erased_at is not None:
        raise Conflict(
            "case-erased", "该案的个人信息已经删除", "the case's personal data are erased already"
        )
    docs = [
        {"doc": row.doc, "words": search.words_of(row.text, row.names)}
        for row in await store.texts_of(tx, case_id, who.scope)
        if row.text is not None
    ]
    await store.erase_case(tx, case_id, docs)
    await forget(tx, case_id)
    fact = PersonalDataErased(case_id=case_id, reason="requested", erased_at=tx.now)
    tx.state(fact, area=case.area_path, actor=who.id)
    tx.audit("case.erase", case_id, purpose=reason, fields=("parties", "texts"))
    return ErasureReceipt(case_id=case_id, erased_at=tx.now)
