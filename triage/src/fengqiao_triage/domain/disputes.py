"""Disputes with many cases: how a case finds its dispute among those that share its marks.

A `Book` holds what a batch needs of the index and of the disputes found by it; it decides case by case,
each seeing those before it, and knows what has changed. It never looks at all cases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .same import (
    JOIN,
    MERGE,
    NEAR_COPY,
    SUGGEST,
    Evidence,
    by_parties,
    by_place,
    by_time,
    copied,
    damping,
    likeness,
)
from .signature import Parties, Signature, Vector

POSTED = 16
"""Disputes remembered under one mark, the newest."""
LOOKED_AT = 8
"""Disputes compared with a new case, those that share most."""
SUGGESTED = 3
PROFILE = 64
VOICES, PERSONS, PLACES, ABSORBED = 16, 200, 8, 200
"""How much a dispute remembers of its cases: nothing grows without end."""
_PARTY_WEIGHT = 0.2


@dataclass(slots=True)
class Posting:
    """The disputes under one mark: how many ever, and the newest of them, the newest first."""

    used: int = 0
    disputes: list[str] = field(default_factory=list)

    def add(self, dispute_id: str) -> bool:
        """Post a dispute; False where it stands here."""
        if dispute_id in self.disputes:
            return False
        self.used += 1
        self.disputes = [dispute_id, *self.disputes[: POSTED - 1]]
        return True


@dataclass(slots=True)
class Dispute:
    """One dispute: the mean of its cases' words, its parties, places, days and distinct voices.

    A voice is a text that copies none before it: (case, its weightiest marks). `persons` are those who
    brought it in words of their own. `apart` are disputes that a human parted from it.
    """

    id: str
    cases: int = 0
    words: Vector = field(default_factory=dict)
    parties: Parties = field(default_factory=Parties)
    places: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    voices: list[tuple[str, frozenset[int]]] = field(default_factory=list)
    persons: frozenset[int] = frozenset()
    apart: frozenset[str] = frozenset()
    absorbed: frozenset[str] = frozenset()

    def copy_in(self, case: Signature) -> str | None:
        """The case that this one copies, wholly or nearly."""
        marks = case.voice
        for case_id, known in self.voices:
            if case_id == case.copy_of or copied(marks, known):
                return case_id
        return None

    def take(self, case: Signature, copy: str | None) -> None:
        """Count a case in; a copy brings no new voice and no new person."""
        self._blend(case.words, 1)
        self._widen(case.parties, (case.area_path,), case.day, case.day)
        if copy is None:
            self.voices = [(case.case_id, case.voice), *self.voices[: VOICES - 1]]
            self.persons = _some(self.persons | case.parties.persons, PERSONS)

    def absorb(self, other: Dispute) -> None:
        """Become one with another dispute; it lives on under this one's id."""
        self._blend(other.words, other.cases)
        self._widen(other.parties, other.places, other.first, other.last)
        self.voices = (self.voices + other.voices)[:VOICES]
        self.persons = _some(self.persons | other.persons, PERSONS)
        gone = {self.id, other.id} | other.absorbed
        self.absorbed = _some(self.absorbed | gone - {self.id}, ABSORBED)
        self.apart = (self.apart | other.apart) - gone

    def parted_from(self, other: Dispute) -> bool:
        """Whether a human said that the two are not one."""
        mine, theirs = self.absorbed | {self.id}, other.absorbed | {other.id}
        return bool(self.apart & theirs or other.apart & mine)

    def _blend(self, words: Mapping[int, float], cases: int) -> None:
        total = self.cases + cases
        kept = {key: weight * self.cases / total for key, weight in self.words.items()}
        for key, weight in words.items():
            kept[key] = kept.get(key, 0.0) + weight * cases / total
        if len(kept) > PROFILE:
            best = sorted(kept.items(), key=lambda item: (-item[1], item[0]))[:PROFILE]
            kept = dict(best)
        self.words, self.cases = kept, total

    def _widen(self, parties: Parties, places: Iterable[str], first: int, last: int) -> None:
        known = self.parties
        self.parties = Parties(
            _some(known.ours | parties.ours, PERSONS),
            _some(known.theirs | parties.theirs, PERSONS),
            _some(known.firms | parties.firms, PERSONS),
        )
        self.places = tuple(dict.fromkeys((*self.places, *places)))[:PLACES]
        self.first = min(self.first or first, first or self.first)
        self.last = max(self.last, last)


def _some[T: (int, str)](values: frozenset[T], most: int) -> frozenset[T]:
    """At most so many of them, the same ones every time."""
    return values if len(values) <= most else frozenset(sorted(values)[:most])


@dataclass(frozen=True, slots=True)
class Entered:
    """Where a case came in: its dispute, why, what it copies, what else a human should look at.

    `merged` are disputes that became part of this one because the case fits both.
    """

    dispute_id: str
    why: Evidence | None
    copy: str | None
    persons: int
    suggested: tuple[tuple[str, Evidence], ...] = ()
    merged: tuple[tuple[str, Evidence], ...] = ()


