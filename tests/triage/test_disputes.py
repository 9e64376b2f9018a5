"""Which cases are one dispute: pure decisions on signatures, without a store."""

import random
from datetime import date

import pytest

from fengqiao_triage import wordlist
from fengqiao_triage.domain.disputes import LOOKED_AT, POSTED, Book, Dispute, rebuilt
from fengqiao_triage.domain.same import by_parties, by_place, by_time, copied, damping
from fengqiao_triage.domain.signature import (
    INDEXED,
    Parties,
    Party,
    Signature,
    marker,
    parties_of,
    vector_of,
)

MARK = marker(b"key")
DAY = date(2026, 11, 2).toordinal()
PLACE = "/510100/510104/510104018/"
GYM = "玉林那家燃炼健身关门了，门上贴个设备升级，我年卡4680元才用两个月，要求退卡。"
GYM_AGAIN = "诉求人在燃炼健身芳草店办了私教课，健身房停业，要求退还剩余课时费。"
FUMES = "锦竹苑7栋楼下烧烤店油烟直排，半夜还在划拳，多次投诉无果。"
COPY = FUMES.replace("多次投诉无果", "投诉好几次没有结果")


def case(case_id: str, text: str, *parties: Party, place: str = PLACE, day: int = DAY) -> Signature:
    names = [party.name for party in parties]
    vector = vector_of(wordlist.rarity().telling(text, names), MARK)
    return Signature(
        case_id, vector, tuple(vector)[:INDEXED], parties_of(list(parties), MARK), place, day
    )


def by(name: str) -> Party:
    return Party("ours", firm=False, name=name)


def against(name: str, *, firm: bool = False) -> Party:
    return Party("theirs", firm=firm, name=name)


def partition(cases: list[Signature]) -> set[frozenset[str]]:
    book, found = Book(), dict[str, str]()
    for one in cases:
        found[one.case_id] = book.enter(one).dispute_id
    living = {key: book.living(dispute) for key, dispute in found.items()}
    return {
        frozenset(key for key, d in living.items() if d == dispute) for dispute in living.values()
    }


def test_the_same_counterpart_in_other_words_is_one_dispute() -> None:
    book = Book()
    book.enter(case("c1", GYM, by("茅晓彤"), against("成都燃炼健身服务有限公司", firm=True)))
    found = book.enter(
        case("c2", GYM_AGAIN, by("利成刚"), against("成都燃炼健身服务有限公司", firm=True))
    )

    assert found.dispute_id == "c1"
    assert found.why is not None
    assert found.why.other_case_id == "c1"
    assert found.why.score == pytest.approx(sum(found.why.points.values()))
    assert {"same_dispute", "same_counterpart"} <= found.why.points.keys()
    assert (found.copy, found.persons) == (None, 2)


def test_different_disputes_stay_apart() -> None:
    assert len(partition([case("c1", GYM), case("c2", FUMES)])) == 2


def test_copies_under_other_names_are_one_dispute_and_no_crowd() -> None:
    book = Book()
    senders = ["王大明", "李小红", "赵一平", "钱二妹", "孙三娃"]
    found = [
        book.enter(case(f"c{n}", text, by(sender)))
        for n, (sender, text) in enumerate(zip(senders, [FUMES, COPY] * 3, strict=False))
    ]

    assert {e.dispute_id for e in found} == {"c0"}
    assert [e.copy for e in found] == [None, "c0", "c0", "c0", "c0"]
    assert found[-1].persons == 1
    assert found[-1].why is not None
    assert found[-1].why.reason == "near_copy"


