"""A grading policy as a bureau writes it: read, checked in full, and told what is wrong in words."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from fengqiao_chassis.web.wording import worded
from fengqiao_contracts import codes

from . import policy_yaml
from .domain.policy import LeastSure, Policy
from .policy_schema import ConditionDoc, PolicyDoc, QuestionDoc, RuleDoc
from .policy_yaml import BadYaml, Document, Issue, Place
from .rules import policy_from, versions_of

LOCAL_QUESTION = "local_"
MAX_ISSUES = 50
RELEASE = re.compile(r"policy-v[0-9.]+")
"""Names of the release's own versions: a bureau's must not meet one of a later release."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that was checked: its version if it has one, what is wrong, what to look at twice."""

    version: str | None
    sha256: str
    issues: tuple[Issue, ...]
    warnings: tuple[Issue, ...] = ()
    policy: Policy | None = None


def sha256_of(text: str) -> str:
    """The hash under which a policy's text is known, here and by the platform that was sent it."""
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    return hashlib.sha256(clean.encode("utf-8", "surrogatepass")).hexdigest()


def parsed(text: str) -> Policy:
    """The policy of a text that was checked before."""
    return policy_from(policy_yaml.read(text).data)


def check(text: str, signs: Collection[str], before: Policy | None = None) -> Checked:
    """Check a policy's text against the signs that are found; `before` is the policy now in force."""
    sha256 = sha256_of(text)
    try:
        document = policy_yaml.read(text)
    except BadYaml as bad:
        return Checked(None, sha256, (bad.issue,))
    said = document.data.get("version")
    version = said if isinstance(said, str) else None
    try:
        doc = PolicyDoc.model_validate(document.data)
    except ValidationError as wrong:
        return Checked(version, sha256, tuple(_worded(document, wrong)))
    issues = tuple(_Check(document, doc, signs).issues())[:MAX_ISSUES]
    if issues:
        return Checked(version, sha256, issues)
    policy = policy_from(document.data)
    warnings = tuple(_warnings(before, policy)) if before else ()
    return Checked(version, sha256, (), warnings, policy)


def _worded(document: Document, wrong: ValidationError) -> Iterator[Issue]:
    for error in list(wrong.errors())[:MAX_ISSUES]:
        words = worded(error)
        place: Place = error["loc"]
        yield Issue(
            words["field"], document.line_of(place), words["code"], words["zh"], words["en"]
        )