@dataclass(slots=True)
class Book:
    """The part of index and disputes that a batch works on. `aliases`: absorbed id -> living id."""

    postings: dict[int, Posting] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    posted: set[int] = field(default_factory=set)
    looked_at: int = 0

    def used(self, mark: int) -> int:
        """How many disputes use a mark."""
        posting = self.postings.get(mark)
        return 0 if posting is None else posting.used

    def living(self, dispute_id: str) -> str:
        """The id under which a dispute lives now."""
        while dispute_id in self.aliases:
            dispute_id = self.aliases[dispute_id]
        return dispute_id

    def candidates(self, case: Signature) -> list[str]:
        """The disputes that share most with a case, at most `LOOKED_AT`; newer before older."""
        shared: dict[str, float] = {}
        times: dict[str, int] = {}
        for mark in case.keys:
            posting = self.postings.get(mark)
            if posting is None:
                continue
            own = case.words.get(mark)
            weight = _PARTY_WEIGHT if own is None else own * own * damping(posting.used)
            found = posting.disputes
            for dispute_id in {self.living(d) for d in found} if self.aliases else found:
                shared[dispute_id] = shared.get(dispute_id, 0.0) + weight
                times[dispute_id] = times.get(dispute_id, 0) + (2 if own is None else 1)
        worth = [(shared[key], key) for key, n in times.items() if n > 1]
        worth.sort(reverse=True)
        return [key for _, key in worth[:LOOKED_AT]]

    def enter(self, case: Signature) -> Entered:
        """Find the dispute of a case, or begin one; bring in line what the case ties together."""
        found = self._compared(case)
        if found and found[0][0].score >= JOIN:
            why, dispute = found[0]
        else:
            why, dispute = None, Dispute(case.case_id)
            self.disputes[dispute.id] = dispute
        copy = dispute.copy_in(case) if why else None
        self.post(dispute, case)
        dispute.take(case, copy)
        self.changed.add(dispute.id)
        rest = [item for item in found if item[1] is not dispute]
        gone = [  # one after another: what the first was parted from, the whole is parted from
            (d.id, e)
            for e, d in rest
            if e.score >= JOIN and self._one(dispute, d) and self.absorb(dispute, d)
        ]
        left = [(d.id, e) for e, d in rest if d.id not in self.aliases]
        return Entered(
            dispute.id,
            why,
            copy,
            len(dispute.persons),
            tuple(left[:SUGGESTED]),
            tuple(gone),
        )

    def _compared(self, case: Signature) -> list[tuple[Evidence, Dispute]]:
        """Disputes worth a human's look or more, with the evidence, the likeliest first."""
        known = [self.disputes[key] for key in self.candidates(case) if key in self.disputes]
        found = [(self.compare(case, dispute), dispute) for dispute in known if dispute.voices]
        self.looked_at += len(found)
        worth = [item for item in found if item[0].score >= SUGGEST]
        return sorted(worth, key=lambda item: (-item[0].score, item[1].id))

    def compare(self, case: Signature, dispute: Dispute) -> Evidence:
        """The evidence that a case belongs to a dispute."""
        points = {"same_dispute": likeness(case.words, dispute.words, self.used)}
        points |= by_parties(case.parties, dispute.parties)
        points |= by_place(case.area_path, dispute.places)
        points |= by_time(case.day, dispute.first, dispute.last)
        copy = dispute.copy_in(case)
        if copy is not None and "other_district" not in points:
            points["same_words" if copy == case.copy_of else "near_copy"] = NEAR_COPY
        nearest = copy or _nearest(case, dispute)
        return Evidence(points, sum(points.values()), nearest, copy is not None)

    def _one(self, dispute: Dispute, other: Dispute) -> bool:
        """Whether two disputes that one case fits are one, and no human parted them."""
        if dispute.parted_from(other):
            return False
        return likeness(dispute.words, other.words, self.used) >= MERGE

    def absorb(self, dispute: Dispute, other: Dispute) -> bool:
        """Make another dispute part of this one."""
        dispute.absorb(other)
        self.aliases[other.id] = dispute.id
        self.changed |= {dispute.id, other.id}
        return True

    def add_posting(self, mark: int, used: int, disputes: list[str]) -> None:
        """Take up what the index holds under a mark."""
        self.postings[mark] = Posting(used, disputes)

    def unpost(self, ids: Collection[str], marks: Iterable[int]) -> None:
        """Take disputes from under these marks, which are another's alone now."""
        for mark in marks:
            posting = self.postings.get(mark)
            if posting is not None and not set(posting.disputes).isdisjoint(ids):
                posting.disputes = [d for d in posting.disputes if d not in ids]
                posting.used = max(posting.used - 1, len(posting.disputes))
                self.posted.add(mark)

    def post(self, dispute: Dispute, case: Signature) -> None:
        """Post a dispute under the marks of a case."""
        for mark in case.keys:
            if self.postings.setdefault(mark, Posting()).add(dispute.id):
                self.posted.add(mark)


def _nearest(case: Signature, dispute: Dispute) -> str:
    """The case of a dispute whose weightiest words are most like this one's."""
    marks = case.voice
    return max(dispute.voices, key=lambda voice: (len(voice[1] & marks), voice[0]))[0]


def rebuilt(dispute_id: str, cases: Iterable[Signature], kept: Dispute) -> Dispute:
    """A dispute made anew of its remaining cases; what humans said of it stays."""
    fresh = Dispute(dispute_id, apart=kept.apart, absorbed=kept.absorbed)
    for case in cases:
        fresh.take(case, fresh.copy_in(case))
    return fresh
