"""Checks over a recorded history of effects: each returns what is wrong, an empty list is good."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """One effect of one fact, as a handler recorded it in the transaction of the fact."""

    number: int
    group: str
    fact_id: str
    source: str
    subject: str
    sequence: int
    position: int
    topic: str
    partition: int
    cause: str | None
    note: str


def check_order(history: Sequence[Effect]) -> list[str]:
    """Per source and subject the sequences rise by one, as stated."""
    last: dict[tuple[str, str, str], int] = defaultdict(int)
    wrong = []
    for e in history:
        key = (e.group, e.source, e.subject)
        if e.sequence != last[key] + 1:
            wrong.append(f"{key}: {e.sequence} after {last[key]}")
        last[key] = e.sequence
    return wrong


def check_causes(history: Sequence[Effect]) -> list[str]:
    """No fact has its effect before the effect of the fact that led to it (same case)."""
    place = {(e.group, e.fact_id): e.number for e in history}
    return [
        f"{e.group}: {e.fact_id} before its cause"
        for e in history
        if e.cause is not None and place.get((e.group, e.cause), 0) > e.number
    ]


def check_once(history: Sequence[Effect]) -> list[str]:
    """No fact has two effects in one group."""
    seen = Counter((e.group, e.fact_id) for e in history)
    return [f"{key}: {n} times" for key, n in seen.items() if n > 1]


def check_complete(stated: Iterable[str], history: Sequence[Effect], group: str) -> list[str]:
    """Every stated fact had its effect in the group, and nothing else had one."""
    wanted, had = set(stated), {e.fact_id for e in history if e.group == group}
    return [f"{group}: {i} lost" for i in sorted(wanted - had)] + [
        f"{group}: {i} never stated" for i in sorted(had - wanted)
    ]
