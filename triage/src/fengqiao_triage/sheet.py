"""The score sheet: a judgement as it is kept and shown, and judgements of loose texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fengqiao_contracts.values import Span

from .domain.analysis import Analysis, Evidence, Form
from .domain.assessment import History, span_of
from .domain.case import Inputs, Judgement, Rules, day_of, judge, months_since
from .domain.text import Text, sha256_of
from .evidence import Texts
from .rules import flag_of
from .views import Assessment, assessment_fields


def columns_of(judgement: Judgement, analyser: str) -> dict[str, Any]:
    """A judgement as it is kept: what is asked for often in columns, the rest as `detail`."""
    a, found = judgement.analysis, judgement.assessment
    return {
        "type": a.type,
        "suitability": a.suitability,
        "grade": found.grade,
        "score": found.score,
        "confidence": found.confidence,
        "detail": detail_of(judgement, analyser),
        "input_sha256": judgement.sha256,
    }


def detail_of(judgement: Judgement, analyser: str) -> dict[str, Any]:
    """All that a judgement says beyond its columns, as it is kept and shown; places, no words."""
    a, found = judgement.analysis, judgement.assessment
    return {
        "type_confidence": a.type_confidence,
        "suitability_confidence": a.suitability_confidence,
        "people": a.people,
        "amount": None if a.amount is None else format(a.amount, "f"),
        "months": a.months,
        "type_spans": [_place(e) for e in a.places.get("type", ())],
        "flags": [
            {"code": code, "spans": [_span(s) for s in spans]}
            for code, spans in flags_of(a, analyser).items()
        ],
        "factors": [
            {
                "code": f.code,
                "points": f.points,
                "hard": f.hard,
                "spans": [_span(s) for s in f.spans],
            }
            for f in found.factors
        ],
        "screening": [
            {
                "rule": s.rule,
                "article": s.article,
                "instead": s.instead,
                "spans": [_span(p) for p in s.spans],
            }
            for s in found.screening
        ],
        "missing": list(found.missing),
        **_in_doubt(judgement),
        **({"policy": _policy_says(judgement)} if "override" in judgement.inputs else {}),
    }


def _in_doubt(judgement: Judgement) -> dict[str, Any]:
    """What the words look like where that is too unsure to stand as the answer."""
    read, a = judgement.read.suitability, judgement.analysis
    in_doubt = "suitability" in a.doubts and a.suitability != read
    return {"likely": read} if in_doubt else {}


def _policy_says(judgement: Judgement) -> dict[str, Any]:
    """What the words and the policy alone say, kept beside what a human decided."""
    a, alone = judgement.read, judgement.alone
    return {
        "type": a.type,
        "type_confidence": a.type_confidence,
        "suitability": a.suitability,
        "suitability_confidence": a.suitability_confidence,
        "grade": alone.grade,
        "score": alone.score,
        "factors": [f.code for f in alone.factors],
    }


def _place(evidence: Evidence) -> list[int]:
    part, start, end = evidence
    return [start, end, part]


def _span(span: Span) -> list[int]:
    return [span.start, span.end, span.part]


def flags_of(a: Analysis, analyser: str) -> dict[str, tuple[Span, ...]]:
    """The published risk flags with the places they rest on."""
    published = flag_of(analyser)
    flags: dict[str, tuple[Span, ...]] = {}
    for code, sign in a.signs.items():
        flag = published.get(code)
        if flag is not None:
            flags[flag] = (*flags.get(flag, ()), *[span_of(e) for e in sign.spans])
    return flags


def dry_run(
    rules: Rules,
    texts: Sequence[str],
    now: datetime,
    *,
    people: int | None = None,
    amount: Decimal | None = None,
    since: date | None = None,
) -> Assessment:
    """What would be said of a text (and its supplements) that is not a case; nothing is kept."""
    judgement = judge_texts(
        rules, texts, now, Form(people, amount, months_since(since, day_of(now)))
    )
    return _shown(rules, judgement, dict(enumerate(texts)))


def judge_texts(rules: Rules, texts: Sequence[str], now: datetime, form: Form) -> Judgement:
    """The judgement of loose texts, the first being the narrative."""
    day = day_of(now)
    parts = rules.analyser.analyse([Text(i, text, day) for i, text in enumerate(texts)])
    hashes = tuple([sha256_of(text) for text in texts])
    return judge(rules, parts, Inputs(rules.versions, hashes, form, History(), now))


def _shown(rules: Rules, judgement: Judgement, texts: Texts) -> Assessment:
    said = columns_of(judgement, rules.versions.analyser)
    return Assessment(**assessment_fields(said, rules.versions, rules.policy, texts))
