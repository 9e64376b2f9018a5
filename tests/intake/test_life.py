"""The case life: what each fact makes of a case's status."""

from datetime import UTC, date, datetime
from itertools import product

from fengqiao_contracts import codes
from fengqiao_contracts import facts as f
from fengqiao_contracts.life import MOVES, CaseState, advance, bucket_of
from fengqiao_contracts.values import Grade, Obligation

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 25)


def assessed(grade: Grade = "yellow", revision: int = 1) -> f.CaseAssessed:
    return f.CaseAssessed(
        case_id="c", revision=revision, type="02", suitability="M", grade=grade, score=30,
        confidence=0.9, policy_version="1", input_sha256="0", assessed_at=AT,
    )  # fmt: skip


def routed(unit: str = "u1") -> f.CaseRouted:
    return f.CaseRouted(
        case_id="c", decision=1, outlet="mediation", unit_id=unit, unit_kind="street", type="02",
        grade="yellow", rule="r", table_version="1", reasons=(), routed_at=AT,
    )  # fmt: skip


def assigned(mediator: str = "m1") -> f.MediatorAssigned:
    return f.MediatorAssigned(
        case_id="c", assignment_id="a", committee_id="u1", mediator_id=mediator, grade="yellow",
        registry_sequence=1, reasons=(), assigned_at=AT,
    )  # fmt: skip


def withdrawn(mediator: str = "m1") -> f.AssignmentWithdrawn:
    return f.AssignmentWithdrawn(
        case_id="c", assignment_id="a", mediator_id=mediator, reason="mediator_suspended",
        withdrawn_at=AT,
    )  # fmt: skip


WAIT = f.CaseWaitlisted(case_id="c", decision=1, reason="no_mediator_free", waiting_since=AT)
REDIRECT = f.CaseRedirected(
    case_id="c", decision=1, outlet="police", rule="r", table_version="1", reasons=("criminal",),
    guidance="g", redirected_at=AT,
)  # fmt: skip
ACCEPT = f.CaseAccepted(
    case_id="c", committee_id="u1", mediator_id="m1", dossier_number="人调字1", accepted_at=AT,
    term_due_on=DAY,
)  # fmt: skip
SESSION = f.SessionHeld(case_id="c", session_id="s", number=1, held_at=AT, attended=())
REACHED = f.AgreementReached(
    case_id="c", agreement_id="g", number="1", form="written", reached_at=AT,
    obligations=(Obligation(obligation_id="o1", debtor="p", due_on=DAY),
                 Obligation(obligation_id="o2", debtor="p", due_on=DAY)),
)  # fmt: skip
EFFECTIVE = f.AgreementEffective(
    case_id="c", agreement_id="g", effective_on=DAY, confirmation_due_on=DAY
)
CLOSED = f.CaseClosed(case_id="c", outcome="performed", closed_at=AT)
ARCHIVED = f.CaseArchived(case_id="c", dossier_number="1", archived_at=AT)
REFUSED = f.CaseRefused(case_id="c", committee_id="u1", reason="other", guidance="g", refused_at=AT)
TERMINATED = f.CaseTerminated(case_id="c", reason="impasse", guidance="g", terminated_at=AT)
MISSED = f.DeadlineMissed(case_id="c", kind="sign_for", ref="a", due_at=AT, missed_at=AT)


def performed(obligation: str) -> f.ObligationPerformed:
    return f.ObligationPerformed(
        case_id="c", agreement_id="g", obligation_id=obligation, performed_on=DAY
    )


def after(*facts: f.Fact) -> CaseState:
    state = CaseState()
    for fact in facts:
        state = advance(state, fact)
    return state


def test_a_whole_life_goes_through_every_stage() -> None:
    life = (assessed(), routed(), assigned(), ACCEPT, SESSION, REACHED, EFFECTIVE)
    stages = [after(*life[: n + 1]).status for n in range(len(life))]

    assert stages == [
        "assessed", "assessed", "assigned", "accepted", "mediating", "agreed", "effective",
    ]  # fmt: skip
    assert after(*life, performed("o1")).status == "effective"
    done = after(*life, performed("o1"), performed("o1"), performed("o2"))
    assert done.status == "performed"
    assert after(*life, performed("o1"), performed("o2"), CLOSED, ARCHIVED).status == "archived"


