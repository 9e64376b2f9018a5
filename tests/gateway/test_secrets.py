import base64

import pytest

from fengqiao_contracts.errors import Forbidden, Invalid
from fengqiao_gateway.domain.accounts import (
    NewAccount,
    check_account,
    check_may_manage,
    check_password,
    check_within,
    username_of,
)
from fengqiao_gateway.domain.secrets import (
    check_webhook_secret,
    is_session_token,
    parse_partner_key,
    partner_key,
    session_token,
    webhook_secret,
)


def test_a_partner_key_says_its_id_and_its_secret() -> None:
    text, parts = partner_key(bytes(range(12)), bytes(range(32)))
    assert text.startswith("fqp_")
    assert parse_partner_key(text) == parts
    assert len(parts.key_id) == 12


@pytest.mark.parametrize("change", [0, 4, 16, 17, 59])
def test_a_changed_partner_key_is_another_or_none(change: int) -> None:
    text, parts = partner_key(bytes(range(12)), bytes(range(32)))
    other = text[:change] + ("Z" if text[change] != "Z" else "Y") + text[change + 1 :]
    assert parse_partner_key(other) != parts


def test_a_session_token_has_its_own_shape() -> None:
    token = session_token(bytes(32))
    assert is_session_token(token)
    assert not is_session_token(token + "x")
    assert not is_session_token("fqp_" + token[4:])


def test_a_made_webhook_secret_is_accepted_and_a_poor_one_is_not() -> None:
    check_webhook_secret(webhook_secret(bytes(range(32))))
    for poor in ("whsec_", "secret", "whsec_!!!", "whsec_" + base64.b64encode(b"short").decode()):
        with pytest.raises(Invalid):
            check_webhook_secret(poor)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "aaaaaaaaaaaa",
        "password123",
        "wang.li2026x",
        "x" * 257,
        "12345678901",
        "abababababab",
    ],
)
def test_a_poor_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_password(password, "wang.li")
    assert refusal.value.field == "password"


def test_a_fair_password_is_taken() -> None:
    check_password("五月的风吹过锦江河边", "wang.li")
    check_password("green-river-71", "wang.li")


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewAccount("X", "n", "clerk", ("510104",)), "username"),
        (NewAccount("ab c", "n", "clerk", ("510104",)), "username"),
        (NewAccount("abc", "n", "boss"), "role"),
        (NewAccount("abc", "n", "district"), "areas"),
        (NewAccount("abc", "n", "mediator"), "person_id"),
        (NewAccount("abc", "n", "partner", system="Court!"), "system"),
        (NewAccount("abc", "n", "partner"), "system"),
    ],
)
def test_an_account_that_does_not_fit_its_role_names_the_field(new: NewAccount, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_account(new)
    assert refusal.value.field == field


def test_the_city_makes_no_admin_and_no_auditor_and_others_make_nobody() -> None:
    check_may_manage("admin", "admin")
    check_may_manage("city", "district")
    for manager, role in (
        ("city", "admin"),
        ("city", "auditor"),
        ("district", "clerk"),
        ("auditor", "clerk"),
    ):
        with pytest.raises(Forbidden):
            check_may_manage(manager, role)


def test_nobody_grants_an_area_outside_the_own() -> None:
    check_within(["/510100/510104/"], ["/510100/510104/510104020/"])
    with pytest.raises(Forbidden):
        check_within(["/510100/510104/"], ["/510100/510105/"])


def test_a_username_has_one_form() -> None:
    assert username_of("  ＷＡＮＧ.Li ") == "wang.li"
