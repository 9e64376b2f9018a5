"""Odd texts get an answer, the same one every time, and never an exception."""

import json
import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_triage.domain.analysis import Form
from fengqiao_triage.domain.case import Inputs, Judgement, Rules, judge
from fengqiao_triage.domain.packing import pack, unpack
from fengqiao_triage.domain.text import Text
from fengqiao_triage.rules import analyser

Judged = Callable[..., Judgement]


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "啊", "?", "。。。", "\x00\x01", "😀" * 50, "\ud800"]
)
def test_a_text_that_says_nothing_waits_for_a_human(judged: Judged, text: str) -> None:
    found = judged(text)

    assert found.analysis.suitability == "U"
    assert found.assessment.grade in ("blue", "none")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>邻居漏水",
        "My neighbour threatens me. 邻居漏水",
        "Il mio vicino fa rumore tutta la notte",
        "𠮷野家退款" * 10,
        "打" * 20_000,
        "多次投诉" * 5_000,
        "如果不" * 6_000,
        "一二三四五六七八九十百千万亿" * 1_400,
        "9" * 20_000,
        "被" * 9_000 + "打",
    ],
)
def test_odd_and_huge_texts_are_answered_quickly(judged: Judged, text: str) -> None:
    start = time.process_time()
    judged(text)

    assert time.process_time() - start < 2


@given(st.text(max_size=300))
def test_any_text_is_answered_and_survives_storage(text: str) -> None:
    reader = analyser()
    [part] = reader.analyse([Text(3, text, date(2026, 1, 1))])
    stored = json.loads(json.dumps(pack(part)))

    again = unpack(3, stored)
    assert reader.combine([again], Form()) == reader.combine([part], Form())


@given(
    st.lists(
        st.sampled_from(
            [
                "他",
                "我",
                "没有",
                "扬言",
                "要",
                "砍",
                "打",
                "死",
                "拿刀",
                "，",
                "。",
                "自杀",
                "如果",
                "听说",
                "3",
                "户",
                "万",
                "元",
            ]
        ),
        max_size=40,
    )
)
def test_evidence_always_lies_within_its_part(words: list[str]) -> None:
    text = "".join(words)
    reader = analyser()
    [part] = reader.analyse([Text(0, text, date(2026, 1, 1))])

    spans = [s for signal in part.signals.values() for s in signal.spans] + list(part.type_spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_the_same_inputs_give_the_same_answer_and_hash(judged: Judged, rules: Rules) -> None:
    text = "我们12户业主多次投诉物业公司乱收费，两年多了，协商三次未果。"
    one = judged(text, previous="yellow", red_days=40)
    two = judged(text, previous="yellow", red_days=40)

    assert (one.assessment, one.sha256) == (two.assessment, two.sha256)
    assert judged(text + "。", previous="yellow", red_days=40).sha256 != one.sha256
    assert judged(text).sha256 != one.sha256


def test_an_assessment_is_computed_again_from_its_stored_inputs(
    judged: Judged, rules: Rules
) -> None:
    texts = ("我们12户业主多次投诉物业公司乱收费。", "他说要拿刀")
    found = judged(*texts, previous="yellow", people=12, amount=3000)
    inputs = Inputs.from_json(json.loads(json.dumps(dict(found.inputs))))
    parts = rules.analyser.analyse([Text(i, t, date(2026, 11, 2)) for i, t in enumerate(texts)])

    assert judge(rules, parts, inputs) == found


def test_repeated_words_add_no_cost_beyond_their_length(judged: Judged) -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        judged(text)
        return time.process_time() - start

    once = "他多次投诉物业，协商未果，扬言要砍死我，"
    judged(once)
    assert seconds(once * 400) < 400 * max(seconds(once * 4) / 4, 0.0002) * 3
