"""The registry's rules without any database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from pydantic import BaseModel

from fengqiao_contracts.errors import Conflict, Forbidden, Invalid
from fengqiao_mediator_registry import domain, policy
from fengqiao_mediator_registry.domain import MOVES, Action, State
from fengqiao_mediator_registry.handlers.inputs import (
    Application,
    NewCommittee,
    PatchCommittee,
    PutCommittee,
    PutMediator,
)

POLICY = policy.load()


def test_only_the_listed_moves_exist() -> None:
    for state, action in product(State, Action):
        if (state, action) in MOVES:
            assert domain.move(state, action) is MOVES[state, action]
        else:
            with pytest.raises(Conflict) as refused:
                domain.move(state, action)
            assert refused.value.code == "mediator-state"


def test_nothing_leads_out_of_retirement() -> None:
    assert not [move for move in MOVES if move[0] is State.RETIRED]


def test_only_the_admitted_are_assignable() -> None:
    assert [state for state in State if domain.assignable(state)] == [State.ADMITTED]


def test_reasons_come_from_the_published_tables() -> None:
    assert domain.check_reason(Action.SUSPEND, "leave") == "leave"
    assert domain.check_reason(Action.RETIRE, "resigned") == "resigned"
    assert domain.check_reason(Action.DENY, "unfit") == "unfit"
    assert domain.check_reason(Action.SUSPEND, domain.CERTIFICATE_EXPIRED)
    for action in (Action.SUSPEND, Action.RETIRE, Action.DENY):
        with pytest.raises(Invalid) as refused:
            domain.check_reason(action, "because")
        assert refused.value.field == "reason"


def test_a_mediator_is_eighteen_on_the_birthday_and_not_the_day_before() -> None:
    born = date(2000, 3, 1)
    domain.check_adult(born, date(2018, 3, 1))
    with pytest.raises(Invalid, match="not-adult"):
        domain.check_adult(born, date(2018, 2, 28))


def test_who_is_born_on_a_leap_day_is_of_age_on_the_first_of_march() -> None:
    assert domain.age(date(2004, 2, 29), date(2022, 2, 28)) == 17
    assert domain.age(date(2004, 2, 29), date(2022, 3, 1)) == 18


def test_an_id_number_tells_the_birth_date() -> None:
    # the example of the national standard GB 11643
    assert domain.birth_date("11010519491231002X") == date(1949, 12, 31)


@pytest.mark.parametrize(
    "number",
    [
        "110105194912310021",  # check digit
        "11010519491331002X",  # month 13
        "11010519490230002X",  # 30 February
        "1101051949123100",  # too short
        "１１010519491231002X",  # full-width digits
    ],
)
def test_a_wrong_id_number_is_refused_without_being_repeated(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        domain.birth_date(number)
    assert refused.value.field == "id_number"
    assert number not in refused.value.zh + refused.value.en


def test_a_birth_date_must_agree_with_the_id_number() -> None:
    number = "11010519491231002X"
    assert domain.person_born_on("resident_id", number, None) == date(1949, 12, 31)
    with pytest.raises(Invalid, match="birth-date-differs"):
        domain.person_born_on("resident_id", number, date(1950, 1, 1))


def test_other_papers_need_the_birth_date() -> None:
    assert domain.person_born_on("taiwan_permit", "T12345678", date(1980, 1, 1)).year == 1980
    with pytest.raises(Invalid, match="birth-date-missing"):
        domain.person_born_on("taiwan_permit", "T12345678", None)


def test_a_certificate_ends_with_its_last_day_in_shanghai() -> None:
    end = domain.certificate_ends_at(date(2026, 6, 30))
    assert end == datetime(2026, 6, 30, 16, tzinfo=UTC)
    domain.check_certificate(date(2026, 6, 30), end - timedelta(seconds=1))
    with pytest.raises(Conflict, match="certificate-expired"):
        domain.check_certificate(date(2026, 6, 30), end)
    domain.check_certificate(None, end)


@pytest.mark.parametrize(
    ("members", "women", "ends", "codes"),
    [
        (3, 1, None, []),
        (9, 4, date(2026, 1, 1), []),
        (2, 1, None, ["member_count"]),
        (10, 1, None, ["member_count"]),
        (None, None, None, ["member_count", "no_woman"]),
        (5, 0, date(2025, 12, 31), ["no_woman", "term_over"]),
    ],
)
def test_what_the_law_asks_of_a_committee_comes_as_warnings(
    members: int | None, women: int | None, ends: date | None, codes: list[str]
) -> None:
    found = domain.committee_warnings(POLICY, members, women, ends, date(2026, 1, 1))
    assert [warning.code for warning in found] == codes
    assert all(warning.article.startswith("PML") for warning in found)


def test_a_term_of_three_years_ends_the_day_before() -> None:
    assert domain.term_end(date(2026, 1, 5), 3) == date(2029, 1, 4)
    assert domain.term_end(date(2024, 2, 29), 3) == date(2027, 2, 28)


def test_a_higher_grade_carries_more_unless_a_number_is_set() -> None:
    defaults = [POLICY.capacity_of(grade, None) for grade in (1, 2, 3, 4)]
    assert defaults == sorted(defaults, reverse=True)
    assert POLICY.capacity_of(4, 0) == 0


def test_specialities_are_dispute_types() -> None:
    assert domain.check_specialities(["99", "01", "01"]) == ("01", "99")
    for wrong in ("00", "18", "1", "x"):
        with pytest.raises(Invalid, match="unknown-type"):
            domain.check_specialities([wrong])


def test_nobody_acts_outside_of_the_own_areas() -> None:
    domain.check_within("/510100/510104/510104020/", ["/510100/510104/"])
    with pytest.raises(Forbidden, match="outside-area"):
        domain.check_within("/510100/510105/", ["/510100/510104/"])
    with pytest.raises(Forbidden):
        domain.check_within("/510100/510105/", [])


def test_masks_hide_the_middle() -> None:
    assert domain.mask_id("11010519491231002X") == "1101*************X"
    assert domain.mask_phone("15400001234") == "154****1234"
    assert domain.mask_phone("12345") == "*****"
    assert domain.mask_id("A1") == "**"


@pytest.mark.parametrize(
    "body", [NewCommittee, PutCommittee, PatchCommittee, Application, PutMediator]
)
def test_the_document_lists_the_types_that_one_may_be_special_in(body: type[BaseModel]) -> None:
    said = body.model_json_schema()["properties"]["specialities"]
    listed = said.get("anyOf", [said])[0]["items"]["enum"]

    assert domain.check_specialities(listed) == tuple(listed)
    assert set(listed) == domain.DISPUTE_TYPES
