"""The registry's rules: who may be admitted, which moves exist, what the law warns about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fengqiao_contracts import codes
from fengqiao_contracts.errors import Conflict, Forbidden, Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")

ADULT_YEARS = 18
"""People's Mediation Law art. 14: a mediator is an adult citizen."""

DISPUTE_TYPES = frozenset(f"{n:02d}" for n in range(1, 18)) | {"99"}
"""Official dispute types a committee or mediator may be special in; 00 is no dispute."""

CERTIFICATE_EXPIRED = "expired_certificate"
"""The suspension reason that the certificate's clock gives (持证上岗)."""

RESIDENT_ID = "resident_id"


class State(StrEnum):
    """Where a mediator stands with the admission review (准入)."""

    APPLIED = "applied"
    ADMITTED = "admitted"
    DENIED = "denied"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Action(StrEnum):
    """What may be done to a mediator's standing."""

    APPLY = "apply"
    APPROVE = "approve"
    DENY = "deny"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    RETIRE = "retire"


MOVES: Mapping[tuple[State, Action], State] = {
    (State.APPLIED, Action.APPROVE): State.ADMITTED,
    (State.APPLIED, Action.DENY): State.DENIED,
    (State.DENIED, Action.APPLY): State.APPLIED,
    (State.ADMITTED, Action.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Action.REINSTATE): State.ADMITTED,
    (State.ADMITTED, Action.RETIRE): State.RETIRED,
    (State.SUSPENDED, Action.RETIRE): State.RETIRED,
}
"""Every move there is; anything else is refused with 409."""

DENIALS: Mapping[str, str] = {
    "unfit": "不符合公道正派、热心人民调解工作等条件（人民调解法第十四条）",
    "untrained": "未完成岗前培训",
    "office": "在职领导干部，不得选任",
    "papers": "材料不全",
    "other": "其他",
}
"""Why an application may be denied; suspension and retirement have published code tables."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The editable part of admission: default capacity by grade, limits of a committee."""

    version: str
    source: str
    capacity: Mapping[int, int]
    initial_grade: int
    members_min: int
    members_max: int
    term_years: int

    def capacity_of(self, grade: int, wished: int | None) -> int:
        """The live cases a mediator may carry: what was set, else the default of the grade."""
        return self.capacity[grade] if wished is None else wished


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something the law asks of a committee and the entry does not show; never a refusal."""

    code: str
    zh: str
    en: str
    article: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the assignments of a mediator or committee went on; every number is a count of cases."""

    assigned: int = 0
    withdrawn: int = 0
    accepted: int = 0
    refused: int = 0
    agreed: int = 0
    performed: int = 0
    terminated: int = 0
    closed: int = 0


OUTCOME_FIELDS = tuple(f.name for f in fields(Outcomes))


def move(state: str, action: Action) -> State:
    """The state after `action`; raises Conflict (`mediator-state`) where no such move exists."""
    try:
        return MOVES[State(state), action]
    except KeyError:
        raise Conflict(
            "mediator-state",
            f"调解员当前状态为“{state}”，不能执行“{action}”",
            f"a mediator in state {state} cannot {action}",
            "state",
        ) from None


def assignable(state: str) -> bool:
    """Only the admitted and not suspended may be given a case."""
    return state == State.ADMITTED


def check_reason(action: Action, code: str) -> str:
    """`code` if it is a reason of `action`; raises Invalid (field `reason`) naming the remedy."""
    if action is Action.SUSPEND:
        return codes.table("suspension_reasons").row(code, field="reason").code
    if action is Action.RETIRE:
        return codes.table("retirement_reasons").row(code, field="reason").code
    if code in DENIALS:
        return code
    listed = ", ".join(DENIALS)
    raise Invalid(
        "unknown-code",
        f"reason 不在代码表中，可用：{listed}",
        f"reason is not in the code table; use one of: {listed}",
        "reason",
    )


