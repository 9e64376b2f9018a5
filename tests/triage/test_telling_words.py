"""Telling words of a text, the keyed marks made of them, and the table of how rare they are."""

import math

import pytest

from fengqiao_triage import wordlist
from fengqiao_triage.domain.rarity import LEARNT, MOST_READ, MOST_WORDS, Rarity
from fengqiao_triage.domain.signature import (
    Party,
    marker,
    pack,
    parties_of,
    unpack,
    vector_of,
)

MARK = marker(b"key")
TOLD = "购买“澜岸云庭”住宅一套，开发商锦砚置业至今未交，请领导协调。"


@pytest.fixture(scope="module")
def table() -> Rarity:
    return wordlist.rarity()


def said(table: Rarity, text: str, *names: str) -> list[str]:
    return [word for word, _ in table.telling(text, names)]


def test_names_tell_more_than_what_everybody_says(table: Rarity) -> None:
    words = said(table, TOLD)

    assert {"澜岸", "岸云", "锦砚"} <= set(words[:6])
    assert words.index("云庭") < words.index("开发")
    assert "领导" not in words[:12]


def test_a_latin_word_or_a_number_is_one_unit(table: Rarity) -> None:
    words = said(table, "58车贷案件无进展，K9县房屋开裂")

    assert {"58车", "K9", "9县"} <= set(words)
    assert not {"8车", "58"} & set(words)


def test_long_numbers_are_never_read(table: Rarity) -> None:
    assert not any(
        c.isdigit()
        for word in said(table, "电话13800138000，身份证11010519491231002X")
        for c in word
    )


def test_the_headline_counts_once_more(table: Rarity) -> None:
    plain = dict(table.telling("小区很吵。" * 8 + "澜岸的店铺半夜还在营业"))
    headed = dict(table.telling("澜岸的店铺\n" + "小区很吵。" * 8 + "澜岸的店铺半夜还在营业"))

    assert headed["澜岸"] > plain["澜岸"]


def test_the_names_of_the_parties_are_words_of_the_text(table: Rarity) -> None:
    assert "燃炼" in said(table, "健身卡不退钱", "成都燃炼健身服务有限公司")


def test_a_long_text_costs_no_more_than_its_beginning(table: Rarity) -> None:
    text = "".join(chr(0x4E00 + n % 9000) for n in range(20_000))

    assert table.telling(text) == table.telling(text[:MOST_READ])
    assert len(table.telling(text)) == MOST_WORDS


@pytest.mark.parametrize("text", ["", "a", "楼", "😀😀", "\n\n", "?!", "12345678"])
def test_a_text_without_words_tells_nothing(table: Rarity, text: str) -> None:
    assert table.telling(text) == ()


def test_marks_tell_nothing_without_the_key() -> None:
    words = (("澜岸", 9.0), ("岸云", 3.0))
    vector = vector_of(words, MARK)

    assert sum(w * w for w in vector.values()) < 0.1
    enough = [(chr(0x4E00 + n) * 2, 9.0) for n in range(24)]
    assert math.isclose(sum(w * w for w in vector_of(tuple(enough), MARK).values()), 1.0)
    assert vector.keys().isdisjoint(vector_of(words, marker(b"other")))
    assert all(-(2**63) <= mark < 2**63 for mark in vector)
    assert unpack(pack(vector)) == pytest.approx(vector, abs=1e-4)
    assert list(unpack(pack(vector))) == list(vector)


def test_parties_are_known_by_number_phone_or_name() -> None:
    found = parties_of(
        [
            Party("ours", firm=False, name="王 大明", id_number="1", phone="2"),
            Party("ours", firm=False, name="投诉消费者15人"),
            Party("ours", firm=False, name="张某"),
            Party("theirs", firm=True, name="成都锦砚置业有限公司"),
        ],
        MARK,
    )

    assert found.ours == {MARK("id", "1"), MARK("phone", "2"), MARK("name", "王大明")}
    assert found.persons == {MARK("id", "1")}
    assert found.theirs == found.firms == {MARK("name", "成都锦砚置业有限公司")}


def test_the_table_keeps_only_what_many_documents_say() -> None:
    texts = [f"小区物业{n}" for n in range(LEARNT)] + ["王大明"] * 9
    table = wordlist.parse(wordlist.build(texts, "t"))

    assert set(table.pairs) == {"小区", "区物", "物业"}
    assert set(table.units) == set("小区物业")
    assert table.version == "t"
