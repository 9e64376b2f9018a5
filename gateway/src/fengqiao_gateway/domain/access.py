"""Who may know of a case, folded from its facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fengqiao_contracts.facts import (
    AssignmentWithdrawn,
    CaseRegistered,
    Fact,
    MediatorAssigned,
    ReferralReceived,
)


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """A case's area, the account that registered it, its mediator and its referring systems."""

    case_id: str
    area_path: str
    reporter: str | None = None
    mediator: str | None = None
    referrers: tuple[str, ...] = ()


def after_fact(access: CaseAccess | None, fact: Fact, area: str) -> CaseAccess | None:
    """The access after a fact; unchanged by most. None while the case is not known."""
    if isinstance(fact, CaseRegistered):
        return _registered(access, fact)
    subject = getattr(fact, "case_id", None)
    if access is None and isinstance(subject, str):
        access = CaseAccess(subject, area)  # the registration is parked or still to come
    if access is None:
        return None
    if isinstance(fact, MediatorAssigned):
        return replace(access, mediator=fact.mediator_id)
    if isinstance(fact, AssignmentWithdrawn) and access.mediator == fact.mediator_id:
        return replace(access, mediator=None)
    if isinstance(fact, ReferralReceived):
        return _referred(access, fact.system)
    return access


def _registered(access: CaseAccess | None, fact: CaseRegistered) -> CaseAccess:
    known = access or CaseAccess(fact.case_id, fact.area_path)
    known = replace(known, area_path=fact.area_path, reporter=fact.reporter)
    return known if fact.external_ref is None else _referred(known, fact.external_ref.system)


def _referred(access: CaseAccess, system: str) -> CaseAccess:
    if system in access.referrers:
        return access
    return replace(access, referrers=(*access.referrers, system))
