"""The case life of mediation as one table of allowed moves (domain.md §10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from fengqiao_contracts.errors import Conflict

State = Literal[
    "registered",
    "assigned",
    "redirected",
    "refused",
    "accepted",
    "mediating",
    "agreed",
    "effective",
    "performed",
    "breached",
    "terminated",
    "closed",
    "archived",
]
Command = Literal[
    "accept",
    "refuse",
    "give_consent",
    "refuse_consent",
    "hold_session",
    "reach_agreement",
    "sign",
    "perform",
    "breach",
    "confirm",
    "extend",
    "terminate",
    "close",
    "archive",
]
Consequence = Literal["bind", "fulfil", "default", "cure"]
Heard = Literal["assign", "withdraw", "redirect"]
Move = Command | Consequence | Heard

STATES: tuple[State, ...] = get_args(State)
COMMANDS: tuple[Command, ...] = get_args(Command)
CONSEQUENCES: tuple[Consequence, ...] = get_args(Consequence)
HEARD: tuple[Heard, ...] = get_args(Heard)

ENDED: frozenset[State] = frozenset(("refused", "terminated", "closed", "archived"))
"""No mediator's place is held any more."""

MOVES: Mapping[State, Mapping[Move, State]] = {
    "registered": {
        "assign": "assigned",
        "redirect": "redirected",
        "refuse_consent": "registered",
    },
    "assigned": {
        "assign": "assigned",
        "withdraw": "registered",
        "redirect": "redirected",
        "accept": "accepted",
        "refuse": "refused",
        "give_consent": "assigned",
        "refuse_consent": "refused",
    },
    "redirected": {"assign": "assigned", "redirect": "redirected"},
    "accepted": {
        "assign": "accepted",
        "withdraw": "accepted",
        "redirect": "redirected",
        "give_consent": "accepted",
        "refuse_consent": "terminated",
        "hold_session": "mediating",
        "extend": "accepted",
        "terminate": "terminated",
    },
    "mediating": {
        "assign": "mediating",
        "withdraw": "mediating",
        "redirect": "redirected",
        "give_consent": "mediating",
        "refuse_consent": "terminated",
        "hold_session": "mediating",
        "reach_agreement": "agreed",
        "extend": "mediating",
        "terminate": "terminated",
    },
    "agreed": {
        "assign": "agreed",
        "withdraw": "agreed",
        "give_consent": "agreed",
        "refuse_consent": "terminated",
        "hold_session": "agreed",
        "reach_agreement": "agreed",
        "sign": "agreed",
        "perform": "agreed",
        "breach": "agreed",
        "confirm": "agreed",
        "terminate": "terminated",
        "bind": "effective",
    },
    "effective": {
        "assign": "effective",
        "withdraw": "effective",
        "reach_agreement": "agreed",
        "perform": "effective",
        "breach": "effective",
        "confirm": "effective",
        "close": "closed",
        "fulfil": "performed",
        "default": "breached",
    },
    "performed": {
        "assign": "performed",
        "withdraw": "performed",
        "confirm": "performed",
        "close": "closed",
    },
    "breached": {
        "assign": "breached",
        "withdraw": "breached",
        "reach_agreement": "agreed",
        "perform": "breached",
        "breach": "breached",
        "confirm": "breached",
        "close": "closed",
        "cure": "effective",
        "fulfil": "performed",
    },
    "refused": {"assign": "assigned", "redirect": "redirected", "close": "closed"},
    "terminated": {"close": "closed"},
    "closed": {"confirm": "closed", "archive": "archived"},
    "archived": {},
}
"""State × move → next state; what is not here is not allowed.

Commands come from people; consequences follow from the agreements' own state (`agreements.settle`);
what is heard (assignment, withdrawal, redirection) is routing's decision and, where it is not here,
is noted without effect. A refusal before the acceptance is a non-acceptance (不予受理), after it a
termination (PML 17, 26). A binding agreement cannot be refused any more (PML 31).
"""


def allowed(state: State) -> tuple[Command, ...]:
    """The commands that the state allows, in the order of the case life."""
    return tuple(c for c in COMMANDS if c in MOVES[state])


def move(state: State, command: Move) -> State:
    """The next state; raises Conflict `illegal-transition`, telling the state and what it allows."""
    target = MOVES[state].get(command)
    if target is None:
        options = ", ".join(allowed(state)) or "-"
        raise Conflict(
            "illegal-transition",
            f"案件现为“{state}”状态，不能执行“{command}”；现在可以：{options}",
            f"the case is `{state}` and cannot `{command}`; allowed now: {options}",
        )
    return target


def hear(state: State, move_: Heard) -> State:
    """The next state after a decision of routing; the same where it no longer matters."""
    return MOVES[state].get(move_, state)
