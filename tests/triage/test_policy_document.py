"""A policy file that a stranger wrote: read safely, and told what is wrong, where, and what to do."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_triage import policy_yaml
from fengqiao_triage.policy_document import check, parsed
from fengqiao_triage.rules import POLICY, policy, signs_of, text_of

SHIPPED = text_of(POLICY)
NEW = SHIPPED.replace(f"version: {POLICY}", "version: policy-x2", 1)


def checked(text: str) -> Any:
    return check(text, signs_of(), policy())


def test_the_shipped_policy_passes_and_means_the_same() -> None:
    found = checked(SHIPPED)

    assert (found.issues, found.warnings, found.version) == ((), (), POLICY)
    assert found.policy == policy()
    assert parsed(SHIPPED) == policy()


def edit(old: str, new: str) -> str:
    assert old in NEW
    return NEW.replace(old, new, 1)


WRONG = {
    "an unknown field": (edit("red: 60", "red: 60, green: 5"), "thresholds.green"),
    "a threshold as text": (edit("red: 60", "red: sixty"), "thresholds.red"),
    "yellow above red": (edit("yellow: 30", "yellow: 80"), "thresholds.yellow"),
    "no thresholds": (edit("thresholds: {red: 60, yellow: 30}", ""), "thresholds"),
    "an unknown sign": (edit("signs: [threat]", "signs: [thret]"), "hard.0.signs.0"),
    "an unknown type": (edit('"02", "03"', '"02", "77"'), "hard.6.types.1"),
    "an empty condition": (edit("signs: [threat], ", ""), "hard.0"),
    "negative points": (edit("points: 10", "points: -10"), "points.0.rules.0.points"),
    "yes for a number": (edit("points: 10", "points: yes"), "points.0.rules.0.points"),
    "a code twice": (edit("code: people_10", "code: people_5"), "points.0.rules.1.code"),
    "a group twice": (edit("group: amount", "group: people"), "points.1.group"),
    "a name of another kind": (edit("version: policy-x2", "version: rules 2"), "version"),
    "a name of the releases": (edit("version: policy-x2", "version: policy-v77"), "version"),
    "a red that a machine may lower": (
        edit("red_needs_human: true", "red_needs_human: false"),
        "downgrade.red_needs_human",
    ),
    "a question nobody knows": (edit("{code: since", "{code: sinse"), "missing.2.code"),
    "a count without a sign": (
        edit("{code: people_50, min_people: 50}", "{code: people_50, min_people: 50, min_count: 3}"),
        "hard.9",
    ),
    "days without end": (edit("raise_after_days: 3", "raise_after_days: 3000"),
                         "safety.raise_after_days"),
    "a question of safety that asks for a number": (
        edit("{code: safety_threat, unsure: [threat]", "{code: safety_threat, unknown: people"),
        "safety.questions.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_its_line_and_remedy(name: str) -> None:
    text, field = WRONG[name]
    found = checked(text)

    assert found.policy is None
    assert field in [issue.field for issue in found.issues]
    (issue,) = [i for i in found.issues if i.field == field]
    assert issue.zh
    assert issue.en
    if name != "no thresholds":
        assert issue.line is not None
        changed = [
            n
            for n, pair in enumerate(zip(text.split("\n"), NEW.split("\n"), strict=False), 1)
            if pair[0] != pair[1]
        ]
        assert issue.line == changed[0]


HOSTILE = {
    "a bomb": "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "an alias": "a: &x 1\nb: *x",
    "a python object": "a: !!python/object/apply:os.system ['true']",
    "any tag": "a: !foo bar",
    "a key twice": "a: 1\na: 2",
    "a list as key": "? [1, 2]\n: 3",
    "a merge": "a: {b: 1}\nc: {<<: {d: 1}, d: 2, d: 3}",
    "deep": "a: " + "[" * 20_000,
    "deep and closed": "a: " + "[" * 30_000 + "]" * 30_000,
    "deep by keys": "".join(" " * n + "a:\n" for n in range(200)),
    "a list": "- 1\n- 2",
    "a text": "红黄蓝",
    "nothing": "",
    "a comment": "# 只有注释",
    "two documents": "a: 1\n---\nb: 2",
    "no yaml": "a: [1, 2\nb: }",
    "a tab": "a:\n\t- 1",
    "too long": "#" + "长" * 70_000,
    "not characters": "a: \x07",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_at_once(name: str) -> None:
    start = time.perf_counter()
    found = checked(HOSTILE[name])

    assert found.issues
    assert all(issue.zh and issue.en for issue in found.issues)
    assert found.policy is None
    assert time.perf_counter() - start < 1


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_no_text_breaks_the_check(text: str) -> None:
    assert checked(text).issues


@given(st.integers(0, len(NEW) - 1), st.text(max_size=12))
def test_no_slip_of_the_pen_breaks_the_check(at: int, words: str) -> None:
    found = checked(NEW[:at] + words + NEW[at + len(words) :])

    assert (found.policy is None) == bool(found.issues)


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (edit("  - {code: selfharm, signs: [selfharm], safety: true}\n", ""), "trigger-dropped", "hard"),
        (edit("red: 60", "red: 80"), "threshold-raised", "thresholds.red"),
        (
            "".join(line for line in NEW.splitlines(keepends=True) if "safety_dv" not in line),
            "question-dropped",
            "safety.questions",
        ),
    ],
)  # fmt: skip
def test_what_makes_it_milder_is_pointed_out(text: str, code: str, field: str) -> None:
    found = checked(text)

    assert found.issues == ()
    assert [(w.code, w.field) for w in found.warnings] == [(code, field)]


def test_a_bureau_asks_questions_of_its_own() -> None:
    more = "  - {code: local_pets, absent: [repeat], zh: 养狗吗？, en: Any dog?}\nsafety:\n"
    found = checked(edit("safety:\n  raise", more + "  raise"))

    assert found.issues == ()


def test_numbers_dates_and_words_are_read_as_written() -> None:
    text = 'a: 12\nb: 1.5\nc: true\nd: null\ne: 2026-01-01\nf: "00"\ng: 一\nh: .inf\ni: 0x'
    found = policy_yaml.read(text)

    assert {k: v for k, v in found.data.items() if k != "h"} == {
        "a": 12, "b": 1.5, "c": True, "d": None, "e": "2026-01-01", "f": "00", "g": "一", "i": "0x",
    }  # fmt: skip
    assert found.line_of(("c",)) == 3
    assert found.line_of(("c", 4, "x")) == 3
