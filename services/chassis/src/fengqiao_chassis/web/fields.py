"""What a request body may hold: strict models, and field types for JSON strings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema

from ..clock import SHANGHAI

LINES_FROM = 500
"""Texts that may be this long may have several lines; shorter ones are one line."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Unicode's classes Cc and Cs; a text of several lines may have line feeds and tabs
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"


class Body(BaseModel):
    """A request body: unknown fields and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True)
class Text:
    """A text of `min_length` to `max_length` characters after trimming, in NFC, without control
    characters. Use it as metadata, `Annotated[str, Text(1, 64)]`; it also works as the type itself.
    """

    min_length: int = 1
    max_length: int = 200

    def __or__(self, other: Any) -> Any:
        """`Text(1, 64) | None` as an annotation."""
        return Annotated[str, self] | other

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """A strict string, then `clean`."""
        bounds = {
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "pattern": self.pattern(),
        }
        return core_schema.no_info_after_validator_function(
            self.clean,
            core_schema.str_schema(strict=True),
            metadata={"pydantic_js_updates": bounds},
        )

    def pattern(self) -> str:
        """What the document says of the characters: none unseen, enough between the white space."""
        inner = rf"[^{_UNSEEN}]"
        if self.max_length >= LINES_FROM:
            inner = rf"(?:{inner}|[\t\n]|\r\n)"
        seen = rf"[^\s{_UNSEEN}]"
        if self.min_length <= 1:
            return rf"^\s*{seen}{inner}*\s*$"
        between = f"{{{self.min_length - 2},}}" if self.min_length > 2 else "*"
        return rf"^\s*{seen}{inner}{between}{seen}\s*$"

    def clean(self, text: str) -> str:
        """The trimmed text in NFC; raises PydanticCustomError naming the remedy."""
        clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        control = _CONTROL_IN_LINES if self.max_length >= LINES_FROM else _CONTROL
        if _TURNED.search(clean) or control.search(clean):
            raise bad(
                "control-characters",
                "含有控制字符，请删除后重试",
                "has control characters; remove them",
            )
        if len(clean) < self.min_length:
            raise bad(
                "too-short",
                f"至少 {self.min_length} 个字符",
                f"needs at least {self.min_length} characters",
            )
        if len(clean) > self.max_length:
            raise bad(
                "too-long",
                f"最多 {self.max_length} 个字符",
                f"may have at most {self.max_length} characters",
            )
        return clean


def bad(code: str, zh: str, en: str) -> PydanticCustomError:
    """An error of one field: a stable code and what to do, never the value."""
    return PydanticCustomError("fengqiao", "{en}", {"code": code, "zh": zh, "en": en})


def _day(value: Any) -> date:
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            day = date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None:
        raise bad("bad-date", "应为日期，格式 2026-01-31", "must be a date like 2026-01-31")
    if not 1900 < day.year < 2200:
        raise bad("time-out-of-range", "日期应在 1901 至 2199 年", "must be of the years 1901-2199")
    return day


def _instant(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else None
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper().replace(",", "."))
        except ValueError:
            moment = None
    if moment is None:
        raise bad(
            "bad-time",
            "应为时间，格式 2026-01-31T09:30:00+08:00",
            "must be a time like 2026-01-31T09:30:00+08:00",
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    if not 1900 < moment.year < 2200:  # before the conversion, which overflows at the ends
        raise bad("time-out-of-range", "时间应在 1901 至 2199 年", "must be of the years 1901-2199")
    return moment.astimezone(UTC)


def _money(value: Any) -> Decimal:
    text = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if isinstance(text, str) and _MONEY.fullmatch(text):
        return Decimal(text)
    raise bad(
        "bad-amount",
        '金额应为元，非负，小于一万亿，最多两位小数，写作字符串，如 "1200.50"',
        'must be yuan, not negative, less than a trillion, at most two decimals, as a string like "1200.50"',
    )


def _written(**schema: Any) -> Any:
    """The JSON schema of a value as people write it."""
    return Annotated[str, WithJsonSchema(schema)]


_DAY_TEXT = _written(type="string", format="date", description="1901–2199", examples=["2026-11-25"])
_INSTANT_TEXT = _written(
    type="string",
    format="date-time",
    description="1901–2199; 不带时区为北京时间 · without a zone: Asia/Shanghai",
    examples=["2026-11-25T09:30:00+08:00"],
)
_YUAN = {"type": "string", "pattern": "^[0-9]{1,12}([.][0-9]{1,2})?$"}
_WHOLE_YUAN = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}
_MONEY_TEXT = _written(anyOf=[_YUAN, _WHOLE_YUAN], description="元 · yuan", examples=["1200.50"])

Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=_DAY_TEXT)]
"""A calendar date, `YYYY-MM-DD`."""

Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=_INSTANT_TEXT)]
"""A moment, RFC 3339; without zone it is Asia/Shanghai. Comes as aware UTC."""

MoneyIn = Annotated[Decimal, BeforeValidator(_money, json_schema_input_type=_MONEY_TEXT)]
"""Yuan, from a decimal string or an integer; >= 0 with at most two decimals."""

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$")]
"""A code of a table, or an id."""

AREA_PATTERN = "^([0-9]{6}([0-9]{3}){0,2}|[a-z]{2,20})$"
AreaCode = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$",
        json_schema_extra={
            "pattern": AREA_PATTERN,
            "description": "区划代码, 见 GET /v1/codes/areas · division code, or a zone's",
            "examples": ["510104022"],
        },
    ),
]
"""A division code of 6, 9 or 12 digits, or the word of a functional zone; unknown ones are refused
by the area tree, which tells the remedy."""
