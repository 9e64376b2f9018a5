"""The clocks of casework, computed from facts and each with the reason of its date."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from fengqiao_contracts import codes
from fengqiao_contracts.values import Grade

from .calendar import (
    SHANGHAI,
    Holidays,
    add_days,
    add_working_days,
    day_of,
    end_of,
    holidays,
    roll_forward,
)
from .model import Agreement, Casework, Due, Extension

Unit = Literal["minute", "hour", "day", "working_day"]
Kind = Literal["sign_for", "term", "performance", "confirmation", "labour_notice"]

MissedKind = Literal["sign_for", "term", "performance", "confirmation"]
TRACKED: tuple[MissedKind, ...] = get_args(MissedKind)
"""The clocks that can be missed; a labour notice is a right that begins, not a duty that ends."""

_STRAIGHT: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}
_WORDS: Mapping[str, str] = {
    "minute": "分钟",
    "hour": "小时",
    "day": "日",
    "working_day": "个工作日",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a clock runs, from what, and which article says so."""

    start_zh: str
    article_zh: str
    article_en: str
    length: int = 0
    unit: Unit = "day"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date of law or policy: when it is over (`due_at`, UTC), its last Shanghai day, and why.

    `provisional`: counted through a year whose holidays are not announced yet.
    """

    kind: Kind
    ref: str
    due_at: datetime
    due_on: date
    why_zh: str
    why_en: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The clock table of one version."""

    version: str
    term: Rule
    term_by_type: Mapping[str, Rule]
    confirmation: Rule
    labour_notice: Rule
    labour_types: frozenset[str]
    sign_for: Rule
    performance: Rule

    def term_of(self, type_: str | None) -> Rule:
        """The term rule of a dispute type (medical disputes have their own)."""
        return self.term_by_type.get(type_ or "", self.term)


