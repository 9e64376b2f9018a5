"""The choice of a mediator and the book of places: the same input, the same answer, never too many."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengqiao_routing.domain.book import Book
from fengqiao_routing.domain.choice import Candidate, Want, choose, rank
from fengqiao_routing.domain.ladder import Ladder, Rung, Unit

pytestmark = pytest.mark.thorough

PATHS = ("/1/", "/1/2/", "/1/2/3/", "/1/4/")
TYPES = ("02", "13", "99")
GRADES = ("red", "yellow", "blue", "none")


def one(
    name: str = "a",
    *,
    live: int = 0,
    capacity: int = 10,
    grade: int = 3,
    types: str = "02",
    path: str = "/1/2/",
) -> Candidate:
    return Candidate(name, "u", path, frozenset(types.split()), grade, capacity, live, 1)


candidates = st.builds(
    Candidate,
    id=st.text("abcdef", min_size=1, max_size=4),
    unit_id=st.sampled_from(["u", "v"]),
    area_path=st.sampled_from(PATHS),
    specialities=st.frozensets(st.sampled_from(TYPES)),
    grade=st.integers(1, 12),
    capacity=st.integers(0, 5),
    live=st.integers(0, 6),
    sequence=st.integers(1, 9),
    assignable=st.booleans(),
)
crowds = st.lists(candidates, unique_by=lambda c: c.id, max_size=8)
wants = st.builds(Want, st.sampled_from(TYPES), st.sampled_from(GRADES), st.sampled_from(PATHS))


@given(crowds, wants, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_the_candidates(
    crowd: list[Candidate], want: Want, random: object
) -> None:
    first = choose(crowd, want)
    mixed = list(crowd)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert choose(mixed, want) == first


@given(crowds, wants)
def test_only_somebody_with_a_free_place_is_chosen_and_the_best_of_them(
    crowd: list[Candidate], want: Want
) -> None:
    free = [c for c in crowd if c.assignable and c.live < c.capacity]
    chosen = choose(crowd, want)
    if not free:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen.mediator in free
    assert all(rank(chosen.mediator, want) <= rank(c, want) for c in free)
    assert len(chosen.alternatives) == min(3, len(free) - 1)
    assert chosen.mediator.id not in {other.id for other in chosen.alternatives}


@given(crowds, st.lists(wants, max_size=30))
def test_a_book_never_gives_more_places_than_there_are(
    crowd: list[Candidate], many: list[Want]
) -> None:
    room = {c.id: max(0, c.capacity - c.live) for c in crowd if c.assignable}
    units = (Unit("u", "u", "street", "/1/2/3/"), Unit("v", "v", "district", "/1/2/"))
    ladder = Ladder(tuple(Rung("street", (unit,)) for unit in units))
    book = Book(crowd)
    seats = [book.seat(ladder, want) for want in many]
    given_ = Counter(seat.mediator.id for seat in seats if seat)
    assert all(given_[name] <= room[name] for name in given_)
    assert sum(given_.values()) == min(len(many), sum(room.values()))
    assert book.room("u") + book.room("v") == sum(room.values()) - sum(given_.values())


def test_speciality_comes_before_load() -> None:
    expert, idle = one("expert", live=9), one("idle", types="13")
    chosen = choose([idle, expert], Want("02", "yellow", "/1/2/"))
    assert chosen is not None
    assert chosen.mediator is expert
    assert chosen.alternatives[0].reason == "专长不符"


def test_load_is_a_share_of_the_capacity_not_a_number() -> None:
    small, large = one("small", live=1, capacity=2), one("large", live=2, capacity=10)
    chosen = choose([small, large], Want("02", "blue", "/1/2/"))
    assert chosen is not None
    assert chosen.mediator is large


def test_red_asks_for_the_highest_grade_and_blue_spares_it() -> None:
    chief, plain = one("chief", grade=1, live=5), one("plain", grade=4, live=5)
    red = choose([chief, plain], Want("02", "red", "/1/2/"))
    blue = choose([chief, plain], Want("02", "blue", "/1/2/"))
    assert red is not None
    assert blue is not None
    assert (red.mediator, blue.mediator) == (chief, plain)
    assert blue.alternatives[0].reason == "等级较高，留给疑难纠纷"


def test_the_nearer_of_equals_is_chosen_then_the_smaller_id() -> None:
    near, far = one("z", path="/1/2/3/"), one("a", path="/1/4/")
    want = Want("02", "blue", "/1/2/3/")
    chosen = choose([far, near], want)
    assert chosen is not None
    assert chosen.mediator is near
    twin = choose([one("b"), one("a")], want)
    assert twin is not None
    assert twin.mediator.id == "a"


def test_many_cases_are_spread_over_the_unit() -> None:
    book = Book([one(name) for name in "abcde"])
    ladder = Ladder((Rung("street", (Unit("u", "u", "street", "/1/2/3/"),)),))
    seats = [book.seat(ladder, Want("02", "blue", "/1/2/3/")) for _ in range(10)]
    assert set(Counter(seat.mediator.id for seat in seats if seat).values()) == {2}


def test_a_full_unit_is_passed_with_its_reason() -> None:
    full = Candidate("full", "street", "/1/2/3/", frozenset(), 3, 1, 1, 1)
    free = Candidate("free", "district", "/1/2/", frozenset(), 3, 1, 0, 1)
    units = Unit("street", "街道", "street", "/1/2/3/"), Unit("district", "区", "district", "/1/2/")
    ladder = Ladder(tuple(Rung("street", (unit,)) for unit in units))
    seat = Book([full, free]).seat(ladder, Want("02", "blue", "/1/2/3/"))
    assert seat is not None
    assert seat.unit.id == "district"
    assert [(p.id, p.reason) for p in seat.passed] == [("street", "街道：调解员均已满负荷")]


def test_what_was_read_again_replaces_what_was_counted() -> None:
    book = Book([one("a", capacity=3)])
    ladder = Ladder((Rung("street", (Unit("u", "u", "street", "/1/2/3/"),)),))
    book.seat(ladder, Want("02", "blue", "/1/2/3/"))
    book.put(one("a", capacity=3, live=3))
    assert book.room("u") == 0
    assert book.staffed("u")
    book.drop("a")
    assert not book.staffed("u")
