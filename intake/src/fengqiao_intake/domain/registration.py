"""Registration: what is refused, how a case is numbered, receipted and recognised as a copy."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from fengqiao_contracts.codes import table
from fengqiao_contracts.errors import Forbidden, Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
NARRATIVE_MAX = 20_000
EARLIEST = date(1949, 10, 1)
"""Legacy disputes are accepted (企业改制 of decades ago), typing errors like the year 202 are not."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours."""
AMOUNT_END = Decimal(10**12)
COPY_MIN_CHARS = 6
"""Shorter texts (邻里纠纷) say too little to call two cases copies of one another."""
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_TRIES = 5
CODE_LOCK = timedelta(minutes=15)
_NOISE = re.compile(r"[\W_]+")


def check_occurred_on(occurred_on: date | None, now: datetime, field: str = "occurred_on") -> None:
    """Refuse a day after today (Shanghai) or before the People's Republic."""
    if occurred_on is None or EARLIEST <= occurred_on <= now.astimezone(SHANGHAI).date():
        return
    raise Invalid(
        "bad-date",
        "纠纷发生日期不能晚于今天，也不能早于 1949-10-01：请改正 occurred_on",
        "occurred_on must not be after today nor before 1949-10-01: correct the date",
        field,
    )


def check_reported_at(reported_at: datetime | None, now: datetime) -> datetime:
    """When the dispute was reported: as stated, else now; a moment in the future is refused."""
    if reported_at is None:
        return now
    if reported_at <= now + CLOCK_SKEW and reported_at.date() >= EARLIEST:
        return reported_at
    raise Invalid(
        "bad-date",
        "报告时间不能晚于现在，也不能早于 1949-10-01：请改正 reported_at",
        "reported_at must not be in the future nor before 1949-10-01: correct the time",
        "reported_at",
    )


def check_amount(amount: Decimal | None) -> None:
    """Refuse an amount below nothing or of a trillion yuan and more: no dispute is about it."""
    if amount is not None and not 0 <= amount < AMOUNT_END:
        raise Invalid(
            "bad-amount",
            "涉及金额（元）须不小于 0 且小于一万亿：请检查单位",
            "the amount, in yuan, must be at least 0 and less than a trillion: look at its unit",
            "amount",
        )


def check_system(own: str | None, role: str, system: str) -> None:
    """A partner key speaks for its own system only; staff may enter a letter of any system.

    Parties and mediators have no referrer's numbers to give.
    """
    if role == "partner" and own == system:
        return
    if role in {"admin", "city", "district", "clerk"}:
        return
    raise Forbidden(
        "foreign-system",
        "external_ref.system 必须是本密钥自己的系统名",
        "external_ref.system must be the system of this key itself",
        "external_ref.system",
    )


@cache
def source_of(channel: str) -> str:
    """The case source of the official sheet (案件来源) that a channel counts under."""
    return str(table("channels").row(channel, field="channel").extra["source"])


def case_number(unit: str, year: int, count: int) -> str:
    """The public number: receiving unit, business year, gap-free count: `510104-2026-000123`.

    ASCII, so that it survives every partner's field; a functional zone writes its own code
    (`GAOXIN-2026-000007`).
    """
    return f"{unit.upper()}-{year}-{count:06d}"


def business_year(moment: datetime) -> int:
    """The calendar year in Shanghai: numbers begin anew with it."""
    return moment.astimezone(SHANGHAI).year


def words_hash(narrative: str) -> str | None:
    """A hash that is equal for texts equal but for width, case, spaces and punctuation.

    None for a text too short to be recognised by.
    """
    plain = _NOISE.sub("", narrative.lower())
    if not unicodedata.is_normalized("NFKC", plain):
        plain = _NOISE.sub("", unicodedata.normalize("NFKC", plain).lower())
    if len(plain) < COPY_MIN_CHARS:
        return None
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def access_code(random: bytes) -> str:
    """The party's code from 8 random bytes: 40 bits in characters that are not mistaken."""
    letters = "".join(CODE_ALPHABET[byte & 31] for byte in random[:8])
    return f"{letters[:4]}-{letters[4:]}"


def clean_code(code: str) -> str:
    """A code as typed, in the form in which it was printed."""
    letters = re.sub(r"[\s-]", "", code).upper()
    return f"{letters[:4]}-{letters[4:]}"


def locked_until(tries: int, now: datetime) -> datetime | None:
    """Until when a case's code is closed after so many wrong tries in a row; None = it is open."""
    return now + CODE_LOCK if tries >= CODE_TRIES else None
