"""Who stands against whom in a text, and where the matter has been before, each with its words.

Found when somebody looks at a case, never in the pipeline: no grade and no route rests on them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .analysis import NO_DISPUTE

_CLAUSE = re.compile(r"[，。；！？,;!?\n]")
_LEFT, _RIGHT = 14, 8
MAX_NAMED = 20
"""How many parties of one text are shown."""
MAX_SPANS = 3
_ORDINARY = 2
"""What it adds to a relation that it is the ordinary one for the dispute's type."""


@dataclass(frozen=True, slots=True)
class Told:
    """A code that words of a text stand for: [start, end)."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Teller:
    """What tells a code: `pattern`, unless `unless` matches in the same clause."""

    code: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def places(self, text: str) -> list[Told]:
        """Every place where the text tells the code."""
        return [
            Told(self.code, *match.span())
            for match in self.pattern.finditer(text)
            if match.group() and not (self.unless and self.unless.search(_clause(text, match)))
        ]


@dataclass(frozen=True, slots=True)
class Relation:
    """What tells a relation: `least` different words, one of `needed` anywhere, none of `barred`;
    `types` are the dispute types in which it is the ordinary one.
    """

    teller: Teller
    least: int
    needed: re.Pattern[str] | None
    barred: re.Pattern[str] | None
    types: Collection[str]


@dataclass(frozen=True, slots=True)
class TellerSet:
    """All that one file tells of: kinds of parties, relations, and where one went before.

    `not_yet` before an attempt's words, or `asked` after them, says that nothing was tried.
    """

    version: str
    parties: Sequence[Teller]
    relations: Sequence[Relation]
    attempts: Sequence[Teller]
    not_yet: re.Pattern[str]
    asked: re.Pattern[str]


def parties(tellers: TellerSet, text: str) -> list[Told]:
    """The parties that a text names, each wording once, in its order; the longer wording wins."""
    found = [told for teller in tellers.parties for told in teller.places(text)]
    found.sort(key=lambda told: told.start - told.end)
    apart: list[Told] = []
    for told in found:
        if all(told.end <= other.start or other.end <= told.start for other in apart):
            apart.append(told)
    apart.sort(key=lambda told: told.start)
    first = {(told.code, text[told.start : told.end]): told for told in reversed(apart)}
    whole = [told for named, told in first.items() if not _shortened(named, first)]
    return sorted(whole, key=lambda told: told.start)[:MAX_NAMED]


def _shortened(named: tuple[str, str], all_named: Collection[tuple[str, str]]) -> bool:
    """Whether the same text also gives the longer name of that kind (物业, 物业公司)."""
    code, words = named
    return any(code == other and words in longer and words != longer for other, longer in all_named)


def relation(tellers: TellerSet, text: str, kind: str) -> list[Told]:
    """The words for the relation that the text tells most of, given the type of its dispute; empty
    where it tells none, or where there is no dispute.
    """
    if kind == NO_DISPUTE:
        return []
    best: list[Told] = []
    most = 0
    for one in tellers.relations:
        words = _words(one, text)
        told = len(words) - one.least + 1 + (_ORDINARY if kind in one.types else 0)
        if words and told > most:
            best, most = words, told
    return best[:MAX_SPANS]


def _words(one: Relation, text: str) -> list[Told]:
    """The first place of each different word that tells a relation, where they suffice."""
    if (one.needed and not one.needed.search(text)) or (one.barred and one.barred.search(text)):
        return []
    first: dict[str, Told] = {}
    for told in one.teller.places(text):
        first.setdefault(text[told.start : told.end], told)
    return [*first.values()] if len(first) >= one.least else []


def attempts(tellers: TellerSet, text: str) -> Mapping[str, list[Told]]:
    """Where the matter has been before, with the first words that say so; not what is only planned,
    asked about or denied.
    """
    found: dict[str, list[Told]] = {}
    for teller in tellers.attempts:
        tried = [told for told in teller.places(text) if _tried(tellers, text, told)]
        if tried:
            found[teller.code] = tried[:MAX_SPANS]
    return found


def _tried(tellers: TellerSet, text: str, told: Told) -> bool:
    left = _CLAUSE.split(text[max(0, told.start - _LEFT) : told.start])[-1]
    after = text[told.end : told.end + _RIGHT]
    return not (tellers.not_yet.search(left) or tellers.asked.match(after))


def _clause(text: str, match: re.Match[str]) -> str:
    left = _CLAUSE.split(text[max(0, match.start() - _LEFT) : match.start()])[-1]
    return left + match.group() + _CLAUSE.split(text[match.end() : match.end() + _RIGHT], 1)[0]


def any_of(words: Iterable[str], patterns: Iterable[str] = ()) -> re.Pattern[str]:
    """One pattern for words and patterns; the longest word first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join([*patterns, *map(re.escape, ordered)]))
