"""The table of moves: every state × every move, and what can be reached."""

from __future__ import annotations

import pytest

from fengqiao_contracts.errors import Conflict
from fengqiao_mediation.domain.states import (
    COMMANDS,
    CONSEQUENCES,
    ENDED,
    HEARD,
    MOVES,
    STATES,
    Command,
    State,
    allowed,
    hear,
    move,
)

# Written out a second time on purpose, row by row as a mediator would say it: for each state, the
# commands people may give and where each leads. The product code must agree with all 13 × 14.
EXPECTED = {
    "registered": "refuse_consent>registered",
    "assigned": "accept>accepted refuse>refused give_consent>assigned refuse_consent>refused",
    "redirected": "",
    "refused": "close>closed",
    "accepted": (
        "give_consent>accepted refuse_consent>terminated hold_session>mediating"
        " extend>accepted terminate>terminated"
    ),
    "mediating": (
        "give_consent>mediating refuse_consent>terminated hold_session>mediating"
        " reach_agreement>agreed extend>mediating terminate>terminated"
    ),
    "agreed": (
        "give_consent>agreed refuse_consent>terminated hold_session>agreed"
        " reach_agreement>agreed sign>agreed perform>agreed breach>agreed confirm>agreed"
        " terminate>terminated"
    ),
    "effective": (
        "reach_agreement>agreed perform>effective breach>effective confirm>effective close>closed"
    ),
    "performed": "confirm>performed close>closed",
    "breached": (
        "reach_agreement>agreed perform>breached breach>breached confirm>breached close>closed"
    ),
    "terminated": "close>closed",
    "closed": "confirm>closed archive>archived",
    "archived": "",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_state_and_command_moves_as_told_or_is_refused(
    state: State, command: Command
) -> None:
    expected = dict(pair.split(">") for pair in EXPECTED[state].split())
    if command in expected:
        assert move(state, command) == expected[command]
        return
    with pytest.raises(Conflict) as refused:
        move(state, command)
    assert refused.value.code == "illegal-transition"
    assert refused.value.status == 409
    for text in (refused.value.zh, refused.value.en):
        assert state in text
        assert command in text
        assert all(option in text for option in expected)


def test_the_table_names_every_state_and_no_unknown_move() -> None:
    assert set(MOVES) == set(STATES) == set(EXPECTED)
    moves = set(COMMANDS) | set(CONSEQUENCES) | set(HEARD)
    assert all(set(row) <= moves for row in MOVES.values())
    assert all(target in STATES for row in MOVES.values() for target in row.values())


def test_what_is_allowed_is_what_moves() -> None:
    for state in STATES:
        assert set(allowed(state)) == {c for c in COMMANDS if c in MOVES[state]}


def reached(start: State) -> set[State]:
    seen, todo = {start}, [start]
    while todo:
        for target in MOVES[todo.pop()].values():
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def test_every_state_is_reached_from_registration_and_from_every_state_a_case_can_end() -> None:
    assert reached("registered") == set(STATES)
    assert all(reached(state) & ENDED for state in STATES)


def test_nothing_leaves_the_archive() -> None:
    assert MOVES["archived"] == {}


def test_a_routing_decision_that_no_longer_matters_changes_nothing() -> None:
    assert hear("closed", "assign") == "closed"
    assert hear("refused", "assign") == "assigned"
    assert hear("terminated", "withdraw") == "terminated"
    assert hear("effective", "redirect") == "effective"
    assert hear("assigned", "withdraw") == "registered"
    assert hear("mediating", "withdraw") == "mediating"
