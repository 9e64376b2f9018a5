"""Identity numbers, telephone numbers and their masks."""

import pytest

from fengqiao_contracts.errors import Invalid
from fengqiao_intake.domain.identity import (
    clean_id_number,
    clean_phone,
    id_kind_of,
    mask_name,
    mask_number,
)


@pytest.mark.parametrize("number", ["11010519491231002X", "110105194912310 02x".replace(" ", "")])
def test_a_resident_identity_number_with_its_check_character_is_taken(number: str) -> None:
    assert clean_id_number("resident_id", number, "id_number") == "11010519491231002X"


@pytest.mark.parametrize(
    "number",
    [
        "110105194912310021",  # wrong check character
        "110105194913310021",  # no thirteenth month
        "010105194912310021",
        "1101051949123100",
        "１１０１０５19491231002X",
    ],
)
def test_a_resident_identity_number_that_cannot_be_is_refused(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_id_number("resident_id", number, "parties.0.id_number")

    assert refused.value.field == "parties.0.id_number"
    assert number not in refused.value.zh + refused.value.en


def test_a_changed_digit_of_an_identity_number_is_always_noticed() -> None:
    number = "11010519491231002X"
    wrong = [
        number[:i] + str(d) + number[i + 1 :]
        for i in range(17)
        for d in range(10)
        if str(d) != number[i]
    ]

    for each in wrong:
        with pytest.raises(Invalid):
            clean_id_number("resident_id", each, "id_number")


def test_a_credit_code_is_checked_by_its_own_rule() -> None:
    assert clean_id_number("credit_code", "91350100m000100y43", "f") == "91350100M000100Y43"
    with pytest.raises(Invalid):
        clean_id_number("credit_code", "91350100M000100Y44", "f")


def test_of_other_documents_only_the_form_is_known() -> None:
    assert clean_id_number("passport", "e12345678", "f") == "E12345678"
    with pytest.raises(Invalid):
        clean_id_number("passport", "<b>", "f")


def test_a_company_has_a_credit_code_unless_it_says_otherwise() -> None:
    assert id_kind_of("company", None) == "credit_code"
    assert id_kind_of("person", None) == "resident_id"
    assert id_kind_of("person", "passport") == "passport"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("028-8551 2345", "02885512345"),
        ("(028)85512345", "02885512345"),
        ("12345", "12345"),
        ("400-800-1234", "4008001234"),
        ("+85212345678", "+85212345678"),
    ],
)
def test_telephone_numbers_are_kept_without_separators(given: str, kept: str) -> None:
    assert clean_phone(given, "phone") == kept


@pytest.mark.parametrize("given", ["12", "1380013800", "abc", "138001380001", "'; DROP TABLE x"])
def test_what_is_no_telephone_number_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        clean_phone(given, "phone")


def test_masks_tell_parties_apart_and_show_no_more() -> None:
    assert mask_name("王大明") == "王**"
    assert mask_name("王") == "王*"
    assert mask_number("11010519491231002X") == "1101**********002X"
    assert mask_number("13800138000") == "138****8000"
    assert mask_number("12345") == "*****"
