"""Resident identity numbers (公民身份号码, GB 11643-1999): form, date of birth, check character."""

from __future__ import annotations

import re
from datetime import date

_RESIDENT = re.compile(r"[1-9]\d{5}(\d{8})\d{3}[\dX]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def is_resident_id(text: str) -> bool:
    """Whether 18 characters in capitals are such a number: a real date, the right check character."""
    found = _RESIDENT.fullmatch(text)
    if not found:
        return False
    born = found.group(1)
    try:
        date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return False
    return check_character(text[:17]) == text[17]


def check_character(first17: str) -> str:
    """The last character of a number, from the 17 digits before it (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]
