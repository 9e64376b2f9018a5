"""Referrals (委派、移送): link a partner's number to one case, sign for it, or give it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_chassis.web import Principal
from fengqiao_contracts.errors import Conflict, Invalid, NotFound
from fengqiao_contracts.facts import ReferralPii, ReferralReceived
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import Channel

from .. import store
from ..domain.registration import check_system
from .access import with_referrer
from .bodies import ExternalNumber, NewReferral, ReferralReturn
from .planning import PlannedCase, Values, receipt_hash
from .register import register_case
from .supplement import no_such_case


class ReferralView(BaseModel):
    """A referral as its referrer may see it: our case, where it stands, and our answer."""

    id: str
    system: str
    number: str
    case_id: str
    case_number: str
    status: str
    case_status: str
    outlet: str | None
    unit: str | None
    waiting_reason: str | None
    received_at: datetime
    acknowledged_at: datetime | None
    returned_at: datetime | None
    return_reason: str | None
    suggested_unit: str | None


def view(row: Row[Any]) -> ReferralView:
    """The view of a referral joined with its case."""
    same = set(ReferralView.model_fields) - {"unit"}
    values = {name: getattr(row, name) for name in same}
    return ReferralView(**values, unit=row.committee_id)


async def refer_case(
    tx: Tx, who: Principal, body: NewReferral, plan: PlannedCase | None, received: Any
) -> tuple[ReferralView, bool]:
    """Link a referrer's number to the case it is; gives the referral and whether it is new.

    The same number again is the same referral (domain: idempotent on system and number).
    """
    ref = body.external_ref
    check_system(who.system, who.role, ref.system)
    before = await store.find_reference(tx, ref.system, ref.number, SYSTEM)
    if before is None and body.case_id is not None:
        await _link(tx, who, body, body.case_id, receipt_hash(received))
    elif plan is not None:
        await _register(tx, who, ref, plan, known=before is not None)
    elif before is None:
        raise Invalid(
            "no-case",
            "请给出 case_id（关联已有案件）或 case（登记新案件）",
            "give case_id (link an existing case) or case (register a new one)",
            "case",
        )
    elif body.case_id not in {None, before.case_id}:
        raise Conflict(
            "referral-linked",
            "该来文号已关联到另一案件",
            "this number is already linked to another case",
            "external_ref.number",
        )
    row = await store.find_reference(tx, ref.system, ref.number, SYSTEM)
    assert row is not None
    return view(row), before is None


async def _register(
    tx: Tx, who: Principal, ref: ExternalNumber, plan: PlannedCase, *, known: bool
) -> None:
    result = await register_case(tx, who, plan)
    if known or result.known:
        return
    fact = ReferralReceived(
        case_id=result.case_id,
        referral_id=plan.id,
        system=ref.system,
        number=ref.number,
        channel=plan.body.channel,
        received_at=tx.now,
        first=True,
    )
    tx.state(fact, area=plan.area.path, actor=who.id)


async def _link(tx: Tx, who: Principal, body: NewReferral, case_id: str, sha256: str) -> None:
    """One more referrer of a case that the caller may see: linked, not copied."""
    case = (await store.find_cases(tx, [case_id], who.scope)).get(case_id)
    if case is None:
        raise no_such_case()
    ref, channel = body.external_ref, body.channel or _channel(case)
    row: Values = {
        "id": new_id(),
        "system": ref.system,
        "number": ref.number,
        "case_id": case_id,
        "channel": channel,
        "sha256": sha256,
        "status": "received",
        "received_at": tx.now,
    }
    owner = (await store.claim_references(tx, [row], SYSTEM))[ref.system, ref.number]
    if owner.id != row["id"]:
        return
    await store.save_referrers(tx, case_id, with_referrer(case.referrers, ref.system))
    fact = ReferralReceived(
        case_id=case_id,
        referral_id=row["id"],
        system=ref.system,
        number=ref.number,
        channel=channel,
        received_at=tx.now,
        first=False,
        pii=ReferralPii(narrative=body.note) if body.note else None,
    )
    tx.state(fact, area=case.area_path, actor=who.id)
    tx.audit("referral.link", case_id, fields=("external_ref",))


def _channel(case: Row[Any]) -> Channel:
    return case.channel  # type: ignore[no-any-return]


async def acknowledge_referral(tx: Tx, who: Principal, referral_id: str) -> ReferralView:
    """Sign for a referral (签收); a second time changes nothing. Conflict once it was returned."""
    row = await _found(tx, who, referral_id)
    if row.status == "returned":
        raise Conflict(
            "referral-returned",
            "该转介已退回，不能再签收",
            "the referral was returned and cannot be signed for",
        )
    if row.status == "received":
        await _answer(tx, row, {"status": "acknowledged", "acknowledged_at": tx.now})
    return view(await _found(tx, who, referral_id))


async def return_referral(
    tx: Tx, who: Principal, referral_id: str, body: ReferralReturn
) -> ReferralView:
    """Give a referral back with its reason (退回). Conflict when it was returned before."""
    row = await _found(tx, who, referral_id)
    if row.status == "returned":
        raise Conflict("referral-returned", "该转介已经退回", "the referral was returned already")
    changes = {"returned_at": tx.now, "return_reason": body.reason}
    unit = body.suggested_unit
    await _answer(tx, row, {"status": "returned", "suggested_unit": unit, **changes})
    return view(await _found(tx, who, referral_id))


async def _found(tx: Tx, who: Principal, referral_id: str) -> Row[Any]:
    who.require("admin", "city", "district", "clerk")
    row = await store.find_referral(tx, referral_id, who.scope)
    if row is None:
        raise no_such_referral()
    return row


async def _answer(tx: Tx, row: Row[Any], changes: Values) -> None:
    await store.save_referral(tx, row.id, changes)
    tx.audit(f"referral.{changes['status']}", row.case_id, fields=("status",))


def no_such_referral() -> NotFound:
    """The answer for an unknown referral and for one outside the caller's scope alike."""
    return NotFound(
        "no-such-referral",
        "没有这条转介，或不在您的权限范围内",
        "there is no such referral in your scope",
        "referral_id",
    )
