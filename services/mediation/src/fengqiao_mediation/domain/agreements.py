"""Agreements: who must sign, when they bind, what is owed, and where that leaves the case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from fengqiao_contracts.errors import Conflict, Invalid, NotFound

from .calendar import day_of
from .model import Agreement, Casework, Due, Party, SignerKind
from .states import Consequence, State

Signer = tuple[SignerKind, str]

REFUSED = "refused"
"""The breach of table `breach_reasons` that need not wait for the day on which it is due."""


def required_signers(work: Casework, agreement: Agreement) -> frozenset[Signer]:
    """Whose signatures a written agreement needs: every side, third parties that owe or are owed,
    the mediator and the committee's seal (PML 29).
    """
    bound = {d.debtor for d in agreement.obligations}
    bound |= {d.creditor for d in agreement.obligations if d.creditor}
    signers: set[Signer] = {("party", p.party_id) for p in work.sides}
    signers |= {("party", p.party_id) for p in work.parties if p.party_id in bound}
    signers.add(("mediator", ""))
    signers.add(("seal", ""))
    return frozenset(signers)


def missing_signers(work: Casework, agreement: Agreement) -> frozenset[Signer]:
    """What a written agreement still needs to take effect; empty for an oral one."""
    if agreement.form == "oral":
        return frozenset()
    signed: set[Signer] = set()
    for s in agreement.signatures:
        signed.add((s.signer_kind, s.signer_id if s.signer_kind == "party" else ""))
    return required_signers(work, agreement) - signed


def missing_names(work: Casework, agreement: Agreement) -> list[str]:
    """The same as sorted words: `mediator`, `party:<id>`, `seal`."""
    signers = missing_signers(work, agreement)
    return sorted(f"{kind}:{signer_id}" if signer_id else kind for kind, signer_id in signers)


def effective_on(work: Casework, agreement: Agreement) -> date | None:
    """The Shanghai day on which the agreement binds, or None while it does not.

    Written: the day of the last of all parties' signatures, the mediator's signature and the
    committee's seal (PML 29). Oral: the day it was reached (PML 30). It is computed, never typed.
    """
    if agreement.form == "oral":
        return day_of(agreement.reached_at)
    if missing_signers(work, agreement):
        return None
    return day_of(max(s.signed_at for s in agreement.signatures))


def settle(state: State, agreements: Sequence[Agreement]) -> Consequence | None:
    """The move that follows from what the live agreements have come to, or None.

    All in effect binds the case; all performed fulfils it; a breach that is not made good defaults
    it; a case without an open breach any more is cured.
    """
    dues = [due for a in agreements for due in a.obligations]
    breached = any(due.open and due.breached_on for due in dues)
    done = bool(dues) and not any(due.open for due in dues)
    if state == "agreed":
        return "bind" if agreements and all(a.effective_on for a in agreements) else None
    if state in ("effective", "breached") and done:
        return "fulfil"
    if state == "effective" and breached:
        return "default"
    if state == "breached" and not breached:
        return "cure"
    return None


def find(work: Casework, agreement_id: str) -> Agreement:
    """The live agreement of that id; raises NotFound `unknown-agreement`."""
    for agreement in work.live:
        if agreement.agreement_id == agreement_id:
            return agreement
    raise NotFound(
        "unknown-agreement",
        "本案没有这份有效的调解协议：请核对协议标识",
        "the case has no such live agreement: check the agreement id",
        "agreement_id",
    )


def find_due(agreement: Agreement, obligation_id: str) -> Due:
    """The obligation of that id; raises Invalid on field `obligation_id`."""
    for due in agreement.obligations:
        if due.obligation_id == obligation_id:
            return due
    raise Invalid(
        "unknown-obligation",
        "这份协议没有这项义务：请填写协议中的义务标识",
        "the agreement has no such obligation: give an obligation id of this agreement",
        "obligation_id",
    )


def check_obligations(parties: Sequence[Party], dues: Sequence[Due], reached_at: datetime) -> None:
    """Obligations name parties of the case, a creditor that is not the debtor, a day not before
    the agreement, an amount above zero and an id of their own; raises Invalid naming the field.
    """
    known = {p.party_id for p in parties}
    if len({due.obligation_id for due in dues}) != len(dues):
        raise _bad("obligation_id", "义务标识重复", "two obligations have the same id")
    for due in dues:
        if due.debtor not in known:
            raise _bad("debtor", "义务人须为本案当事人", "the debtor must be a party of the case")
        if due.creditor is not None and due.creditor not in known:
            raise _bad(
                "creditor", "权利人须为本案当事人", "the creditor must be a party of the case"
            )
        if due.creditor == due.debtor:
            raise _bad("creditor", "权利人与义务人不能相同", "creditor and debtor must differ")
        if due.due_on < day_of(reached_at):
            raise _bad(
                "due_on", "履行期限不能早于达成协议之日", "due_on must not be before the agreement"
            )
        if due.amount is not None and due.amount <= 0:
            raise _bad("amount", "金额须大于零；非金钱义务请省略", "give an amount above 0 or none")


def check_sign(work: Casework, agreement: Agreement, signer: Signer, signed_at: datetime) -> None:
    """A signature belongs to a required signer of a written, unsigned place, not before the
    agreement; raises Conflict `oral-agreement`, `already-signed` or Invalid naming the field.
    """
    if agreement.form == "oral":
        raise Conflict(
            "oral-agreement",
            "口头协议自达成之日起生效，无需签名",
            "an oral agreement binds from the day it was reached and is not signed",
        )
    kind, signer_id = signer
    key: Signer = (kind, signer_id if kind == "party" else "")
    if key not in required_signers(work, agreement):
        raise _bad(
            "signer_id",
            "签名人须为本协议的当事人",
            "the signer must be a party bound by this agreement",
        )
    if kind != "party":
        _check_office(work, kind, signer_id)
    if key not in missing_signers(work, agreement):
        raise Conflict("already-signed", "该签名已登记", "this signature is already recorded")
    if day_of(signed_at) < day_of(agreement.reached_at):
        raise _bad(
            "signed_at", "签名不能早于达成协议之日", "signed_at must not be before the agreement"
        )


def check_performance(agreement: Agreement, due: Due, on: date, amount: Decimal | None) -> Decimal:
    """What the performance pays (zero where nothing is counted); raises Conflict `not-effective`,
    `already-performed`, or Invalid for a day before the agreement or more than is owed.
    """
    _check_binding(agreement)
    if not due.open:
        raise Conflict("already-performed", "该义务已履行完毕", "the obligation is fully performed")
    if on < day_of(agreement.reached_at):
        raise _bad(
            "performed_on",
            "履行日期不能早于达成协议之日",
            "performed_on must not be before the agreement was reached",
        )
    if due.amount is None:
        if amount is not None:
            raise _bad("amount", "非金钱义务不填金额", "this obligation has no amount: omit it")
        return Decimal(0)
    owed = due.amount - due.paid
    paid = owed if amount is None else amount
    if not 0 < paid <= owed:
        raise _bad(
            "amount", f"金额须大于零且不超过尚欠的{owed}元", f"pay above 0 and at most {owed}"
        )
    return paid


def check_breach(agreement: Agreement, due: Due, on: date, reason: str) -> None:
    """A breach is of an open, binding obligation after its day, or of any day once the debtor says
    that it will not perform (Civil Code 578); raises Conflict or Invalid.
    """
    _check_binding(agreement)
    if not due.open:
        raise Conflict("already-performed", "该义务已履行完毕", "the obligation is fully performed")
    if due.breached_on is not None:
        raise Conflict("already-breached", "该义务已登记未履行", "the breach is already recorded")
    _check_breach_day(agreement, due, on, reason)


def _check_breach_day(agreement: Agreement, due: Due, on: date, reason: str) -> None:
    refused = reason == REFUSED
    if refused and agreement.effective_on is not None and on < agreement.effective_on:
        raise _bad(
            "breached_on",
            "协议生效之日起才能登记拒绝履行",
            "a refusal to perform is not before the day on which the agreement binds",
        )
    if not refused and on < due.due_on + timedelta(days=1):
        raise _bad(
            "breached_on",
            "履行期限届满次日起才能登记未履行；当事人明确拒绝履行的，情形填 refused",
            "a breach begins on the day after due_on; where the debtor refuses to perform, say "
            "reason `refused`",
        )


def _check_binding(agreement: Agreement) -> None:
    if agreement.effective_on is None:
        raise Conflict(
            "not-effective",
            "协议尚未生效：当事人、调解员签名并加盖印章后生效",
            "the agreement does not bind yet: signatures or the seal are missing",
        )


def _check_office(work: Casework, kind: SignerKind, signer_id: str) -> None:
    holder = work.case.mediator_id if kind == "mediator" else work.case.committee_id
    if signer_id != (holder or ""):
        raise _bad(
            "signer_id",
            "调解员签名须为本案调解员，印章须为本案调解委员会",
            "the mediator's signature is that of the case's mediator, the seal its committee's",
        )


def _bad(field: str, zh: str, en: str) -> Invalid:
    return Invalid(f"invalid-{field.replace('_', '-')}", zh, en, field)
