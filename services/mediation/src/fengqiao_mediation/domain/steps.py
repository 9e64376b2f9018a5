"""What a case waits for next: the one step a desk shows beside it."""

from __future__ import annotations

from .model import Casework
from .states import Command, State


def next_step(
    state: State, *, consents_missing: int, sides: int, owed: int, dossier: bool
) -> Command | None:
    """The next command of a case by its state; None where nobody has anything to do."""
    if state == "accepted" and (consents_missing or sides < 2):
        return "give_consent"
    if state == "effective":
        return "perform" if owed else "close"
    if state == "closed":
        return "archive" if dossier else None
    return _STEPS.get(state)


def next_step_of(work: Casework) -> Command | None:
    """The same for a loaded case."""
    return next_step(
        work.case.state,
        consents_missing=sum(p.consent != "given" for p in work.sides),
        sides=len(work.sides),
        owed=sum(due.open for a in work.live for due in a.obligations),
        dossier=work.case.dossier_number is not None,
    )


_STEPS: dict[State, Command] = {
    "assigned": "accept",
    "accepted": "hold_session",
    "mediating": "reach_agreement",
    "agreed": "sign",
    "performed": "close",
    "breached": "close",
    "terminated": "close",
    "refused": "close",
}
