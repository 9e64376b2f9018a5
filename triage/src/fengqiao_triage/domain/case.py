"""One case's judgement from its stored inputs: what goes in, what comes out, and its hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .analysis import Analyser, Analysis, Form, PartAnalysis
from .assessment import Assessment, History, assess, input_sha256
from .policy import Policy, ScreeningRule

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

    `parts` are the hashes of the texts in their order.
    """

    versions: Versions
    parts: tuple[str, ...]
    form: Form
    history: History
    now: datetime
    unanswered: bool = False

    def as_json(self) -> dict[str, Any]:
        """The inputs as they are stored and hashed."""
        return {
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
            ),
            history=History(data["previous"], _moment(data["last_red_at"])),
            now=datetime.fromisoformat(data["now"]),
            unanswered=data["unanswered"],
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What triage says of a case, with the inputs it follows from (as stored) and their hash."""

    analysis: Analysis
    assessment: Assessment
    inputs: Mapping[str, Any]
    sha256: str


def judge(rules: Rules, parts: Sequence[PartAnalysis], inputs: Inputs) -> Judgement:
    """Combine the parts and assess the whole; the same arguments give the same judgement."""
    analysis = rules.analyser.combine(parts, inputs.form)
    found = assess(
        rules.policy,
        rules.screening,
        analysis,
        inputs.history,
        inputs.now,
        unanswered=inputs.unanswered,
    )
    stored = inputs.as_json()
    return Judgement(analysis, found, stored, input_sha256(stored))


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
