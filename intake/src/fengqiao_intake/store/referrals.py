"""Referrals: a partner's number, the case that it is, and how it was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, visible

from .tables import cases, referrals

_WITH_CASE = select(
    referrals,
    cases.c.number.label("case_number"),
    cases.c.status.label("case_status"),
    cases.c.outlet,
    cases.c.committee_id,
    cases.c.waiting_reason,
    cases.c.area_path,
).join(cases, cases.c.id == referrals.c.case_id)


async def find_referral(tx: ReadTx, referral_id: str, scope: Scope) -> Row[Any] | None:
    """A referral of a case in the scope, with what its case stands at."""
    row: Row[Any] | None = await tx.one(
        _WITH_CASE.where(referrals.c.id == referral_id, visible(cases.c, scope))
    )
    return row


async def find_reference(tx: ReadTx, system: str, number: str, scope: Scope) -> Row[Any] | None:
    """A referral by the referrer's own number."""
    row: Row[Any] | None = await tx.one(
        _WITH_CASE.where(
            referrals.c.system == system, referrals.c.number == number, visible(cases.c, scope)
        )
    )
    return row


async def save_referral(tx: Tx, referral_id: str, changes: Mapping[str, Any]) -> None:
    """Change a referral's answer."""
    await tx.run(update(referrals).where(referrals.c.id == referral_id).values(**changes))


async def save_referrers(tx: Tx, case_id: str, referrers: Any) -> None:
    """Who, as a referrer, may see the case."""
    await tx.run(update(cases).where(cases.c.id == case_id).values(referrers=referrers))
