"""Real words: types, signs with their evidence, negation, numbers."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from fengqiao_triage.domain.case import Judgement

Judged = Callable[..., Judgement]

NEIGHBOURS = "楼上邻居家卫生间漏水，把我家天花板泡坏了，找他协商赔偿，他不承认是他家的问题。"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NEIGHBOURS, "02"),
        ("我和老公分居两年了，想离婚，孩子的抚养权和共同财产怎么分", "01"),
        ("开发商延期交房一年多，一直不给办房产证，要求退房退首付", "03"),
        ("朋友借了我五万块钱，写了借条，到期不还钱，打电话也不接", "04"),
        ("公司拖欠我三个月工资，没有签劳动合同，辞退我也不给经济补偿", "10"),
        ("在健身房办了年卡，健身房关门了，会员卡余额不退款", "12"),
        ("在医院做手术后感染，医生误诊，医院不承认医疗事故", "13"),
        ("我骑电动车被轿车撞了，交警认定对方全责，保险公司不赔误工费", "14"),
        ("小区物业公司乱收物业费，电梯坏了不修，业主大会也不开", "15"),
        ("村里征地拆迁，拆迁办给的安置房和补偿款与协议不一致", "08"),
        ("楼下烧烤店每天营业到凌晨，油烟和噪音严重扰民，污染环境", "09"),
        ("建议在学校门口修建一个公交站，方便市民出行", "00"),
    ],
)
def test_an_everyday_text_has_the_official_type(judged: Judged, text: str, kind: str) -> None:
    assert judged(text).analysis.type == kind


@pytest.mark.parametrize(
    ("sign", "said", "denied"),
    [
        ("violence", "他动手打人，把我打伤了", "双方只是争吵，没有打人，也没有动手打架"),
        ("threat", "他扬言要砍死我全家", "他从没说过要砍人，没有扬言要砍谁"),
        ("selfharm", "她说不想活了，要跳楼自杀", "她情绪平稳，没有自杀的想法"),
        ("media", "我已经联系记者，电视台要来曝光", "我没有找过媒体，不想闹大"),
        ("gathering", "业主们在售楼部门口拉横幅静坐", "业主没有拉横幅，也没有静坐"),
        ("death", "工人掉下来，送医抢救无效死亡", "担心电线会把人电死，造成死亡"),
    ],
)
def test_a_sign_counts_when_said_and_not_when_denied(
    judged: Judged, sign: str, said: str, denied: str
) -> None:
    assert sign in judged(NEIGHBOURS + said).analysis.signs
    assert sign not in judged(NEIGHBOURS + denied).analysis.signs


def test_a_condition_with_a_weapon_is_a_threat_and_not_yet_a_blow(judged: Judged) -> None:
    signs = judged(NEIGHBOURS + "昨天他说再来就拿刀砍我。").analysis.signs

    assert "threat" in signs
    assert "violence" not in signs


def test_idioms_are_no_danger(judged: Judged) -> None:
    for text in (
        "商场跳楼价清仓，买的羽绒服跑绒",
        "跟摊主砍价半天",
        "累死累活干了一年",
        "鱼塘的鱼大量死亡",
    ):
        signs = judged(text + "，对方不肯退钱。").analysis.signs
        assert not {"threat", "violence", "selfharm", "death"} & signs.keys(), text


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("听说他想自杀。", "selfharm"),
        ("听说他想拿刀砍人。", "threat"),
        ("据说要捅死邻居。", "threat"),
    ],
)
def test_hearsay_is_a_question_and_no_sign(judged: Judged, words: str, sign: str) -> None:
    found = judged(NEIGHBOURS + words)

    assert sign not in found.analysis.signs
    assert found.assessment.grade != "red"
    assert found.assessment.missing[0] == f"safety_{sign}"


def test_an_answer_settles_what_was_hearsay(judged: Judged) -> None:
    found = judged(NEIGHBOURS + "听说他想自杀。", "已核实，没有这回事。", answered=1)

    assert "safety_selfharm" not in found.assessment.missing


def test_every_piece_of_evidence_is_the_words_it_names(judged: Judged) -> None:
    parts = ("我们15户业主多次投诉物业，物业公司保安打人。", "现在他们扬言要砍死我，欠款3.5万元。")
    found = judged(*parts)

    quoted = {
        parts[part][start:end]
        for sign in found.analysis.signs.values()
        for part, start, end in sign.spans
    }
    assert {"打人"} <= quoted
    assert any("砍死" in words for words in quoted)
    assert parts[0][slice(*found.analysis.places["people"][0][1:])].startswith("15户")
    part, start, end = found.analysis.places["amount"][0]
    assert (part, parts[part][start:end]) == (1, "3.5万元")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("我们300多户业主都没有拿到房产证", 300),
        ("厂里四十四名工人被欠工资", 44),
        ("我们几百户居民深受其害", None),
        ("我们六七十户村民联名反映", 60),
        ("视频发到网上，三万多人看了，要求退2000元", None),
        ("受骗的有1200余人", 1200),
        ("我住3栋1005户，楼上漏水", None),
        ("我和老公两个人商量好了", None),
        ("离我家才50米", None),
        ("他打了10086人工服务电话", None),
        ("有人报警，民警到场", None),
    ],
)
def test_people_are_counted_from_prose(judged: Judged, text: str, people: int | None) -> None:
    assert judged(text).analysis.people == people


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("欠我3.5万元货款", 35_000),
        ("欠我三万五千元", 35_000),
        ("借款五万元不还", 50_000),
        ("一共1,280,000元首付", 1_280_000),
        ("欠款壹拾贰万元整", 120_000),
        ("借给他20万，两年没还", 200_000),
        ("拆迁款一百二十万元", 1_200_000),
        ("每月工资3000元", None),
        ("物业费2.5元/平方米", None),
        ("小区有3万平方米绿地", None),
        ("没有提到钱", None),
    ],
)
def test_amounts_are_read_from_digits_and_numerals(
    judged: Judged, text: str, amount: int | None
) -> None:
    expected = None if amount is None else Decimal(amount)

    assert judged(text).analysis.amount == expected


def test_the_duration_is_read_from_words_and_from_years(judged: Judged) -> None:
    assert judged("两家为地界闹了十二年，没有结果").analysis.months == 144
    assert judged("从2016年11月开始漏水").analysis.months == 120
    assert judged("昨天开始漏水").analysis.months is None


def test_the_form_adds_what_the_words_do_not_say(judged: Judged) -> None:
    found = judged(NEIGHBOURS, people=12, amount=60_000)

    assert (found.analysis.people, found.analysis.amount) == (12, Decimal(60_000))
    assert judged("我们80户业主没有水", people=2).analysis.people == 80, "never understated"


def test_a_named_counterpart_makes_it_a_dispute(judged: Judged) -> None:
    text = "请问这个问题应该怎么处理，希望尽快解决"

    assert judged(text).analysis.type == "00"
    assert judged(text, respondent=True).analysis.type != "00"


def test_traditional_and_full_width_characters_read_the_same(judged: Judged) -> None:
    plain = judged("楼上邻居漏水，欠我３５０００元不还，扬言要杀我全家，已经报警")
    other = judged("樓上鄰居漏水，欠我３５０００元不還，揚言要殺我全家，已經報警")

    assert plain.analysis.type == other.analysis.type
    assert plain.analysis.amount == other.analysis.amount == Decimal(35_000)
    assert "threat" in plain.analysis.signs
