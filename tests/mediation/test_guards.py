"""What must hold before a step, and where a refusal leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from fengqiao_contracts.errors import Conflict, Invalid, NotFound
from fengqiao_mediation.domain import guards
from fengqiao_mediation.domain.guidance import check_reason, guidance
from fengqiao_mediation.domain.model import Agreement, Casework, Due, Party
from fengqiao_mediation.domain.states import Command, State
from fengqiao_mediation.domain.steps import next_step_of

type Make[T] = Callable[..., T]


def test_a_session_needs_the_consent_of_every_side(
    casework: Make[Casework], party: Make[Party]
) -> None:
    guards.check_consents(casework())
    third = party("z", "third", "none")
    both = (party("a"), party("b", "respondent"), third)
    guards.check_consents(casework(parties=both))
    for consent in ("none", "refused"):
        sides = (party("a"), party("b", "respondent", consent))
        with pytest.raises(Conflict, match="consent-missing") as refused:
            guards.check_consents(casework(parties=sides))
        assert "b" in refused.value.zh


def test_one_side_alone_cannot_be_mediated(casework: Make[Casework], party: Make[Party]) -> None:
    for parties in ((), (party("a"),), (party("a"), party("z", "third"))):
        with pytest.raises(Conflict, match="parties-missing"):
            guards.check_consents(casework(parties=parties))


def test_a_case_that_a_side_refused_is_not_accepted(
    casework: Make[Casework], party: Make[Party]
) -> None:
    guards.check_no_refusal(casework("assigned"))
    third = (party("a"), party("b", "respondent"), party("z", "third", "refused"))
    guards.check_no_refusal(casework("assigned", parties=third))
    sides = (party("a"), party("b", "respondent", "refused"))
    with pytest.raises(Conflict, match="party-refused"):
        guards.check_no_refusal(casework("assigned", parties=sides))


def test_an_extension_needs_every_side_and_a_later_day(casework: Make[Casework]) -> None:
    guards.check_all_agree(casework(), ["b", "a"])
    with pytest.raises(Conflict, match="consent-missing") as refused:
        guards.check_all_agree(casework(), ["a"])
    assert "b" in refused.value.en
    with pytest.raises(Invalid, match="unknown-party"):
        guards.check_all_agree(casework(), ["a", "b", "x"])
    guards.check_extension(date(2026, 4, 1), date(2026, 4, 2))
    with pytest.raises(Invalid, match="invalid-due-on"):
        guards.check_extension(date(2026, 4, 1), date(2026, 4, 1))


@pytest.mark.parametrize("attended", [[], ["a", "a"], ["a", "x"]])
def test_attendance_names_parties_of_the_case_once(
    casework: Make[Casework], attended: list[str]
) -> None:
    guards.check_attendance(casework(), ["a"])
    with pytest.raises(Invalid, match="invalid-attended"):
        guards.check_attendance(casework(), attended)


def test_nothing_happens_in_the_future_or_before_the_acceptance(
    casework: Make[Casework], noon: datetime
) -> None:
    guards.check_not_future(noon, noon, "held_at")
    with pytest.raises(Invalid) as refused:
        guards.check_not_future(noon + timedelta(seconds=1), noon, "held_at")
    assert refused.value.field == "held_at"
    guards.check_day_not_future(date(2026, 3, 2), noon, "performed_on")
    with pytest.raises(Invalid, match="in-the-future"):
        guards.check_day_not_future(date(2026, 3, 3), noon, "performed_on")
    midnight = noon - timedelta(hours=12)
    guards.check_not_before(midnight, casework().case, "held_at")
    with pytest.raises(Invalid, match="before-acceptance"):
        guards.check_not_before(midnight - timedelta(seconds=1), casework().case, "held_at")


def test_a_binding_agreement_is_replaced_only_when_broken_or_not_confirmed(
    agreement: Make[Agreement], due: Make[Due]
) -> None:
    bound = {"effective_on": date(2026, 3, 2)}
    guards.check_replaceable(agreement())
    guards.check_replaceable(agreement(**bound, confirmation="refused"))
    broken = due(breached_on=date(2026, 4, 2))
    guards.check_replaceable(agreement(**bound, obligations=(broken,)))
    with pytest.raises(Conflict, match="agreement-binding"):
        guards.check_replaceable(agreement(**bound))


@pytest.mark.parametrize("command", ["refuse_consent", "terminate"])
def test_a_refusal_ends_a_mediation_and_its_unsigned_agreements(
    casework: Make[Casework], agreement: Make[Agreement], command: Command
) -> None:
    assert guards.stop(casework("accepted"), command) == ("terminated", frozenset())
    unsigned = casework("agreed", agreements=(agreement(),))
    assert guards.stop(unsigned, command) == ("terminated", frozenset(("g1",)))


def test_a_refusal_does_not_undo_what_already_binds(
    casework: Make[Casework], agreement: Make[Agreement]
) -> None:
    bound = agreement("g2", effective_on=date(2026, 3, 2))
    work = casework("agreed", agreements=(agreement(), bound))
    assert guards.stop(work, "refuse_consent") == ("effective", frozenset(("g1",)))
    with pytest.raises(Conflict, match="illegal-transition"):
        guards.stop(casework("effective", agreements=(bound,)), "refuse_consent")


def test_an_agreement_comes_out_of_a_session(casework: Make[Casework]) -> None:
    guards.check_session_held(casework())
    with pytest.raises(Conflict, match="session-missing"):
        guards.check_session_held(casework(sessions=()))


def test_an_unknown_party_is_not_found(casework: Make[Casework]) -> None:
    assert guards.find_party(casework(), "a").party_id == "a"
    with pytest.raises(NotFound, match="unknown-party"):
        guards.find_party(casework(), "x")


def test_guidance_names_the_other_ways_by_reason_type_and_in_general() -> None:
    general = guidance("impasse", "02")
    assert all(way in general for way in ("仲裁", "行政", "人民法院"))
    assert "劳动人事争议仲裁委员会" in guidance("impasse", "10")
    assert "110" in guidance("domestic_violence", "01")
    assert guidance("domestic_violence", "01").endswith(general)


def test_reasons_come_from_the_published_tables() -> None:
    check_reason("refusal", "unclear_claim")
    check_reason("termination", "impasse")
    check_reason("breach", "insolvent")
    with pytest.raises(Invalid) as refused:
        check_reason("termination", "bored")
    assert refused.value.field == "reason"


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("registered", None),
        ("assigned", "accept"),
        ("accepted", "hold_session"),
        ("mediating", "reach_agreement"),
        ("agreed", "sign"),
        ("performed", "close"),
        ("breached", "close"),
        ("terminated", "close"),
        ("refused", "close"),
        ("closed", "archive"),
        ("archived", None),
        ("redirected", None),
    ],
)
def test_each_state_shows_its_next_step(
    casework: Make[Casework], state: State, step: str | None
) -> None:
    assert next_step_of(casework(state)) == step


def test_the_next_step_looks_at_consents_obligations_and_the_dossier(
    casework: Make[Casework], agreement: Make[Agreement], party: Make[Party]
) -> None:
    sides = (party("a"), party("b", "respondent", "none"))
    assert next_step_of(casework("accepted", parties=sides)) == "give_consent"
    assert next_step_of(casework("effective", agreements=(agreement(),))) == "perform"
    assert next_step_of(casework("effective")) == "close"
    assert next_step_of(casework("closed", dossier_number=None)) is None
