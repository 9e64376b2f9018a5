"""What happens to a case after it was told, as signs of the grading policy (domain.md §5.2, re-grade events)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .analysis import Analysis, PartAnalysis, Sign

RECORDS = 100_000
"""A session's record is the part with this number and the session's own: no supplement has it."""

FAILED, REPEAT, BREACH = "failed", "repeat", "breach"
EVENTS: Mapping[str, str] = {
    FAILED: "调解会未达成协议（由办案记录得出） · a session ended without agreement (from casework)",
    REPEAT: "又有部门转来（由转介得出） · one more referrer (from referrals)",
    BREACH: "协议义务到期未履行（由办案记录得出） · an obligation was breached (from casework)",
}
"""The signs that events give; the first two are said in words too, and both counts add up."""

type Events = tuple[tuple[str, int], ...]
"""How often each happened, by the codes of `EVENTS`, in their order."""


def happened(a: Analysis, events: Events) -> Analysis:
    """The analysis with what happened: the words told what was before, so the counts add up."""
    if not events:
        return a
    signs = dict(a.signs)
    for code, times in events:
        told = signs.get(code, Sign(0, ()))
        signs[code] = Sign(told.count + times, told.spans)
    unsure = {code: sign for code, sign in a.unsure.items() if code not in signs}
    return replace(a, signs=signs, unsure=unsure)


def once_more(events: Events, code: str) -> Events:
    """The events with one more of a kind."""
    return at_least(events, code, dict(events).get(code, 0) + 1)


def at_least(events: Events, code: str, times: int) -> Events:
    """The events with no fewer than `times` of a kind."""
    known = dict(events)
    counts = known | {code: max(times, known.get(code, 0))}
    return tuple([(code, counts[code]) for code in sorted(counts) if counts[code]])


def firm(part: PartAnalysis) -> PartAnalysis:
    """Of a session's record only what it says as a fact: danger shows, but a mediator's notes do not
    change what the dispute is about, and hearsay in them is asked in the session itself.
    """
    said = {code: signal for code, signal in part.signals.items() if not signal.unsure}
    return PartAnalysis(
        part=part.part,
        words=0,
        type_sums=tuple([0.0] * len(part.type_sums)),
        suit_sums=tuple([0.0] * len(part.suit_sums)),
        signals=said,
    )


def events_as_json(events: Events) -> list[list[str | int]]:
    """The events as they are stored and hashed."""
    return [[code, times] for code, times in events]


def events_from_json(data: Sequence[Sequence[str | int]] | None) -> Events:
    """The events as stored; none where nothing was."""
    return tuple([(str(code), int(times)) for code, times in data or ()])
