"""Answers to questions: what they settle, what they confirm, and what they leave open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .analysis import Analysis, Answered, Evidence, Sign
from .policy import Policy, Question

_AFFIRMS = re.compile(
    r"\s*(?:是的|是[，。,.]|有的|有[，。,.]|确有|确实|对[，。,.]|嗯|yes\b)", re.IGNORECASE
)
_DENIES = re.compile(r"没|无|未|不是|不会|否|假的|\b(?:no|not|never|none)\b", re.IGNORECASE)
_DOUBTS = re.compile(
    r"不(?:太)?(?:清楚|知道|了解|确定|好说)|说不准|unknown|don't know", re.IGNORECASE
)


def denies(text: str) -> bool:
    """Whether an answer in free words says that there was nothing.

    Only then it settles what earlier parts left unsure: "有" or "不清楚" must not calm a case.
    """
    return bool(_DENIES.search(text)) and not _AFFIRMS.match(text) and not _DOUBTS.search(text)


def merged(known: Iterable[Answered], new: Iterable[Answered]) -> tuple[Answered, ...]:
    """All answers, of each question the last, in the order of their codes."""
    last = {answer.code: answer for answer in (*known, *new)}
    return tuple([last[code] for code in sorted(last)])


def closed(answers: Iterable[Answered]) -> frozenset[str]:
    """The questions that were answered in words, so that they need not be asked again."""
    return frozenset([answer.code for answer in answers if answer.says == "given"])


def settled(policy: Policy, a: Analysis, answers: Sequence[Answered]) -> Analysis:
    """The analysis after the safety answers: a danger confirmed is a sign, one denied is none.

    What was said after an answer stays as it was said.
    """
    last = {answer.code: answer for answer in answers}
    signs, unsure = dict(a.signs), dict(a.unsure)
    for question in policy.safety:
        answer = last.get(question.code)
        if answer is not None and answer.says == "danger":
            _confirm(question, answer, signs, unsure)
        elif answer is not None and answer.says == "no_danger":
            _drop(question, answer, unsure)
    return replace(a, signs=signs, unsure=unsure) if answers else a


def _confirm(
    question: Question, answer: Answered, signs: dict[str, Sign], unsure: dict[str, Sign]
) -> None:
    words: tuple[Evidence, ...] = ((answer.part, answer.start, answer.end),)
    for code in [c for c in question.unsure if c in unsure] or question.unsure[:1]:
        hearsay = unsure.pop(code, Sign(1, ()))
        known = signs.get(code, Sign(1, ()))
        count = max(known.count, hearsay.count, 1)
        signs[code] = Sign(count, (*known.spans, *hearsay.spans, *words))


def _drop(question: Question, answer: Answered, unsure: dict[str, Sign]) -> None:
    for code in question.unsure:
        if code in unsure:
            later = tuple([span for span in unsure[code].spans if span[0] > answer.part])
            if later:
                unsure[code] = Sign(unsure[code].count, later)
            else:
                del unsure[code]


def answers_as_json(answers: Iterable[Answered]) -> list[list[Any]]:
    """The answers as they are stored and hashed."""
    return [[a.code, a.says, a.part, a.start, a.end] for a in answers]


def answers_from_json(data: Sequence[Sequence[Any]] | None) -> tuple[Answered, ...]:
    """The answers as stored; none where nothing was."""
    return tuple([Answered(*row) for row in data or ()])
