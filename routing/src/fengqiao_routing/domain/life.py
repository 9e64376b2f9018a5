"""What a verdict means for a case as it stands: place it, send it on, let a human look, keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .table import Verdict

State = Literal["pending", "waiting", "assigned", "redirected", "ended"]
Move = Literal["place", "redirect", "human", "keep"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The parts of a case's state that decide what may happen to it.

    `pinned`: a dispatcher decided; a machine's later verdict does not overrule him.
    `accepted`: a committee accepted the case, its legal clock runs. `agreed`: its parties agreed.
    """

    state: State
    outlet: str | None = None
    wait_reason: str | None = None
    accepted: bool = False
    agreed: bool = False
    pinned: bool = False


def next_move(now: Standing, verdict: Verdict) -> Move:
    """The safe move after an assessment.

    - An assigned case keeps its mediator when it stays for mediation, whatever its grade becomes,
      and when it becomes unclear (U): doubt does not take a mediator away.
    - Before acceptance another outlet withdraws the mediator. After acceptance only danger or crime
      (`stops_accepted`, PML 25) does; anything else the committee ends itself (PML 26). After an
      agreement nothing does: it binds (PML 31).
    - A dispatcher's decision gives way to danger or crime only.
    """
    if now.state == "ended":
        return "keep"
    if now.state == "pending":
        return _first(verdict)
    if verdict.action == "redirect":
        return _leave(now, verdict)
    if now.pinned:
        return "place" if now.state == "waiting" and now.outlet is not None else "keep"
    if verdict.action == "human":
        unsure = now.state == "redirected" or now.wait_reason in ("no_mediator_free", "no_unit")
        return "human" if unsure else "keep"
    return "keep" if now.state == "assigned" else "place"


def _first(verdict: Verdict) -> Move:
    if verdict.action == "mediate":
        return "place"
    return "redirect" if verdict.action == "redirect" else "human"


def _leave(now: Standing, verdict: Verdict) -> Move:
    if now.state == "redirected" and now.outlet == verdict.outlet:
        return "keep"
    if now.state == "assigned" and now.agreed:
        return "keep"
    if verdict.stops_accepted:
        return "redirect"
    held = now.pinned or (now.state == "assigned" and now.accepted)
    if held and now.state == "waiting" and now.outlet is not None:
        return "place"
    return "keep" if held else "redirect"
