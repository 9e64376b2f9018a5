"""Flags and figures that the model proposes, the scopes that take a sign back, and bad input."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib import resources

import pytest

from fengqiao_triage.domain import durations, figures_first, heads, sums
from fengqiao_triage.domain.case import Judgement
from fengqiao_triage.domain.facts import CROWD, Facts
from fengqiao_triage.domain.figures import weighed
from fengqiao_triage.domain.text import Text
from fengqiao_triage.rules import (
    CUES,
    FACTS,
    LATEST,
    READING,
    analyser,
    cue_set,
    facts,
    flag_of,
    policy,
)
from fengqiao_triage.settings import Settings

Judged = Callable[..., Judgement]
QUARREL = "楼上邻居家卫生间漏水，把我家天花板泡坏了，找他协商赔偿，他不承认。"


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("minor", "离婚后孩子的抚养权归我，他不让我探望孩子"),
        ("wages", "老板拖欠工资三个月，一直不发"),
        ("death", "工人从楼上掉下来，送医院抢救无效死亡，家属要求赔偿"),
        ("serious_injury", "车祸后截肢，鉴定为五级伤残，保险公司不赔"),
        ("repeat", "多次投诉到12345和社区，一直没有解决"),
        ("vulnerable", "我母亲今年八十三岁，瘫痪在床，兄弟不肯赡养"),
        ("missing", "老板跑路了，电话打不通，公司人去楼空"),
    ],
)
def test_a_flag_is_proposed_with_the_words_it_rests_on(
    judged: Judged, flag: str, words: str
) -> None:
    found = judged(words).analysis.signs[flag]

    assert found.spans
    assert all(words[start:end].strip() for _, start, end in found.spans)


def test_the_model_proposes_nothing_without_a_hint(judged: Judged) -> None:
    reader = analyser()
    [part] = reader.analyse([Text(0, "孩" * 400, date(2026, 1, 1))])

    assert not part.signals.keys() & {*facts().flags}


def test_the_passing_hints_are_not_kept(judged: Judged) -> None:
    assert not [code for code in judged(QUARREL * 3).analysis.signs if code.startswith("hint_")]


def test_no_danger_to_life_is_left_to_the_model() -> None:
    assert not {"threat", "violence", "selfharm", "dv"} & {*facts().flags}
    assert {"threat", "violence", "selfharm", "dv"} <= {*flag_of().values()}


def test_every_hint_is_for_a_known_flag() -> None:
    hinted = {cue.hints for cue in cue_set().cues.values() if cue.hints}

    assert hinted <= {*flag_of().values()}


def test_the_weights_are_whole_numbers_and_no_piece_is_rare() -> None:
    packed = (resources.files("fengqiao_triage") / "data" / f"{FACTS}.json.gz").read_bytes()
    data = json.loads(gzip.decompress(packed))

    rows = [*data["signs"].values(), *data["grams"].values(), data["bias"], data["least"]]
    assert all(isinstance(weight, int) for row in rows for weight in row)
    assert data["card"]["out_of_fold"].keys() >= {*data["flags"], "people", "amount", "crowd"}
    assert all(2 <= len(gram) <= 4 for gram in data["grams"])


def test_the_versions_before_the_model_can_still_be_read(judged: Judged) -> None:
    text = "我们几百户业主多次投诉物业，协商未果，他扬言要砍死我，欠款3.5万元。"
    old = analyser("lexicon-v1+cues-v1")
    [part] = old.analyse([Text(0, text, date(2026, 1, 1))])

    assert part.people is not None
    assert part.people.value == Decimal(300)
    assert CROWD not in part.signals
    assert policy("policy-v1").version == "policy-v1"
    assert analyser(f"{READING}+{CUES}+{FACTS}").version == analyser().version


def test_the_service_reads_with_the_latest_files_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().versions() == LATEST

    monkeypatch.setenv("FENGQIAO_TRIAGE_FACTS", "")
    monkeypatch.setenv("FENGQIAO_TRIAGE_CUES", "cues-v1")
    assert Settings().versions().analyser == f"{READING}+cues-v1"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("欠款2万3千元", [23000]),
        ("要还一万七", [17000]),
        ("损失十六七万元", [160000]),
        ("转账5w没还", [50000]),
        ("交了XX万元", []),
        ("小区有3万平方米", []),
        ("千万别去", []),
        ("打12345投诉", []),
        ("罚款人民币壹仟贰佰元", [1200]),
        ("被罚两百", [200]),
        ("首付款近亿元", [100_000_000]),
        ("圈占绿地价值2个亿", [200_000_000]),
        ("300个协管员每人600元的慰问金", [600, 180_000]),
        ("交了一万定金，25万首付款", [10_000, 250_000, 260_000]),
        ("打12345和96533投诉", []),
    ],
)
def test_sums_are_found_in_every_way_of_writing(text: str, values: list[int]) -> None:
    assert [int(f.value) for f in sums.amounts(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("我们44名职工", [44]),
        ("住在304户", []),
        ("共有304户", [304]),
        ("2016年村民反映", []),
        ("80多岁的老人", []),
        ("数百家庭受影响", [100]),
        ("三万多人看了", []),
        ("我和其他8名农民工", [9]),
        ("一家七口没地方住", [7]),
        ("百来号员工没拿到工资", [100]),
        ("两三百人住在上面", [200]),
        ("56平业主没有燃气", []),
        ("二一七队家属区", []),
        ("1栋1812的业主", []),
        ("创发城1938小区业主", []),
    ],
)
def test_heads_are_told_from_flats_years_ages_and_onlookers(text: str, values: list[int]) -> None:
    assert [int(f.value) for f in heads.people(text)] == values


def test_no_figure_is_chosen_below_the_least_weight() -> None:
    [one] = heads.people("我们44名职工")

    assert weighed([one], {one.marks[0]: 10}, 10) == one
    assert weighed([one], {one.marks[0]: 10}, 11) is None
    assert isinstance(facts(), Facts)


def test_several_hundred_households_without_a_number_are_a_crowd(judged: Judged) -> None:
    found = judged("我们小区几百户业主被开发商拖了三年没有交房，多次投诉无果。")

    assert found.analysis.people is None
    assert CROWD in found.analysis.signs
    assert found.assessment.grade == "red"


@pytest.mark.parametrize(
    ("sign", "said", "taken_back"),
    [
        ("threat", "他扬言要砍死我。", "他在群里说我扬言要砍他。我从没说过要砍人。"),
        ("threat", "他拿刀来我家门口。", "商家剪刀和刀具打折，货不对板。"),
        ("violence", "昨天没拦住就打起来了。", "昨天吵架，没有打起来。"),
        ("violence", "他们打了一架。", "他们差点打了一架。"),
        ("selfharm", "我站在楼顶，今天不退钱我就跳下去。", "楼顶漏水，物业不修。"),
        ("selfharm", "他说不想活了。", "他说没有不想活。"),
        ("death", "病人手术后死亡，医院不赔。", "担心再拖下去会死亡，医院不赔。"),
    ],
)
def test_denial_condition_and_other_sense_take_a_sign_back(
    judged: Judged, sign: str, said: str, taken_back: str
) -> None:
    assert sign in judged(QUARREL + said).analysis.signs
    assert sign not in judged(QUARREL + taken_back).analysis.signs


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("拖了八个多月没给", 8),
        ("三年多了还没解决", 36),
        ("从去年三月至今没人管", 18),
        ("已经一年半了", 18),
        ("长达两年零三个月", 27),
        ("自今年年初以来", 8),
        ("五个月前摔伤，至今没赔", 5),
        ("2016年3月交房", 42),
        ("三年级的孩子", None),
        ("我今年三十岁", None),
        ("工资压一个月", None),
        ("两年前离婚", None),
    ],
)
def test_how_long_it_has_lasted_is_read_from_phrases(text: str, months: int | None) -> None:
    found = [one.value for one in durations.months(text, date(2019, 9, 1))]

    assert max(found, default=None) == months


def test_what_facts_v1_found_is_found_the_same_for_replays() -> None:
    text = "我们44名职工和两三百人被拖欠工资，每人5000元，共计22万元，住在304户"

    assert [int(f.value) for f in figures_first.people(text)] == [44, 300]
    assert [int(f.value) for f in figures_first.amounts(text)] == [5000, 220_000]
    [part] = analyser("model-v1+cues-v2+facts-v1").analyse([Text(0, text, date(2026, 1, 1))])
    assert (part.people, part.amount) != (None, None)


@pytest.mark.parametrize(
    ("words", "grade_is_red"),
    [
        ("我们十几个村民集体上访到市政府，要求解决山林补偿。", True),
        ("业主集体签名反对在小区里开医院，请街道处理。", False),
    ],
)
def test_a_group_petition_is_red_at_city_level_or_with_a_crowd(
    judged: Judged, words: str, *, grade_is_red: bool
) -> None:
    codes = {f.code for f in judged(words).assessment.factors if f.hard}

    assert bool({c for c in codes if c.startswith("collective_petition")}) is grade_is_red
