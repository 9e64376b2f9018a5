"""What the facts alone tell of each case: the checker's own recount, by the published case life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from fengqiao_contracts import facts as published
from fengqiao_contracts.life import CaseState, advance, bucket_of

from .model import CASES, Evidence, Stated, by

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class Told:
    """What the facts tell of a case; the days are those of the daily summary."""

    channel: str
    area_path: str
    state: CaseState
    registered: date
    assigned: date | None = None
    redirected: date | None = None
    ended: date | None = None
    overdue: date | None = None

    @property
    def district(self) -> str:
        """The path of the district or functional zone, or of the city."""
        return "/".join(self.area_path.split("/")[:3]) + "/"


@lru_cache(maxsize=4)
def tell(e: Evidence, group: str) -> Mapping[str, Told]:
    """Every case as the facts leave it that the group has not parked."""
    cases = by(lambda f: f.subject, (f for f in e.applied(group) if f.topic == CASES))
    return {
        case_id: _tell(facts)
        for case_id, facts in cases.items()
        if isinstance(read(facts[0]), published.CaseRegistered)
    }


def _tell(facts: Sequence[Stated]) -> Told:
    registered = read(facts[0])
    assert isinstance(registered, published.CaseRegistered)
    told = Told(
        registered.channel,
        registered.area_path,
        CaseState(),
        registered.received_at.astimezone(SHANGHAI).date(),
    )
    for fact in facts:
        _follow(told, fact)
    return told


def read(fact: Stated) -> published.Fact | None:
    """The fact, or None where it is of no type or version that is known, or does not fit it."""
    try:
        return published.decode(fact.type, dict(fact.data))
    except (published.UnknownFact, ValidationError):
        return None


def _follow(told: Told, fact: Stated) -> None:
    before, day = told.state, fact.time.astimezone(SHANGHAI).date()
    said = read(fact)
    if said is None:
        return
    told.state = advance(before, said)
    old, new = bucket_of(before.status), bucket_of(told.state.status)
    if fact.name == "mediator.assigned":
        told.assigned = told.assigned or day
    if fact.name == "deadline.missed" and told.state.overdue:
        told.overdue = day
    if new == "redirected" and before.status != told.state.status:
        told.redirected = told.redirected or day
    if new == "ended" != old:
        told.ended = day
    if new != "ended" == old:
        told.ended = None
