"""What a verdict means for a case as it stands."""

from __future__ import annotations

from itertools import product

import pytest

from fengqiao_contracts.errors import Conflict, Invalid
from fengqiao_routing import table_file
from fengqiao_routing.domain.human import Choice, check_choice, check_unit
from fengqiao_routing.domain.life import Standing, next_move
from fengqiao_routing.domain.table import Dispute, Verdict

TABLE = table_file.load()


def verdict(suitability: str, type_: str = "02", channel: str = "self") -> Verdict:
    return TABLE.decide(Dispute(channel, type_, suitability, "yellow"))


MEDIATE, UNCLEAR, COURT = verdict("M"), verdict("U"), verdict("J")
CRIME, DANGER = verdict("C"), verdict("D")
ASSIGNED = Standing("assigned", "mediation")
ACCEPTED = Standing("assigned", "mediation", accepted=True)
AGREED = Standing("assigned", "mediation", accepted=True, agreed=True)
WAITING = Standing("waiting", "mediation", "no_mediator_free")
ASKING = Standing("waiting", None, "human_decision")
AT_COURT = Standing("redirected", "court")


@pytest.mark.parametrize(
    ("now", "what", "move"),
    [
        (Standing("pending"), MEDIATE, "place"),
        (Standing("pending"), COURT, "redirect"),
        (Standing("pending"), UNCLEAR, "human"),
        (WAITING, MEDIATE, "place"),
        (WAITING, COURT, "redirect"),
        (WAITING, UNCLEAR, "human"),
        (ASKING, MEDIATE, "place"),
        (ASKING, UNCLEAR, "keep"),
        (ASKING, CRIME, "redirect"),
        (ASSIGNED, MEDIATE, "keep"),
        (ASSIGNED, UNCLEAR, "keep"),
        (ASSIGNED, COURT, "redirect"),
        (ASSIGNED, DANGER, "redirect"),
        (ACCEPTED, COURT, "keep"),
        (ACCEPTED, CRIME, "redirect"),
        (ACCEPTED, DANGER, "redirect"),
        (AGREED, DANGER, "keep"),
        (AT_COURT, COURT, "keep"),
        (AT_COURT, CRIME, "redirect"),
        (AT_COURT, MEDIATE, "place"),
        (AT_COURT, UNCLEAR, "human"),
        (Standing("ended", "mediation"), DANGER, "keep"),
    ],
)
def test_the_move_after_an_assessment(now: Standing, what: Verdict, move: str) -> None:
    assert next_move(now, what) == move


@pytest.mark.parametrize("state", ["assigned", "redirected"])
def test_a_dispatchers_decision_gives_way_to_danger_only(state: str) -> None:
    outlet = "mediation" if state == "assigned" else "consultation"
    now = Standing(state, outlet, pinned=True)  # type: ignore[arg-type]
    assert {next_move(now, v) for v in (MEDIATE, UNCLEAR, COURT)} == {"keep"}
    assert next_move(now, DANGER) == "redirect"


def test_a_case_that_a_dispatcher_let_wait_at_a_unit_keeps_waiting_for_mediation() -> None:
    now = Standing("waiting", "mediation", "no_mediator_free", pinned=True)
    assert {next_move(now, v) for v in (MEDIATE, UNCLEAR, COURT)} == {"place"}
    assert next_move(now, CRIME) == "redirect"


def test_an_unfit_dispute_is_never_placed_unless_a_human_decided() -> None:
    outlets = (None, "mediation", "court")
    for state, outlet, accepted in product(
        ("pending", "waiting", "assigned", "redirected", "ended"), outlets, (False, True)
    ):
        now = Standing(state, outlet, "no_unit", accepted)  # type: ignore[arg-type]
        for unfit in (COURT, CRIME, DANGER, UNCLEAR):
            assert next_move(now, unfit) != "place"


FIT = Dispute("self", "02", "M", "blue")


def refused(choice: Choice, now: Standing, dispute: Dispute = FIT) -> str:
    with pytest.raises((Conflict, Invalid)) as refusal:
        check_choice(choice, now, dispute)
    return refusal.value.code


MEDIATION = Choice("mediation", "理由", unit_id="u")


def test_a_dispatcher_decides_what_is_unclear() -> None:
    check_choice(MEDIATION, ASKING, Dispute("self", "02", "U", "red"))


@pytest.mark.parametrize("suitability", list("ACJDN"))
def test_a_dispatcher_cannot_give_a_mediator_to_what_is_not_for_mediation(suitability: str) -> None:
    dispute = Dispute("self", "02", suitability, "red")
    assert refused(MEDIATION, AT_COURT, dispute) == "not-for-mediation"


def test_no_dispute_gets_no_mediator_from_anyone() -> None:
    for suitability in "MU":
        dispute = Dispute("self", "00", suitability, "none")
        assert refused(MEDIATION, AT_COURT, dispute) == "not-for-mediation"
        expert = Choice("expert_panel", "理由")
        assert refused(expert, AT_COURT, dispute) == "not-for-mediation"


def test_states_that_allow_no_decision() -> None:
    court = Choice("court", "理由")
    assert refused(court, Standing("ended", "court")) == "case-ended"
    assert refused(court, Standing("pending"), Dispute("self", "", "", "")) == "not-assessed-yet"
    assert refused(court, ACCEPTED) == "accepted-already"
    check_choice(court, ASSIGNED, FIT)


def test_an_outlet_other_than_mediation_takes_no_mediator() -> None:
    assert refused(Choice("court", "理由", mediator_id="m"), ASKING) == "no-unit-for-outlet"


def test_an_accepted_case_stays_with_its_committee() -> None:
    check_unit(ACCEPTED, "u", "u")
    check_unit(ASSIGNED, "u", "v")
    with pytest.raises(Conflict):
        check_unit(ACCEPTED, "u", "v")
