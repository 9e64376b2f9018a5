import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_contracts.errors import Invalid
from fengqiao_gateway.domain.places import SLOTS, START, decode, encode, moved, older, slot_of

PLACES = st.lists(st.integers(0, 2**62), min_size=SLOTS, max_size=SLOTS).map(tuple)


@given(PLACES)
def test_a_place_survives_its_text(place: tuple[int, ...]) -> None:
    text = encode(place)
    assert decode(text) == place
    assert text.isascii()
    assert "\n" not in text


def decoded(text: str) -> tuple[int, ...] | str | None:
    try:
        return decode(text)
    except Invalid as refusal:
        return refusal.field


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_a_refusal_that_names_the_field(text: str) -> None:
    found = decoded(text)
    assert found == "after" or (found is not None and len(found) == SLOTS)


@pytest.mark.parametrize(
    "text", ["", "2AA", "1", "1!!", "1" + "_" * 699, "1gICAgICAgICAgICA", "1gA"]
)
def test_texts_that_we_did_not_write_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text)


def test_the_start_is_one_character_and_a_usual_place_is_short() -> None:
    assert encode(START) == "0"
    usual = moved(START, [(slot, 100_000) for slot in range(24)])
    assert len(encode(usual)) < 100


def test_a_place_never_moves_back() -> None:
    here = moved(START, [(3, 7)])
    assert moved(here, [(3, 5)]) == here


def test_a_place_is_too_old_when_one_partition_dropped_what_comes_next() -> None:
    here = moved(START, [(3, 7), (4, 1)])
    assert not older(here, {3: 7})
    assert older(here, {3: 8})
    assert older(here, {5: 1})


def test_each_partition_of_each_topic_has_its_own_slot() -> None:
    topics = ("fengqiao.cases", "fengqiao.registry", "fengqiao.insights")
    slots = {slot_of(topic, partition) for topic in topics for partition in range(12)}
    assert slots == set(range(SLOTS))