def test_neighbours_who_tell_it_in_their_own_words_are_a_crowd() -> None:
    book = Book()
    told = [
        FUMES,
        "我住锦竹苑7栋，楼下烧烤店的油烟熏得窗户都开不了。",
        "锦竹苑7栋业主反映：烧烤店凌晨喝酒喧哗，油烟管道对着阳台。",
    ]
    found = [book.enter(case(f"c{n}", text, by(f"王{'甲乙丙'[n]}"))) for n, text in enumerate(told)]

    assert [(e.dispute_id, e.persons, e.copy) for e in found] == [
        ("c0", n, None) for n in (1, 2, 3)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_copies_are_found_in_any_order(seed: int) -> None:
    cases = [
        case(f"{name}{n}", text)
        for name, texts in (("f", [FUMES, COPY]), ("g", [GYM, GYM.replace("两个月", "俩月")]))
        for n, text in enumerate(texts * 3)
    ]
    random.Random(seed).shuffle(cases)

    assert sorted(map(len, partition(cases))) == [6, 6]


def test_short_complaints_in_the_same_words_are_not_one_dispute() -> None:
    cases = [
        case(f"c{n}", "楼上漏水，物业不管", place=f"/510100/51010{n}/51010{n}001/")
        for n in (4, 5, 6)
    ]

    assert len(partition(cases)) == 3


def test_what_a_human_parted_is_not_made_one_again() -> None:
    book = Book()
    book.enter(case("c1", FUMES))
    book.enter(case("c2", GYM))
    one, two = book.disputes["c1"], book.disputes["c2"]
    one.apart |= {"c2"}
    bridge = case("c3", f"{FUMES}{GYM}", by("王大明"))
    found = book.enter(bridge)

    assert found.merged == ()
    assert {book.living("c1"), book.living("c2")} == {"c1", "c2"}
    assert two.parted_from(one)


def test_what_was_parted_does_not_meet_again_in_a_third() -> None:
    book = Book()
    for key in ("a", "b", "c"):  # three alike disputes, as after partings
        one = case(f"{key}1", GYM)
        book.disputes[key] = Dispute(key)
        book.disputes[key].take(one, None)
        book.post(book.disputes[key], one)
    book.disputes["b"].apart |= {"c"}
    found = book.enter(case("x", GYM, by("利成刚")))

    assert found.dispute_id == "a"
    assert [gone for gone, _ in found.merged] == ["b"]
    assert book.living("c") == "c"


def test_a_case_that_fits_both_makes_two_alike_disputes_one() -> None:
    book = Book()
    book.enter(case("c1", GYM, place="/510100/510104/510104018/"))
    other = case("c2", GYM_AGAIN, place="/510100/510107/510107005/", day=DAY + 200)
    assert book.enter(other).dispute_id == "c2"
    found = book.enter(case("c3", f"{GYM}{GYM_AGAIN}", by("利成刚")))

    assert [gone for gone, _ in found.merged] == [{"c1": "c2", "c2": "c1"}[found.dispute_id]]
    assert book.living("c1") == book.living("c2") == found.dispute_id
    assert book.disputes[found.dispute_id].cases == 3


def test_who_complains_of_whom_may_be_told_from_either_side() -> None:
    one = parties_of([by("许曼"), against("彭国梁")], MARK)
    other = parties_of([by("彭国梁"), against("许曼")], MARK)

    assert by_parties(one, other).keys() == by_parties(one, one).keys() == {"same_parties"}
    assert by_parties(one, parties_of([by("许曼")], MARK)).keys() == {"same_applicant"}
    person = by_parties(one, parties_of([against("彭国梁")], MARK))
    firm = parties_of([against("锦砚置业", firm=True)], MARK)
    assert person["same_counterpart"] > by_parties(firm, firm)["same_counterpart"]
    assert by_parties(one, Parties()) == {}


def test_place_and_time_give_and_take() -> None:
    assert by_place(PLACE, ("/510100/",)) == {}
    assert by_place(PLACE, (PLACE + "510104018003/",))["same_place"] > 0
    assert by_place(PLACE, ("/510100/510105/510105001/",))["other_district"] < 0
    assert by_place("/510100/", ("/510100/510105/",)) == {}
    assert by_time(DAY, DAY - 30, DAY - 10) == {}
    long_ago, lately = by_time(DAY, DAY - 900, DAY - 700), by_time(DAY, DAY - 900, DAY - 200)
    assert long_ago["long_ago"] < lately["long_ago"] < 0


def test_copies_need_enough_words() -> None:
    many = frozenset(range(16))

    assert copied(many, frozenset(range(4, 20)))
    assert not copied(many, frozenset(range(8, 24)))
    assert not copied(frozenset(range(5)), frozenset(range(5)))


def test_a_new_case_looks_at_no_more_disputes_as_the_store_grows() -> None:
    book, looked = Book(), list[int]()
    for n in range(1500):
        before = book.looked_at
        book.enter(
            case(f"c{n:05}", f"{FUMES}{n % 7}号店{chr(0x4E00 + n)}{chr(0x5E00 + n)}家的灯箱")
        )
        looked.append(book.looked_at - before)

    assert max(looked) <= LOOKED_AT
    assert max(len(p.disputes) for p in book.postings.values()) <= POSTED
    assert max(len(d.voices) for d in book.disputes.values()) <= POSTED
    assert damping(10_000) < damping(10) < damping(0)


def test_a_dispute_made_anew_is_what_its_cases_are() -> None:
    book = Book()
    cases = [
        case("c1", FUMES, by("王甲")),
        case("c2", COPY, by("李乙")),
        case("c3", FUMES, by("孙丙")),
    ]
    for one in cases:
        book.enter(one)
    fresh = rebuilt("c1", cases[:2], book.disputes["c1"])

    assert (fresh.cases, len(fresh.persons), [v for v, _ in fresh.voices]) == (2, 1, ["c1"])
