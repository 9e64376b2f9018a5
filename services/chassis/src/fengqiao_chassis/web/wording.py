"""What is wrong with a field, in Chinese and English, from the validator's error; never the value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FIELD_MAX = 120
_PLACES = ("body", "query", "path", "header", "cookie")

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("必填，请补充", "is required"),
    "extra_forbidden": (
        "未知字段，请删除或更正字段名",
        "is unknown; remove it or correct its name",
    ),
    "string_type": ("应为字符串", "must be a string"),
    "string_unicode": ("含有无效的 Unicode 字符", "has characters that are not Unicode"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字符", "may have at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不正确", "has not the right form"),
    "int_type": ("应为整数", "must be an integer"),
    "int_parsing": ("应为整数", "must be an integer"),
    "int_from_float": ("应为整数", "must be an integer"),
    "int_parsing_size": ("数值过大", "is too large"),
    "float_type": ("应为数字", "must be a number"),
    "float_parsing": ("应为数字", "must be a number"),
    "finite_number": ("应为有限数值", "must be a finite number"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "list_type": ("应为数组", "must be a list"),
    "dict_type": ("应为对象", "must be an object"),
    "model_type": ("应为对象", "must be an object"),
    "model_attributes_type": ("应为对象", "must be an object"),
    "none_required": ("应为空", "must be null"),
    "literal_error": ("应为 {expected} 之一", "must be {expected}"),
    "enum": ("应为 {expected} 之一", "must be {expected}"),
    "too_long": ("最多 {max_length} 项", "may have at most {max_length} items"),
    "too_short": ("至少 {min_length} 项", "needs at least {min_length} items"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "greater_than": ("应大于 {gt}", "must be more than {gt}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "less_than": ("应小于 {lt}", "must be less than {lt}"),
    "date_from_datetime_parsing": ("应为日期，格式 2026-01-31", "must be a date like 2026-01-31"),
    "date_parsing": ("应为日期，格式 2026-01-31", "must be a date like 2026-01-31"),
    "date_type": ("应为日期，格式 2026-01-31", "must be a date like 2026-01-31"),
    "datetime_parsing": ("应为带时区的时间", "must be an RFC 3339 time"),
    "datetime_from_date_parsing": ("应为带时区的时间", "must be an RFC 3339 time"),
    "json_invalid": ("不是有效的 JSON", "is not JSON"),
}
_ELSE = ("值无效，请更正", "is wrong; correct it")


def worded(error: Mapping[str, Any]) -> dict[str, str]:
    """`{field, code, zh, en}` of one error of a validator."""
    kind = str(error.get("type", ""))
    context = error.get("ctx") or {}
    field = field_of(error.get("loc", ()))
    if kind == "fengqiao":
        return {"field": field, "code": context["code"], "zh": context["zh"], "en": context["en"]}
    if kind == "value_error":
        return {"field": field, "code": kind} | _said(error)
    zh, en = _WORDS.get(kind, _ELSE)
    try:
        return {
            "field": field,
            "code": kind,
            "zh": zh.format(**context),
            "en": en.format(**context),
        }
    except (KeyError, IndexError):
        return {"field": field, "code": kind, "zh": _ELSE[0], "en": _ELSE[1]}


def field_of(loc: Sequence[Any]) -> str:
    """`parties.0.name` of a place; the part of the request is told only where there is no more."""
    parts = [str(p) for p in loc]
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    name = "".join(c for c in ".".join(parts) if c.isprintable())
    return name[:FIELD_MAX] or "body"


def _said(error: Mapping[str, Any]) -> dict[str, str]:
    """A validator's own text, unless it repeats what was sent."""
    said = str(error.get("msg", "")).removeprefix("Value error, ")
    given = error.get("input")
    if not said or not isinstance(given, str) or not given or given in said:
        return {"zh": _ELSE[0], "en": _ELSE[1]}
    return {"zh": said, "en": said}