@cache
def rules() -> Rules:
    """The package's clock table, read once."""
    text = (resources.files("fengqiao_mediation") / "data" / "clocks.toml").read_text("utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    types = {code: Rule(**rule) for code, rule in data["term"]["types"].items()}
    labour = dict(data["labour_notice"])
    labour_types = frozenset(labour.pop("types"))
    return Rules(
        version=data["version"],
        term=Rule(**data["term"]["general"]),
        term_by_type=types,
        confirmation=Rule(**data["confirmation"]),
        labour_notice=Rule(**labour),
        labour_types=labour_types,
        sign_for=Rule(**data["sign_for"]),
        performance=Rule(**data["performance"]),
    )


def sign_for(assignment: str, assigned_at: datetime, grade: Grade) -> Deadline:
    """When a case of that grade must be signed for: red 30 min, yellow 4 h, else 1 working day."""
    spec = codes.table("handling").row(grade).extra["sign_for"]
    base = rules().sign_for
    rule = Rule(base.start_zh, base.article_zh, base.article_en, spec["length"], spec["unit"])
    step = _STRAIGHT.get(rule.unit)
    if step is None:
        return _dated("sign_for", assignment, rule, day_of(assigned_at))
    due_at = assigned_at + rule.length * step
    zh, en = _why(rule, f"{_local(assigned_at)}", f"{_local(due_at)}")
    return Deadline("sign_for", assignment, due_at.astimezone(UTC), day_of(due_at), zh, en)


def stricter_sign_for(
    current: datetime, assignment: str, graded_at: datetime, grade: Grade
) -> datetime:
    """The moment to sign by after a new grade: a higher grade shortens it from then on, a lower
    one never lengthens it.
    """
    return min(current, sign_for(assignment, graded_at, grade).due_at)


def term(type_: str | None, accepted_at: datetime) -> Deadline:
    """The term of the mediation from its acceptance, by dispute type, without extensions."""
    found = _dated("term", "", rules().term_of(type_), day_of(accepted_at))
    return replace(found, ref=found.due_on.isoformat())


def standing_term(
    type_: str | None, accepted_at: datetime, due_on: date, extensions: tuple[Extension, ...]
) -> Deadline:
    """The term as it stands: fixed at the acceptance, moved only by what every party agreed to.

    Its reference is its last day, so that an extended term is a clock of its own.
    """
    first = term(type_, accepted_at)
    if extensions:
        number = extensions[-1].number
        zh = f"{first.why_zh}；经各方当事人同意第{number}次延期至{due_on}"
        en = f"{first.why_en}; extended {number}x by consent of every party to {due_on}"
    elif first.due_on != due_on:
        zh = f"受理时按当时的纠纷类型确定为{due_on}；类型后来有变，期限不变"
        en = f"fixed at acceptance by the dispute type then: {due_on}; a later type changes nothing"
    else:
        return first
    return Deadline("term", due_on.isoformat(), end_of(due_on), due_on, zh, en)


def confirmation(agreement_id: str, effective_on: date) -> Deadline:
    """The last day of the joint application for judicial confirmation: effect + 30 days (PML 33)."""
    return _dated("confirmation", agreement_id, rules().confirmation, effective_on)


def confirmation_closes_on(due_on: date, table: Holidays | None = None) -> date:
    """The last day on which the court must still take the application: a last day that is a rest
    day moves to the next working day (CPL 85).
    """
    return roll_forward(due_on, table or holidays())


def performance(due: Due) -> Deadline:
    """The day by which an obligation is owed."""
    rule = rules().performance
    zh = f"{rule.start_zh}于{due.due_on}前履行；{rule.article_zh}"
    en = f"owed by {due.due_on} as agreed; {rule.article_en}"
    return Deadline("performance", due.obligation_id, end_of(due.due_on), due.due_on, zh, en)


def labour_notice(case_id: str, type_: str | None, received_at: datetime) -> Deadline | None:
    """The day after which a party to a labour dispute may go to arbitration; None for others."""
    if type_ not in rules().labour_types:
        return None
    return _dated("labour_notice", case_id, rules().labour_notice, day_of(received_at))


def running(work: Casework) -> tuple[Deadline, ...]:
    """Every clock that runs now, computed from the case's own facts; none is ever counted down.

    The term is met by reaching an agreement in it (Order 75 art. 33; medical regulation art. 38).
    """
    case = work.case
    found: list[Deadline] = []
    if case.state == "assigned" and case.assigned_at and case.sign_due_at and case.assignment_id:
        found.append(_signing(case.assignment_id, case.assigned_at, case.grade, case.sign_due_at))
    if case.state in ("accepted", "mediating") and case.accepted_at and case.term_due_on:
        found.append(standing_term(case.type, case.accepted_at, case.term_due_on, work.extensions))
    if case.state in ("assigned", "accepted", "mediating"):
        notice = labour_notice(case.case_id, case.type, case.received_at)
        found += [notice] if notice else []
    if case.state in ("agreed", "effective", "performed", "breached"):
        for agreement in work.live:
            found += _of_agreement(agreement)
    return tuple(found)


def _signing(ref: str, assigned_at: datetime, grade: Grade, due_at: datetime) -> Deadline:
    """The sign-for clock as it stands: the stored moment, explained by the grade's rule."""
    first = sign_for(ref, assigned_at, grade)
    if first.due_at == due_at:
        return first
    zh = f"{first.why_zh}；因风险等级调整，签收时限为{_local(due_at)}"
    en = f"{first.why_en}; {_local(due_at)} after the grade changed"
    return Deadline("sign_for", ref, due_at, day_of(due_at), zh, en, first.provisional)


def _of_agreement(agreement: Agreement) -> list[Deadline]:
    if agreement.effective_on is None:
        return []
    found = [performance(due) for due in agreement.obligations if due.open]
    if agreement.confirmation == "none":
        found.append(confirmation(agreement.agreement_id, agreement.effective_on))
    return found


def _dated(kind: Kind, ref: str, rule: Rule, start: date) -> Deadline:
    """A clock that ends with a day: the first day is not counted (Civil Code 201)."""
    table = holidays()
    if rule.unit == "working_day":
        due_on = add_working_days(start, rule.length, table)
        provisional = not table.official(start, due_on)
    else:
        due_on = add_days(start, rule.length)
        provisional = False
    zh, en = _why(rule, str(start), str(due_on))
    if provisional:
        zh += "（节假日安排尚未公布，暂按法定节假日推算）"
        en += " (holidays not announced yet: a forecast)"
    return Deadline(kind, ref, end_of(due_on), due_on, zh, en, provisional)


def _why(rule: Rule, start: str, due: str) -> tuple[str, str]:
    unit = rule.unit.replace("_", " ")
    zh = f"自{rule.start_zh}（{start}）起{rule.length}{_WORDS[rule.unit]}，至{due}；{rule.article_zh}"
    en = f"{rule.length} {unit}(s) from {start}: {due}; {rule.article_en}"
    return zh, en


def _local(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