@dataclass(frozen=True, slots=True)
class _Check:
    """What the shape alone does not tell: that names are known, once each, and mean something."""

    document: Document
    doc: PolicyDoc
    signs: Collection[str]

    def issues(self) -> Iterator[Issue]:
        doc = self.doc
        if RELEASE.fullmatch(doc.version) and doc.version not in versions_of("policy"):
            yield self._issue(
                ("version",),
                "reserved-version",
                "policy-v 加数字留给软件自带的版本，请换一个，如 policy-2026-12",
                "policy-v and a number is for the software's own versions: take policy-2026-12",
            )
        if doc.thresholds.yellow >= doc.thresholds.red:
            yield self._issue(
                ("thresholds", "yellow"), "bad-thresholds", "应小于 red", "must be below red"
            )
        yield from self._known(("none_types",), doc.none_types, codes.table("types").codes, "types")
        places = self._rules()
        for place, rule in places:
            yield from self._condition(place, rule)
        yield from self._twice([(place, rule.code) for place, rule in places], "code")
        groups = [(("points", n), g.group) for n, g in enumerate(doc.points)]
        yield from self._twice(groups, "group")
        asked = self._questions()
        for place, question in asked:
            yield from self._question(place, question)
        yield from self._twice([(place, question.code) for place, question in asked], "code")

    def _rules(self) -> list[tuple[Place, RuleDoc]]:
        hard = [(("hard", n), rule) for n, rule in enumerate(self.doc.hard)]
        points = [
            (("points", g, "rules", n), rule)
            for g, group in enumerate(self.doc.points)
            for n, rule in enumerate(group.rules)
        ]
        return [*hard, *points]

    def _questions(self) -> list[tuple[Place, QuestionDoc]]:
        missing = [(("missing", n), q) for n, q in enumerate(self.doc.missing)]
        safety = self.doc.safety.questions
        return [*missing, *[(("safety", "questions", n), q) for n, q in enumerate(safety)]]

    def _condition(self, place: Place, rule: ConditionDoc) -> Iterator[Issue]:
        types, suits = codes.table("types").codes, codes.table("suitability").codes
        for name, known, table in (
            *[(field, self.signs, "") for field in ("signs", "needs", "without")],
            ("types", types, "types"),
            ("not_types", types, "types"),
            ("suits", suits, "suitability"),
        ):
            yield from self._known((*place, name), getattr(rule, name), known, table)
        if (rule.min_count or rule.min_places) and not rule.signs:
            yield self._issue(
                place,
                "count-of-nothing",
                "min_count 和 min_places 需要 signs",
                "min_count and min_places need signs",
            )
        if not rule.positive():
            yield self._issue(
                place,
                "empty-condition",
                "条件为空，会对每个案件成立：请至少写明 signs、types、suits 或人数、金额、月数之一",
                "an empty condition holds for every case: give signs, types, suits, people, amount or months",
            )

    def _question(self, place: Place, question: QuestionDoc) -> Iterator[Issue]:
        safety = place[0] == "safety"
        yield from self._known((*place, "absent"), question.absent, self.signs, "")
        yield from self._known((*place, "unsure"), question.unsure, self.signs, "")
        row = codes.table("questions").by_code.get(question.code)
        if row is None and not question.code.startswith(LOCAL_QUESTION):
            yield self._issue(
                (*place, "code"),
                "unknown-question",
                "不在 GET /v1/codes/questions 中；自定义问题的 code 应以 local_ 开头",
                "is not in GET /v1/codes/questions; codes of your own questions begin with local_",
            )
        q = question
        ways = [bool(way) for way in (q.unknown, q.absent, q.unsure, q.doubt_of)]
        if sum(ways) != 1 or bool(question.unsure) != safety:
            yield self._issue(
                place,
                "when-to-ask",
                "安全问题只写 unsure；其他问题只写 unknown、absent、doubt_of 之一",
                "a safety question has unsure alone, any other one of unknown, absent and doubt_of",
            )

    def _known(
        self, place: Place, said: Sequence[str], known: Collection[str], table: str
    ) -> Iterator[Issue]:
        where = (f"见 GET /v1/codes/{table}", f"see GET /v1/codes/{table}")
        if not table:
            where = ("见 fengqiao triage policy signs", "see fengqiao triage policy signs")
        for n, code in enumerate(said):
            if code not in known:
                yield self._issue(
                    (*place, n),
                    "unknown-code",
                    f"没有这个代码，{where[0]}",
                    f"is unknown, {where[1]}",
                )

    def _twice(self, named: Sequence[tuple[Place, str]], field: str) -> Iterator[Issue]:
        seen: set[str] = set()
        for place, name in named:
            if name in seen:
                yield self._issue(
                    (*place, field), "named-twice", "名称重复，请改名", "is used twice: rename one"
                )
            seen.add(name)

    def _issue(self, place: Place, code: str, zh: str, en: str) -> Issue:
        name = ".".join(str(part) for part in place)
        return Issue(name, self.document.line_of(place), code, zh, en)


def _warnings(before: Policy, after: Policy) -> Iterator[Issue]:
    """What makes the policy milder than the one in force: allowed, yet to be looked at twice."""
    hard = {rule.code for rule in before.hard} - {rule.code for rule in after.hard}
    for code in sorted(hard):
        yield Issue(
            "hard",
            None,
            "trigger-dropped",
            f"不再直接定红：{code}",
            f"makes no red any more: {code}",
        )
    asked = {q.code for q in before.safety} - {q.code for q in after.safety}
    for code in sorted(asked):
        yield Issue(
            "safety.questions",
            None,
            "question-dropped",
            f"不再询问：{code}",
            f"asks no more: {code}",
        )
    yield from _asks_less(before.least_sure, after.least_sure)
    thresholds = (
        ("red", before.red_from, after.red_from),
        ("yellow", before.yellow_from, after.yellow_from),
    )
    for colour, was, now in thresholds:
        if now > was:
            yield Issue(
                f"thresholds.{colour}",
                None,
                "threshold-raised",
                f"由 {was} 提高到 {now}，该等级的案件会减少",
                f"raised from {was} to {now}: fewer cases of this grade",
            )


def _asks_less(before: LeastSure, after: LeastSure) -> Iterator[Issue]:
    for name in ("suitability", "type"):
        was, now = getattr(before, name), getattr(after, name)
        if now < was:
            yield Issue(
                f"least_sure.{name}",
                None,
                "asks-less",
                f"由 {was} 降低到 {now}，请人判断的案件会减少",
                f"lowered from {was} to {now}: a human is asked less often",
            )
