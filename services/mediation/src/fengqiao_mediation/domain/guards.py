"""What must hold before a step: consent, parties, sessions, times, and who may replace what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from fengqiao_contracts.errors import Conflict, Invalid, NotFound

from .calendar import day_of
from .model import Agreement, Case, Casework, Party
from .states import Consequence, State, move


def find_party(work: Casework, party_id: str) -> Party:
    """The party of that id; raises NotFound `unknown-party`."""
    for party in work.parties:
        if party.party_id == party_id:
            return party
    raise NotFound(
        "unknown-party",
        "本案没有这名当事人：请核对当事人标识",
        "the case has no such party: check the party id",
        "party_id",
    )


def check_no_refusal(work: Casework) -> None:
    """A case that a side refused to mediate is not accepted (PML 17); raises Conflict."""
    if any(p.consent == "refused" for p in work.sides):
        raise Conflict(
            "party-refused",
            "一方当事人已明确拒绝调解，不得受理：请作不予受理并告知其他途径",
            "a party refused mediation: the case cannot be accepted; refuse it with guidance",
        )


def check_consents(work: Casework) -> None:
    """Both sides are known and every one consented (PML 3, 17); raises Conflict `parties-missing`
    or `consent-missing`, counting who is missing.
    """
    if len(work.sides) < 2:
        raise Conflict(
            "parties-missing",
            "登记的申请人、被申请人不足两方：请先补充当事人",
            "fewer than two parties are on record: supplement the case with its parties first",
        )
    missing = [p.party_id for p in work.sides if p.consent != "given"]
    if missing:
        raise Conflict(
            "consent-missing",
            f"还有{len(missing)}名当事人未同意调解：{', '.join(missing)}",
            f"{len(missing)} parties have not consented to mediation yet: {', '.join(missing)}",
        )


def check_all_agree(work: Casework, agreed_by: Iterable[str]) -> None:
    """Exactly the sides agreed; raises Conflict `consent-missing` or Invalid for a stranger."""
    named = set(agreed_by)
    known = {p.party_id for p in work.parties}
    if named - known:
        raise Invalid(
            "unknown-party",
            "只能填写本案当事人的标识",
            "name only parties of this case",
            "agreed_by",
        )
    missing = sorted({p.party_id for p in work.sides} - named)
    if missing:
        raise Conflict(
            "consent-missing",
            f"延期须经各方当事人同意，还缺：{', '.join(missing)}",
            f"an extension needs the consent of every party; missing: {', '.join(missing)}",
        )


def check_attendance(work: Casework, attended: Sequence[str]) -> None:
    """Somebody attended and all who did are parties of the case; raises Invalid."""
    known = {p.party_id for p in work.parties}
    if not attended or not set(attended) <= known or len(set(attended)) != len(attended):
        raise Invalid(
            "invalid-attended",
            "请填写到场当事人的标识，不重复，且均为本案当事人",
            "name the parties of the case who attended, each once",
            "attended",
        )


def check_not_future(moment: datetime, now: datetime, field: str) -> None:
    """`moment` has passed; raises Invalid `in-the-future` naming the field."""
    if moment > now:
        raise _future(field)


def check_day_not_future(day: date, now: datetime, field: str) -> None:
    """The Shanghai day `day` has begun; raises Invalid `in-the-future` naming the field."""
    if day > day_of(now):
        raise _future(field)


def check_not_before(moment: datetime, case: Case, field: str) -> None:
    """`moment` lies on or after the day of the acceptance; raises Invalid `before-acceptance`."""
    if case.accepted_at is not None and day_of(moment) < day_of(case.accepted_at):
        raise Invalid(
            "before-acceptance",
            "时间不能早于受理之日",
            "the time must not be before the day of acceptance",
            field,
        )


def check_extension(current: date, due_on: date) -> None:
    """An extension ends later than the term now; raises Invalid on `due_on`."""
    if due_on <= current:
        raise Invalid(
            "invalid-due-on",
            f"延期后的期限须晚于现期限{current}",
            f"the extended term must end after the present one, {current}",
            "due_on",
        )


def check_replaceable(agreement: Agreement) -> None:
    """Only an agreement that does not bind, was not kept, or was not confirmed is replaced
    (PML 33); raises Conflict `agreement-binding`.
    """
    broken = any(due.open and due.breached_on for due in agreement.obligations)
    if agreement.effective_on is None or agreement.confirmation == "refused" or broken:
        return
    raise Conflict(
        "agreement-binding",
        "协议已生效且对当事人有约束力，不能替换",
        "the agreement binds its parties and cannot be replaced",
    )


def check_session_held(work: Casework) -> None:
    """An agreement comes out of a session; raises Conflict `session-missing`."""
    if not work.sessions:
        raise Conflict(
            "session-missing",
            "尚无调解记录：请先登记调解会",
            "no session is on record: record the session first",
        )


def stop(work: Casework, command: str) -> tuple[State, frozenset[str]]:
    """Where a refusal or a termination leads, and which unsigned agreements fall with it.

    Agreements that already bind stay (PML 31): then only the rest is given up and the case goes on
    with their performance instead of ending.
    """
    target = move(work.case.state, "refuse_consent" if command == "refuse_consent" else "terminate")
    fallen = frozenset(a.agreement_id for a in work.live if a.effective_on is None)
    if work.case.state == "agreed" and len(fallen) < len(work.live):
        target = move("agreed", "bind")
    return target, fallen


def follow(state: State, consequences: Sequence[Consequence]) -> State:
    """The state after the consequences, each an allowed move of the table."""
    for consequence in consequences:
        state = move(state, consequence)
    return state


def _future(field: str) -> Invalid:
    return Invalid(
        "in-the-future",
        "时间不能晚于现在：请填写实际发生的时间",
        "the time must not be in the future: give when it happened",
        field,
    )
