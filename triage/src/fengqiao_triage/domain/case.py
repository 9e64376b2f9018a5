"""One case's judgement from its stored inputs: what goes in, what comes out, and its hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .analysis import Analyser, Analysis, Form, PartAnalysis
from .answers import answers_as_json, answers_from_json, closed, settled
from .assessment import Assessment, Desk, History, assess, input_sha256
from .events import events_as_json, events_from_json, happened
from .override import Override, Seen, corrected, overridden, seen_now
from .policy import Policy, ScreeningRule, doubted

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Versions:
    """The names of the rules that an assessment was made with."""

    analyser: str
    policy: str
    screening: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one set of versions, loaded."""

    versions: Versions
    analyser: Analyser
    policy: Policy
    screening: tuple[ScreeningRule, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that an assessment depends on beside the rules: kept with it, so it can be repeated.

    `parts` are the hashes of the texts in their order. `override` is the human's word that stood;
    `by_human`: a named human gave the case back to the policy, so that a red may fall.
    """

    versions: Versions
    parts: tuple[str, ...]
    form: Form
    history: History
    now: datetime
    unanswered: bool = False
    override: Override | None = None
    by_human: bool = False

    def as_json(self) -> dict[str, Any]:
        """The inputs as they are stored and hashed; what is not there is left out."""
        return {
            **({"override": self.override.as_json()} if self.override else {}),
            **({"by_human": True} if self.by_human else {}),
            **({"answers": answers_as_json(self.form.answers)} if self.form.answers else {}),
            "versions": {
                "analyser": self.versions.analyser,
                "policy": self.versions.policy,
                "screening": self.versions.screening,
            },
            "parts": list(self.parts),
            "form": {
                "people": self.form.people,
                "amount": None if self.form.amount is None else format(self.form.amount, "f"),
                "months": self.form.months,
                "respondent": self.form.respondent,
                "answered": self.form.answered,
                **({"events": events_as_json(self.form.events)} if self.form.events else {}),
            },
            "previous": self.history.previous,
            "last_red_at": _text(self.history.last_red_at),
            "now": _text(self.now),
            "unanswered": self.unanswered,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Inputs:
        """The inputs as stored."""
        form = data["form"]
        return cls(
            versions=Versions(**data["versions"]),
            parts=tuple(data["parts"]),
            form=Form(
                people=form["people"],
                amount=None if form["amount"] is None else Decimal(form["amount"]),
                months=form["months"],
                respondent=form["respondent"],
                answered=form["answered"],
                answers=answers_from_json(data.get("answers")),
                events=events_from_json(form.get("events")),
            ),
            history=History(data["previous"], _moment(data["last_red_at"])),
            now=datetime.fromisoformat(data["now"]),
            unanswered=data["unanswered"],
            override=Override.from_json(data["override"]) if "override" in data else None,
            by_human=data.get("by_human", False),
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What triage says of a case, with the inputs it follows from (as stored) and their hash.

    `read` is what the words say, before the policy doubts it or a human corrects it; `alone` what
    the policy says of that. `alone` differs from `assessment` only where a human decided otherwise.
    """

    analysis: Analysis
    assessment: Assessment
    inputs: Mapping[str, Any]
    sha256: str
    read: Analysis
    alone: Assessment


def judge(rules: Rules, parts: Sequence[PartAnalysis], inputs: Inputs) -> Judgement:
    """Combine the parts and assess the whole; the same arguments give the same judgement."""
    answers = inputs.form.answers
    read = settled(rules.policy, rules.analyser.combine(parts, inputs.form), answers)
    read = happened(read, inputs.form.events)
    analysis, found, alone = _decide(rules, read, inputs)
    stored = inputs.as_json()
    return Judgement(analysis, found, stored, input_sha256(stored), read, alone)


def _decide(
    rules: Rules, read: Analysis, inputs: Inputs
) -> tuple[Analysis, Assessment, Assessment]:
    """What is decided, and what the policy alone says of the words as they were read."""
    override = inputs.override
    by_words = doubted(rules.policy, read)
    if override is None:
        found = _assess(rules, by_words, inputs, held=True)
        return by_words, found, found
    alone = _assess(rules, by_words, inputs, held=False)
    analysis = _corrected(rules, read, override)
    if override.grade is None:
        return analysis, _assess(rules, analysis, inputs, held=True), alone
    by_policy = _assess(rules, analysis, inputs, held=False)
    return analysis, overridden(override, by_policy, unanswered=inputs.unanswered), alone


def _assess(rules: Rules, a: Analysis, inputs: Inputs, *, held: bool) -> Assessment:
    """By the policy: with what came before (`held`), or from the facts alone."""
    return assess(
        rules.policy,
        rules.screening,
        a,
        inputs.history if held else History(),
        inputs.now,
        Desk(held and inputs.unanswered, inputs.by_human, closed(inputs.form.answers)),
    )


def seen_of(rules: Rules, judged: Judgement, inputs: Inputs, override: Override) -> Seen:
    """What the human has before him who overrides: the facts, with what he corrects of them."""
    alone = _assess(rules, _corrected(rules, judged.read, override), inputs, held=False)
    return seen_now(alone, len(inputs.parts), unanswered=inputs.unanswered)


def _corrected(rules: Rules, read: Analysis, override: Override) -> Analysis:
    """What was read with the human's word; the policy doubts only what he left as it was."""
    said = {"type": override.type, "suitability": override.suitability}
    decided = [name for name, value in said.items() if value is not None]
    return doubted(rules.policy, corrected(read, override), decided)


def day_of(moment: datetime) -> date:
    """The business date in Chengdu of a moment."""
    return moment.astimezone(CHINA).date()


def months_since(start: date | None, day: date) -> int | None:
    """Whole months from a stated beginning to a day; None where none was stated."""
    return None if start is None else max(0, (day.year - start.year) * 12 + day.month - start.month)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
