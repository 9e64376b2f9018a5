"""The rules of a human's word, without a database: it holds, it rises by new danger, it never falls."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fengqiao_contracts.values import Factor, Grade, Span
from fengqiao_triage.domain.assessment import RANK, Assessment
from fengqiao_triage.domain.override import Override, Seen, overridden, seen_now

GRADES: tuple[Grade, ...] = ("blue", "yellow", "red")
grades = st.sampled_from(GRADES)
hard = st.sets(st.sampled_from(["threat", "selfharm", "violence"]), max_size=2)


def said(grade: Grade, codes: set[str], part: int = 0) -> Assessment:
    spans = (Span(start=0, end=1, part=part),)
    factors = tuple([Factor(code=c, points=0, hard=True, spans=spans) for c in sorted(codes)])
    return Assessment("red" if codes else grade, 0, factors, (), (), 0.9)


def word(grade: Grade, before: Assessment) -> Override:
    seen = seen_now(before, 1, unanswered=False)
    return Override("o", grade, None, None, seen)


def rank(grade: Grade) -> int:
    return RANK[grade]


@given(grades, grades, hard)
def test_as_long_as_nothing_is_new_the_human_s_word_holds(
    human: Grade, policy: Grade, codes: set[str]
) -> None:
    before = said(policy, codes)
    found = overridden(word(human, before), before, unanswered=False)

    assert found.grade == human
    assert [f.code for f in found.factors][-1] == "human_override"


@given(grades, grades, hard, grades, hard, st.booleans())
def test_it_never_falls_and_rises_only_as_far_as_policy_or_silence_say(
    human: Grade, policy: Grade, codes: set[str], later: Grade, more: set[str], silence: bool
) -> None:
    override = word(human, said(policy, codes))
    now = said(later, codes | more)
    found = overridden(override, now, unanswered=silence)

    assert rank(found.grade) >= rank(human)
    step = 1 if silence else 0
    assert rank(found.grade) <= max(rank(now.grade), rank(human)) + step
    assert ("override_raised" in [f.code for f in found.factors]) == (found.grade != human)


@given(grades, hard, grades, hard, st.booleans())
def test_what_was_raised_stays_raised_and_silence_counts_once(
    human: Grade, codes: set[str], later: Grade, more: set[str], silence: bool
) -> None:
    calm = said("blue", codes)
    override = word(human, calm)
    first = overridden(override, said(later, codes | more), unanswered=silence)
    kept = override.after(first.grade)
    again = overridden(kept, said(later, codes | more), unanswered=silence)
    after = overridden(kept.after(again.grade), calm, unanswered=False)

    assert again.grade == first.grade
    assert rank(after.grade) >= rank(first.grade)
    assert Override.from_json(kept.as_json()) == kept


def test_the_same_trigger_from_later_words_is_new_and_from_the_same_words_is_not() -> None:
    before = said("blue", {"threat"})
    override = word("yellow", before)

    assert overridden(override, before, unanswered=False).grade == "yellow"
    later = said("blue", {"threat"}, part=1)
    assert overridden(override, later, unanswered=False).grade == "red"


def test_a_question_that_was_overdue_when_the_human_decided_does_not_count_again() -> None:
    seen = Seen("blue", (), 1, unanswered=True)
    override = replace(word("blue", said("blue", set())), seen=seen)

    assert overridden(override, said("blue", set()), unanswered=True).grade == "blue"