def test_the_words_of_a_case_are_kept_with_its_status() -> None:
    state = after(assessed("red"), routed(), assigned(), ACCEPT)

    assert (state.type, state.grade, state.suitability) == ("02", "red", "M")
    assert (state.outlet, state.committee_id, state.mediator) == ("mediation", "u1", "m1")
    assert state.dossier_number == "人调字1"


def test_a_new_grade_moves_no_case_that_is_already_under_way() -> None:
    state = after(assessed("yellow"), routed(), assigned(), assessed("red", 2))

    assert (state.status, state.grade) == ("assigned", "red")


def test_a_withdrawn_assignment_sends_a_case_back_until_it_is_routed_again() -> None:
    state = after(assessed(), routed(), assigned(), withdrawn())

    assert (state.status, state.mediator) == ("assessed", None)
    assert advance(state, assigned("m2")).mediator == "m2"


def test_the_late_withdrawal_of_an_older_assignment_changes_nothing() -> None:
    state = after(assessed(), routed(), assigned("m1"), withdrawn("m1"), assigned("m2"))

    assert advance(state, withdrawn("m1")) == state


def test_a_case_that_waits_in_the_midst_of_work_goes_back_to_that_work() -> None:
    waiting = after(assessed(), routed(), assigned(), ACCEPT, SESSION, withdrawn(), WAIT)

    assert (waiting.status, waiting.resume) == ("waiting", "mediating")
    back = advance(waiting, assigned("m2"))
    assert (back.status, back.mediator, back.resume) == ("mediating", "m2", None)


def test_a_redirected_case_may_come_back_by_a_humans_decision() -> None:
    assert after(assessed(), REDIRECT).status == "redirected"
    assert after(assessed(), REDIRECT, routed(), assigned()).status == "assigned"


def test_nothing_leaves_the_archive() -> None:
    ended = after(assessed(), routed(), assigned(), ACCEPT, TERMINATED, CLOSED, ARCHIVED)

    for fact in (assessed(), routed(), assigned(), WAIT, REDIRECT, ACCEPT, SESSION, REFUSED):
        assert advance(ended, fact).status == "archived"


def test_a_missed_deadline_stands_until_the_act_it_waited_for() -> None:
    late = after(assessed(), routed(), assigned(), MISSED)

    assert late.overdue == "sign_for"
    assert advance(late, ACCEPT).overdue is None
    assert advance(late, REFUSED).overdue is None


def test_repeated_facts_are_harmless() -> None:
    life = (assessed(), routed(), assigned(), ACCEPT, SESSION, REACHED, EFFECTIVE, CLOSED)
    state = CaseState()
    for fact in life:
        state = advance(state, fact)
        assert advance(state, fact) == state


def test_no_order_of_facts_makes_an_illegal_move() -> None:
    facts = (assessed(), routed(), assigned(), withdrawn(), WAIT, REDIRECT, ACCEPT, REFUSED,
             SESSION, REACHED, EFFECTIVE, performed("o1"), TERMINATED, CLOSED, ARCHIVED)  # fmt: skip
    seen = {CaseState()}
    for _ in range(5):
        for state, fact in product(list(seen), facts):
            new = advance(state, fact)
            origins = {state.status, *([state.resume] if state.resume else [])}
            legal = set().union(*(MOVES[origin] for origin in origins)) | origins
            assert new.status in legal, (state, type(fact).__name__)
            seen.add(new)
        if len(seen) > 4000:
            break


def test_every_status_has_its_moves_and_its_bucket() -> None:
    statuses = codes.table("statuses").codes

    assert set(MOVES) == set(statuses)
    assert {bucket_of(status) for status in statuses} <= set(codes.table("buckets").codes)
