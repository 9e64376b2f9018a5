"""Registration of one case or many: claim, number, write, state; the same referral is one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_chassis.web import Principal
from fengqiao_contracts.facts import CaseLinked, CaseRegistered
from fengqiao_contracts.values import ExternalRef

from .. import store
from ..domain import registration
from .planning import PlannedCase, Values, case_row
from .supplement import keep_repeated


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a plan: a new case, or the case that it already was (`known`)."""

    case_id: str
    number: str
    status: str
    plan: PlannedCase
    known: bool = False


async def register_case(tx: Tx, who: Principal, plan: PlannedCase) -> Registered:
    """Register one case; the same external reference again gives the same case."""
    (result,) = await register_cases(tx, who, [plan])
    return result


async def register_cases(
    tx: Tx, who: Principal, plans: Sequence[PlannedCase], known: dict[str, str] | None = None
) -> list[Registered]:
    """Register cases in one transaction, in their order.

    `known` names, by plan id, cases that another key than the external reference already found.
    Repeated referrals whose content differs leave it as a supplement of their case.
    """
    claims = await store.claim_references(tx, _referral_rows(plans), SYSTEM)
    owners = dict(known or {})
    owners |= {plan.id: claims[plan.reference].case_id for plan in plans if plan.reference}
    fresh = [plan for plan in plans if owners.get(plan.id, plan.id) == plan.id]
    repeated = [plan for plan in plans if owners.get(plan.id, plan.id) != plan.id]
    copies = await _copies(tx, fresh)
    numbers = await _take_numbers(tx, fresh)
    await _write(tx, who, fresh, numbers, copies)
    for plan in fresh:
        _state(tx, who, plan, numbers[plan.id], copies.get(plan.id))
    found = await store.find_cases(tx, {owners[plan.id] for plan in repeated}, SYSTEM)
    numbers |= {case_id: row.number for case_id, row in found.items()}
    for plan in repeated:
        if plan.reference and claims[plan.reference].sha256 != plan.sha256:
            await keep_repeated(tx, who, found[owners[plan.id]], plan)
    results = []
    for plan in plans:
        case_id = owners.get(plan.id, plan.id)
        old = found.get(case_id)
        status = old.status if old else "registered"
        results.append(Registered(case_id, numbers[case_id], status, plan, case_id != plan.id))
    return results


def _referral_rows(plans: Sequence[PlannedCase]) -> list[Values]:
    """The referral that each plan with an external reference tries to be the first of."""
    return [
        {
            "id": plan.id,
            "system": plan.reference[0],
            "number": plan.reference[1],
            "case_id": plan.id,
            "channel": plan.body.channel,
            "sha256": plan.sha256,
            "status": "received",
            "received_at": plan.received_at,
        }
        for plan in plans
        if plan.reference
    ]


async def _take_numbers(tx: Tx, fresh: Sequence[PlannedCase]) -> dict[str, str]:
    wanted = Counter((plan.unit, plan.year) for plan in fresh)
    following = await store.take_numbers(tx, wanted)
    numbers = {}
    for plan in fresh:
        key = (plan.unit, plan.year)
        numbers[plan.id] = registration.case_number(*key, following[key])
        following[key] += 1
    return numbers


async def _copies(tx: Tx, fresh: Sequence[PlannedCase]) -> dict[str, str]:
    """The older case with the same words, by plan id: in the register or earlier in the batch."""
    hashes = [plan.words_hash for plan in fresh if plan.words_hash]
    first = await store.first_with_words(tx, hashes, SYSTEM)
    copies = {}
    for plan in fresh:
        if plan.words_hash:
            older = first.setdefault(plan.words_hash, plan.id)
            if older != plan.id:
                copies[plan.id] = older
    return copies


async def _write(
    tx: Tx,
    who: Principal,
    fresh: Sequence[PlannedCase],
    numbers: dict[str, str],
    copies: dict[str, str],
) -> None:
    if not fresh:
        return
    rows = [case_row(plan, numbers[plan.id], who.id, copies.get(plan.id)) for plan in fresh]
    parties = [party.row for plan in fresh for party in plan.parties]
    words = [
        {
            "case_id": plan.id,
            "part": 0,
            "text": plan.body.narrative,
            "names": plan.names,
            "words": plan.words,
        }
        for plan in fresh
    ]
    await store.add_cases(tx, rows, parties, words)


def _state(tx: Tx, who: Principal, plan: PlannedCase, number: str, copy_of: str | None) -> None:
    body, ref = plan.body, plan.reference
    fact = CaseRegistered.model_construct(
        case_id=plan.id,
        number=number,
        unit=plan.unit,
        channel=body.channel,
        source=registration.source_of(body.channel),
        area=plan.area.code,
        area_path=plan.area.path,
        occurred_on=body.occurred_on,
        reported_at=plan.reported_at,
        received_at=plan.received_at,
        people_count=body.people_count,
        amount=body.amount,
        parties=tuple(party.ref for party in plan.parties),
        reporter=who.id,
        external_ref=ExternalRef(system=ref[0], number=ref[1]) if ref else None,
        sha256=plan.sha256,
        copy_of=copy_of,
        pii=plan.pii,
    )
    tx.state(fact, area=plan.area.path, actor=who.id)
    tx.audit("case.register", plan.id)
    if copy_of:
        linked = CaseLinked(
            case_id=plan.id,
            other_case_id=copy_of,
            reason="same_words",
            linked_at=plan.received_at,
        )
        tx.state(linked, area=plan.area.path, actor=who.id)
