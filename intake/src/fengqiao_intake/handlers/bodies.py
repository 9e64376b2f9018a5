"""The request bodies of intake: strict, each field with its form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from fengqiao_chassis.web import AreaCode, Body, Code, Day, Instant, MoneyIn, Text
from fengqiao_chassis.web.fields import bad
from fengqiao_contracts import codes
from fengqiao_contracts.values import Channel, PartyKind, PartyRole

from ..domain.registration import NARRATIVE_MAX

IdKind = Literal[
    "resident_id",
    "passport",
    "taiwan_permit",
    "hk_macao_permit",
    "foreign_passport",
    "household_register",
    "credit_code",
    "other",
]
People = Annotated[int, Field(ge=1, le=10_000_000)]


class NewParty(Body):
    """A party of the dispute (当事人)."""

    role: PartyRole
    kind: PartyKind
    name: Text(1, 200)  # type: ignore[valid-type]
    id_kind: IdKind | None = None
    id_number: Text(1, 64) | None = None  # type: ignore[valid-type]
    phone: Text(1, 32) | None = None  # type: ignore[valid-type]
    address: Text(1, 300) | None = None  # type: ignore[valid-type]


class ExternalNumber(Body):
    """A referrer's own number; `system` must be the key's own."""

    system: Text(1, 64)  # type: ignore[valid-type]
    number: Text(1, 128)  # type: ignore[valid-type]


class NewCase(Body):
    """A dispute as it is reported (受理登记)."""

    narrative: Text(1, NARRATIVE_MAX)  # type: ignore[valid-type]
    channel: Channel
    area: AreaCode
    occurred_on: Day | None = None
    parties: Annotated[list[NewParty], Field(max_length=500)] = []
    people_count: People | None = None
    amount: MoneyIn | None = None
    claims: Annotated[list[Text(1, 500)], Field(max_length=50)] = []  # type: ignore[valid-type]
    external_ref: ExternalNumber | None = None
    reported_at: Instant | None = None


class NewSupplement(Body):
    """Later facts, a correction, or an answer to a question."""

    text: Text(1, NARRATIVE_MAX)  # type: ignore[valid-type]
    kind: Literal["facts", "correction", "answer"] = "facts"
    people_count: People | None = None
    amount: MoneyIn | None = None
    parties: Annotated[list[NewParty], Field(max_length=500)] = []


def _known_question(code: str) -> str:
    if not code.startswith(LOCAL_QUESTION) and code not in codes.table("questions"):
        raise bad(
            "unknown-question",
            "没有这个问题：见 GET /v1/cases/{id}/questions 中的 code",
            "is no question: take a code of GET /v1/cases/{id}/questions",
        )
    return code


LOCAL_QUESTION = "local_"
"""How the codes of a bureau's own questions begin; only its policy knows them."""

QuestionCode = Annotated[
    str,
    Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$", examples=["people"]),
    AfterValidator(_known_question),
]


class NewAnswer(Body):
    """The answer to one question, in words, by a code, or both.

    A safety question wants `says`: is the danger it asks about there, or not, or is it unknown?
    """

    question: QuestionCode
    text: Text(1, 2000) | None = None  # type: ignore[valid-type]
    says: Literal["danger", "no_danger", "unknown"] | None = None

    @model_validator(mode="after")
    def _complete(self) -> NewAnswer:
        if self.says is None and self._asks_of_danger():
            raise bad(
                "says-required",
                "安全问题须填 says：danger（有危险）、no_danger（没有危险）或 unknown（不清楚）",
                "a safety question wants says: danger, no_danger or unknown",
            )
        if self.says is None and self.text is None:
            raise bad("empty-answer", "请填写 text 或 says", "give text or says")
        return self

    def _asks_of_danger(self) -> bool:
        known = codes.table("questions").by_code.get(self.question)
        return known is not None and bool(known.extra["safety"])


class NewAnswers(Body):
    """Answers to questions about a case; kept as one supplement of the kind `answer`."""

    answers: Annotated[list[NewAnswer], Field(min_length=1, max_length=30)]
    people_count: People | None = None
    amount: MoneyIn | None = None

    @model_validator(mode="after")
    def _whole(self) -> NewAnswers:
        if len({a.question for a in self.answers}) < len(self.answers):
            raise bad(
                "answered-twice",
                "同一个问题只能回答一次",
                "answer each question once",
            )
        if sum(len(a.text or "") + 1 for a in self.answers) > NARRATIVE_MAX:
            raise bad(
                "too-long",
                f"各项答复合计最多 {NARRATIVE_MAX} 个字符",
                f"all answers together may have {NARRATIVE_MAX} characters",
            )
        return self


class NewReferral(Body):
    """A referral: for a case that exists (`case_id`), or with the case to register (`case`)."""

    external_ref: ExternalNumber
    case_id: Code | None = None
    channel: Channel | None = None
    note: Text(1, NARRATIVE_MAX) | None = None  # type: ignore[valid-type]
    case: NewCase | None = None


class ReferralReturn(Body):
    """Why a referral goes back (退回), and who should have it."""

    reason: Text(1, 200)  # type: ignore[valid-type]
    suggested_unit: Text(1, 200) | None = None  # type: ignore[valid-type]


class Erasure(Body):
    """Why a case's personal data are erased (PIPL art. 47)."""

    reason: Text(1, 200)  # type: ignore[valid-type]


class PartyCheck(Body):
    """A case number and the code printed on its receipt."""

    number: Text(1, 40)  # type: ignore[valid-type]
    code: Text(1, 20)  # type: ignore[valid-type]
