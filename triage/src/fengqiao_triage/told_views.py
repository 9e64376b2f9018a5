"""Who stands against whom, and where the matter has been before, as triage answers it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from fengqiao_contracts import codes

from .domain import told
from .domain.told import Told
from .evidence import Evidence, Named, Texts
from .told_rules import tellers

type Place = tuple[int, Told]
"""Where words stand: the number of their part, and the words in it."""


class PartyView(Named):
    """A party that the text names; the code is one of the table `told_kinds`."""

    party_kind: str = Field(description="Row of party_kinds as which it would be registered.")
    evidence: Evidence


class RelationView(Named):
    """How the parties stand to each other; the code is one of the table `relations`."""

    evidence: list[Evidence]


class AttemptView(Named):
    """Where the matter has been before; the code is one of the table `prior_attempts`."""

    evidence: list[Evidence]


def told_fields(texts: Texts, kind: str) -> dict[str, Any]:
    """What the texts tell of parties, relation and earlier attempts, given the dispute's type."""
    readable = {part: words for part, words in texts.items() if words}
    found = tellers()
    relations = [
        [(part, one) for one in told.relation(found, words, kind)]
        for part, words in readable.items()
    ]
    attempts: dict[str, list[Place]] = {}
    for part, words in readable.items():
        for code, places in told.attempts(found, words).items():
            attempts.setdefault(code, []).extend((part, one) for one in places)
    return {
        "parties": [
            _party(part, one, texts)
            for part, words in readable.items()
            for one in told.parties(found, words)
        ],
        "relation": _relation(max(relations, key=len, default=[]), texts),
        "prior_attempts": [
            AttemptView(code=row.code, name=row.zh, evidence=_quoted(attempts[row.code], texts))
            for row in codes.table("prior_attempts").rows
            if row.code in attempts
        ],
    }


def _party(part: int, one: Told, texts: Texts) -> PartyView:
    row = codes.table("told_kinds").row(one.code)
    [evidence] = _quoted([(part, one)], texts)
    return PartyView(
        code=row.code, name=row.zh, party_kind=row.extra["party_kind"], evidence=evidence
    )


def _relation(places: list[Place], texts: Texts) -> RelationView | None:
    if not places:
        return None
    row = codes.table("relations").row(places[0][1].code)
    return RelationView(code=row.code, name=row.zh, evidence=_quoted(places, texts))


def _quoted(places: Iterable[Place], texts: Texts) -> list[Evidence]:
    return [
        Evidence(
            text=(texts[part] or "")[one.start : one.end], start=one.start, end=one.end, part=part
        )
        for part, one in places
    ]
