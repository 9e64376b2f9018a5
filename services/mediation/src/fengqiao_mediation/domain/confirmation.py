"""Judicial confirmation: the joint application within its term and the court's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fengqiao_contracts.errors import Conflict, Invalid

from .calendar import Holidays
from .clocks import confirmation_closes_on
from .model import Agreement, Confirmation


@dataclass(frozen=True, slots=True)
class Entry:
    """What is recorded of an application or a decision."""

    confirmation: Confirmation
    applied_on: date | None
    decided_on: date | None


def enter(
    agreement: Agreement,
    applied_on: date | None,
    outcome: Confirmation | None,
    decided_on: date,
    table: Holidays | None = None,
) -> Entry:
    """The entry that an application (`applied_on`) or a decision (`outcome`) makes.

    Raises Conflict `not-effective`, `already-decided`, `already-applied`,
    `confirmation-term-lapsed` (PML 33, CPL 205), Invalid naming the field.
    """
    if agreement.effective_on is None or agreement.confirmation_due_on is None:
        raise Conflict(
            "not-effective",
            "协议尚未生效，不能申请司法确认",
            "the agreement does not bind yet and cannot be confirmed",
        )
    if agreement.confirmation in ("valid", "refused"):
        raise Conflict("already-decided", "法院已作出裁定", "the court has decided already")
    applied = _application(agreement, applied_on, outcome, decided_on)
    last = confirmation_closes_on(agreement.confirmation_due_on, table)
    if applied < agreement.effective_on:
        raise Invalid(
            "invalid-applied-on",
            "申请日期不能早于协议生效之日",
            "the application must not be before the day of effect",
            "applied_on",
        )
    if applied > last:
        raise Conflict(
            "confirmation-term-lapsed",
            f"司法确认应自协议生效之日起三十日内共同申请，已于{last}届满；可就协议提起诉讼",
            f"the term of the joint application ended on {last}; a suit on the agreement is open",
            "applied_on",
        )
    if outcome is None:
        return Entry("applied", applied, None)
    if decided_on < applied:
        raise Invalid(
            "invalid-decided-on",
            "裁定日期不能早于申请日期",
            "the decision must not be before the application",
            "decided_on",
        )
    return Entry(outcome, applied, decided_on)


def _application(
    agreement: Agreement, applied_on: date | None, outcome: Confirmation | None, decided_on: date
) -> date:
    """The day of the application: given now, recorded before, or at the latest the decision's."""
    known = agreement.confirmation_applied_on
    if known is not None:
        if applied_on is not None and applied_on != known:
            raise Conflict(
                "already-applied",
                f"已登记于{known}申请司法确认",
                f"the application of {known} is already recorded",
                "applied_on",
            )
        if outcome is None:
            raise Conflict(
                "already-applied", "已登记司法确认申请", "the application is already recorded"
            )
        return known
    if applied_on is not None:
        return applied_on
    if outcome is None:
        raise Invalid(
            "applied-on-missing",
            "请填写申请日期 applied_on 或裁定结果 outcome",
            "give the day of the application (applied_on) or the court's outcome",
            "applied_on",
        )
    last = confirmation_closes_on(agreement.confirmation_due_on or decided_on)
    if decided_on > last:
        raise Invalid(
            "applied-on-missing",
            "裁定在申请期限之后作出：请填写申请日期 applied_on",
            "decided after the term of application: give the day of the application (applied_on)",
            "applied_on",
        )
    return decided_on
