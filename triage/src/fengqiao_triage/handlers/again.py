"""Look at a stored case again: with new words, a passed time limit, or a human's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ..domain.analysis import Form, PartAnalysis
from ..domain.answers import answers_from_json
from ..domain.assessment import History, open_safety
from ..domain.case import Inputs, Judgement, Rules, judge
from ..domain.events import RECORDS, events_from_json, firm
from ..domain.override import Override
from ..domain.packing import unpack
from ..domain.text import Text
from .outcome import Case


@dataclass(frozen=True, slots=True)
class NewPart:
    """Words that were not there before, read, with the mark of their text."""

    text: str
    mark: str
    part: PartAnalysis


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be looked at this time, and why. `override` is the one that holds now."""

    cause: str
    now: datetime
    form: Form
    override: Override | None
    unanswered: bool
    by_human: bool = False
    added: NewPart | None = None

    @classmethod
    def at(cls, row: Any, cause: str, now: datetime) -> Look:
        """The case as it stands."""
        return cls(cause, now, form_of(row), override_of(row), row.unanswered)


def form_of(row: Any) -> Form:
    """The stored form of a case."""
    return Form(
        people=row.people,
        amount=row.amount,
        months=row.months,
        respondent=row.respondent,
        answered=row.answered,
        answers=answers_from_json(row.answers),
        events=events_from_json(row.events),
    )


def override_of(row: Any) -> Override | None:
    """The override that holds in a case."""
    return None if row.override is None else Override.from_json(row.override)


def look(rules: Rules, row: Any, stored: Sequence[Any], this: Look) -> Case:
    """The case with a new revision, judged by its stored parts and what is added."""
    added = [this.added] if this.added else []
    inputs = Inputs(
        versions=rules.versions,
        parts=(*[part.sha256 for part in stored], *[new.mark for new in added]),
        form=this.form,
        history=History(row.grade, row.last_red_at),
        now=this.now,
        unanswered=this.unanswered,
        override=this.override,
        by_human=this.by_human,
    )
    parts = [*parts_again(rules, stored), *[new.part for new in added]]
    inputs, judgement = judged(rules, parts, inputs)
    texts: Mapping[int, str] = {part.part: part.text or "" for part in stored}
    return Case(
        case_id=row.case_id,
        area=row.area_path,
        revision=row.revision + 1,
        cause=this.cause,
        inputs=inputs,
        judgement=judgement,
        texts={**texts, **{new.part.part: new.text for new in added}},
        last_red_at=row.last_red_at,
        asked_at=asked_since(rules, judgement, this.now, row.asked_at),
    )


def judged(rules: Rules, parts: Sequence[PartAnalysis], inputs: Inputs) -> tuple[Inputs, Judgement]:
    """The judgement; where no safety question stands open any more, none is overdue either."""
    judgement = judge(rules, parts, inputs)
    if inputs.unanswered and not open_safety(rules.policy, judgement.read):
        inputs = replace(inputs, unanswered=False)
        judgement = judge(rules, parts, inputs)
    return inputs, judgement


def asked_since(
    rules: Rules, judgement: Judgement, now: datetime, before: datetime | None = None
) -> datetime | None:
    """Since when a safety question stands open: other news must not set its clock back."""
    return (before or now) if open_safety(rules.policy, judgement.read) else None


def parts_again(rules: Rules, stored: Sequence[Any], *, anew: bool = False) -> list[PartAnalysis]:
    """What stored parts say: as read then, or read anew (`anew`, or another analyser read them).

    Erased words cannot be read anew: what had been read in them is used.
    """
    version = rules.versions.analyser
    return [
        unpack(row.part, row.analysis)
        if row.text is None or (row.analyser == version and not anew)
        else _read(rules, row)
        for row in stored
    ]


def _read(rules: Rules, row: Any) -> PartAnalysis:
    part = rules.analyser.analyse([Text(row.part, row.text, _day(row.day))])[0]
    return firm(part) if row.part > RECORDS else part


def _day(text: str) -> date:
    return date.fromisoformat(text)
