"""Later facts: a supplement is numbered, kept and searched; triage looks at the case again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_chassis.web import Principal
from fengqiao_contracts.errors import Conflict, NotFound
from fengqiao_contracts.facts import Answer, CaseSupplemented, SupplementPii
from fengqiao_contracts.ids import new_id

from .. import store
from ..domain.registration import check_amount
from ..store import search
from .bodies import NewAnswers, NewSupplement
from .planning import PlannedCase, PlannedParty, Planner, Values, receipt_hash


class SupplementReceipt(BaseModel):
    """The proof that a supplement was received: its number in the case, time and hash."""

    id: str
    case_id: str
    number: int
    received_at: datetime
    sha256: str


async def supplement_case(
    tx: Tx, who: Principal, planner: Planner, case_id: str, body: NewSupplement, received: Any
) -> SupplementReceipt:
    """Keep later facts of a case in the caller's scope. Raises NotFound, Conflict when erased."""
    case = await _open_case(tx, who, case_id, body)
    start = await store.count_parties(tx, case_id, who.scope)
    parties = planner.parties(case_id, body.parties, start)
    given = _Given(body.kind, body, parties, receipt_hash(received))
    return await _keep(tx, who, case, given)


async def answer_questions(
    tx: Tx, who: Principal, case_id: str, body: NewAnswers, received: Any
) -> SupplementReceipt:
    """Keep answers as one supplement, which says what each answers. Raises as `supplement_case`."""
    text, answers = _put_together(body)
    supplement = NewSupplement.model_construct(
        text=text, kind="answer", people_count=body.people_count, amount=body.amount, parties=[]
    )
    case = await _open_case(tx, who, case_id, supplement)
    given = _Given("answer", supplement, [], receipt_hash(received), answers)
    return await _keep(tx, who, case, given)


def _put_together(body: NewAnswers) -> tuple[str, tuple[Answer, ...]]:
    """The answers' words, a line each, and where each stands. Never the questions' words: triage
    would read the danger that they name as said.
    """
    lines: list[str] = []
    answers: list[Answer] = []
    at = 0
    for one in body.answers:
        words = one.text or _SAID.get(one.says or "", "")
        says = one.says or "given"
        answers.append(Answer(code=one.question, says=says, start=at, end=at + len(words)))
        lines.append(words)
        at += len(words) + 1
    return "\n".join(lines), tuple(answers)


_SAID = {"danger": "是。", "no_danger": "否。", "unknown": "不清楚。"}
"""What stands in the text where an answer has no words of its own."""


async def _open_case(tx: Tx, who: Principal, case_id: str, body: NewSupplement) -> Row[Any]:
    check_amount(body.amount)
    case = (await store.find_cases(tx, [case_id], who.scope)).get(case_id)
    if case is None:
        raise no_such_case()
    if case.erased_at is not None:
        raise Conflict(
            "case-erased",
            "该案的个人信息已删除，不能再补充：请重新登记",
            "the case's personal data were erased, nothing can be added: register anew",
        )
    return case


async def keep_repeated(tx: Tx, who: Principal, case: Row[Any], plan: PlannedCase) -> None:
    """What a repeated referral says otherwise than before becomes a supplement of its case."""
    if case.erased_at is not None:
        return
    if await store.has_supplement(tx, case.id, plan.sha256, SYSTEM):
        return
    body = NewSupplement.model_construct(
        text=plan.body.narrative,
        kind="facts",
        people_count=plan.body.people_count,
        amount=plan.body.amount,
        parties=[],
    )
    await _keep(tx, who, case, _Given("referral", body, [], plan.sha256))


@dataclass(frozen=True, slots=True)
class _Given:
    """A supplement as it arrived."""

    kind: str
    body: NewSupplement
    parties: list[PlannedParty]
    sha256: str
    answers: tuple[Answer, ...] = ()


async def _keep(tx: Tx, who: Principal, case: Row[Any], given: _Given) -> SupplementReceipt:
    kind, body, parties = given.kind, given.body, given.parties
    number = await store.take_supplement_number(tx, case.id)
    if number is None:
        raise no_such_case()
    row: Values = {
        "id": new_id(),
        "case_id": case.id,
        "number": number,
        "kind": kind,
        "sha256": given.sha256,
        "people_count": body.people_count,
        "amount": body.amount,
        "actor": who.id,
        "received_at": tx.now,
    }
    names = " ".join(party.who.name for party in parties) or None
    words = search.words_of(body.text, names)
    text = {"case_id": case.id, "part": number, "text": body.text, "names": names, "words": words}
    newer = {"people_count": body.people_count, "amount": body.amount}
    changes: Values = {k: v for k, v in newer.items() if v is not None} | {"updated_at": tx.now}
    await store.add_supplement(tx, row, [party.row for party in parties], text, changes)
    fact = CaseSupplemented(
        case_id=case.id,
        supplement_id=row["id"],
        number=number,
        kind=kind,
        received_at=tx.now,
        people_count=body.people_count,
        amount=body.amount,
        parties=tuple(party.ref for party in parties),
        answers=given.answers,
        pii=SupplementPii(text=body.text, parties=tuple(party.who for party in parties)),
    )
    tx.state(fact, area=case.area_path, actor=who.id)
    tx.audit("case.supplement", case.id, fields=("text",))
    return SupplementReceipt(
        id=row["id"], case_id=case.id, number=number, received_at=tx.now, sha256=given.sha256
    )


def no_such_case() -> NotFound:
    """The answer for an unknown case and for one outside the caller's scope alike."""
    return NotFound(
        "no-such-case",
        "没有这个案件，或不在您的权限范围内",
        "there is no such case in your scope",
        "case_id",
    )
