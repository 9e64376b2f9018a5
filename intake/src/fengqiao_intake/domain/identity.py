"""Identity numbers and telephone numbers: their form, check digits and masks."""

from __future__ import annotations

import re

from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.resident_id import is_resident_id

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(rf"[{_CREDIT_ALPHABET}]{{18}}")
_CREDIT_WEIGHTS = tuple(pow(3, power, 31) for power in range(17))
_OTHER = re.compile(r"[0-9A-Z()（）\-]{4,32}")
_PHONE = re.compile(
    r"(?:1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}|[48]00\d{7}|1\d{2,4}|9[56]\d{3,6}|\+\d{6,15})"
)
_SEPARATORS = str.maketrans("", "", " -()（）－\u3000")
_KIND_BY_PARTY = {"person": "resident_id", "company": "credit_code", "organisation": "credit_code"}


def id_kind_of(party_kind: str, id_kind: str | None) -> str:
    """The kind of identity document: the stated one, or what such a party ordinarily has."""
    return id_kind or _KIND_BY_PARTY[party_kind]


def clean_id_number(kind: str, number: str, field: str) -> str:
    """The number in its usual form; raises Invalid naming `field`.

    Resident identity cards by GB 11643-1999 (date of birth, check character), unified social
    credit codes by GB 32100-2015 (check character); of other documents only the form is known.
    """
    text = number.strip().upper()
    if kind == "resident_id":
        valid = is_resident_id(text)
    elif kind == "credit_code":
        valid = _credit_valid(text)
    else:
        valid = _OTHER.fullmatch(text) is not None
    if not valid:
        raise Invalid(
            "bad-id-number",
            "证件号码与证件类型不符或校验位不对：请核对号码与 id_kind",
            "the number does not fit its kind of document or its check digit is wrong:"
            " compare number and id_kind",
            field,
        )
    return text


def clean_phone(number: str, field: str) -> str:
    """The telephone number without separators and without +86; raises Invalid naming `field`."""
    text = number.translate(_SEPARATORS)
    text = text.removeprefix("+86")
    if not _PHONE.fullmatch(text):
        raise Invalid(
            "bad-phone",
            "电话号码格式不对：请填十一位手机号，或带区号的固定电话",
            "not a telephone number: give a mobile number of 11 digits, or a fixed line with its"
            " area code",
            field,
        )
    return text


def mask_name(name: str) -> str:
    """A name of which only the first character is shown: 王**."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 3)


def mask_number(number: str) -> str:
    """An identity or telephone number of which only head and tail are shown."""
    if len(number) >= 15:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    if len(number) >= 7:
        return (
            f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
            if len(number) > 7
            else (f"{number[:2]}***{number[-2:]}")
        )
    return "*" * len(number)


def _credit_valid(text: str) -> bool:
    if not _CREDIT.fullmatch(text):
        return False
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(text, _CREDIT_WEIGHTS, strict=False))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31] == text[17]