def check_specialities(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes in order, each once; raises Invalid (field `specialities`) for an unknown type."""
    given = list(codes)
    if unknown := [place for place, code in enumerate(given, 1) if code not in DISPUTE_TYPES]:
        raise Invalid(  # by its place: what stands there may be somebody's name
            "unknown-type",
            f"specialities 第 {unknown[0]} 项不是纠纷类型：请用 01–17 或 99",
            f"item {unknown[0]} of specialities is no dispute type: use 01-17 or 99",
            "specialities",
        )
    return tuple(sorted(set(given)))


def check_adult(born_on: date, today: date) -> None:
    """People's Mediation Law art. 14; raises Invalid (`not-adult`, field `born_on`)."""
    if age(born_on, today) < ADULT_YEARS:
        raise Invalid(
            "not-adult",
            "调解员须为成年公民：出生日期不满十八周岁（人民调解法第十四条）",
            "a mediator must be an adult: the birth date is less than 18 years ago (PML art. 14)",
            "born_on",
        )


def age(born_on: date, today: date) -> int:
    """Whole years of age; born on 29 February counts from 1 March in other years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_digit(first17: str) -> str:
    """The last character of a resident id number (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(c) * w for c, w in zip(first17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def birth_date(id_number: str) -> date:
    """The birth date inside a resident id number; raises Invalid (field `id_number`) if wrong."""
    first, last = id_number[:17], id_number[17:]
    if len(id_number) == 18 and first.isascii() and first.isdecimal():
        try:
            born = date.fromisoformat(first[6:14])
        except ValueError:
            born = None
        if born is not None and last == check_digit(first):
            return born
    raise Invalid(
        "bad-id-number",
        "id_number 不是有效的公民身份号码：请核对十八位号码与校验位",
        "id_number is not a valid resident id number: check its 18 characters and check digit",
        "id_number",
    )


def person_born_on(id_kind: str, id_number: str, born_on: date | None) -> date:
    """Birth date by the id number, or as given for other papers; raises Invalid where they differ."""
    if id_kind == RESIDENT_ID:
        born = birth_date(id_number)
        if born_on is not None and born_on != born:
            raise Invalid(
                "birth-date-differs",
                "born_on 与身份号码不一致：请改正或省略",
                "born_on differs from the id number: correct it or leave it out",
                "born_on",
            )
        return born
    if born_on is None:
        raise Invalid(
            "birth-date-missing",
            "非居民身份证件须填 born_on",
            "born_on is needed where the paper is not a resident id",
            "born_on",
        )
    return born_on


def certificate_ends_at(expires_on: date) -> datetime:
    """The first moment (aware, Shanghai) at which a certificate of that last day is expired."""
    return datetime.combine(expires_on + timedelta(days=1), time(), SHANGHAI)


def check_certificate(expires_on: date | None, now: datetime) -> None:
    """Who holds an expired certificate is not admitted or reinstated (持证上岗); raises Conflict."""
    if expires_on is not None and certificate_ends_at(expires_on) <= now:
        raise Conflict(
            "certificate-expired",
            "证件已过期：请先更新 certificate_expires_on",
            "the certificate is expired: renew certificate_expires_on first",
            "certificate_expires_on",
        )


def committee_warnings(
    policy: Policy, members: int | None, women: int | None, term_ends_on: date | None, today: date
) -> tuple[Shortfall, ...]:
    """What People's Mediation Law arts. 8 and 9 ask and the entry lacks."""
    found = []
    if members is None or not policy.members_min <= members <= policy.members_max:
        found.append(_warning_members(policy))
    if not women:
        found.append(Shortfall("no_woman", "应当有妇女成员", "a woman must be a member", "PML 8"))
    if term_ends_on is not None and term_ends_on < today:
        found.append(Shortfall("term_over", "任期届满，应当换届", "the term is over", "PML 9"))
    return tuple(found)


def _warning_members(policy: Policy) -> Shortfall:
    low, high = policy.members_min, policy.members_max
    return Shortfall(
        "member_count",
        f"委员应为{low}至{high}人",
        f"a committee has {low} to {high} members",
        "PML 8",
    )


def term_end(started_on: date, years: int) -> date:
    """The last day of a term of `years` that began on `started_on`."""
    try:
        end = started_on.replace(year=started_on.year + years)
    except ValueError:
        end = date(started_on.year + years, 3, 1)
    return end - timedelta(days=1)


def check_within(area_path: str, allowed: Iterable[str]) -> None:
    """A caller acts only inside its own areas; raises Forbidden (`outside-area`)."""
    if not any(area_path.startswith(path) for path in allowed):
        raise Forbidden(
            "outside-area",
            "该区域不在您的管辖范围内",
            "the area is outside of your jurisdiction",
            "area",
        )


def mask_id(text: str) -> str:
    """An id number with its middle hidden: the region digits and the last one stay."""
    return "*" * len(text) if len(text) < 8 else f"{text[:4]}{'*' * (len(text) - 5)}{text[-1]}"


def mask_phone(text: str) -> str:
    """A phone number with its middle hidden."""
    return "*" * len(text) if len(text) < 8 else f"{text[:3]}****{text[-4:]}"
