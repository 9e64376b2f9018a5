"""How long a matter has lasted, from phrases that say so or say since when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from .numbers import HAN, Stated, number_of

LONGEST = 600
"""Fifty years in months; what is older tells of a place or a person, not of a quarrel."""
_MAYBE = re.compile(r"[年月载]|以来|半[年月]")
_N = rf"(?:(?<![\d.])\d{{1,3}}(?:\.5)?|[{HAN}]{{1,4}}|[几数]十?|十几|好几|好多|多|几十|半)"
_SPAN = re.compile(
    rf"(?P<before>[了达续时已有近欠拖经久足等快约长过整]|超过|将近|多达|差不多|持续|历时)?(?P<num>{_N})(?P<more>[多余来几])?(?P<counter>个)?(?:[多余来几])?(?P<unit>年|载|月)(?P<half>半)?(?P<more2>[多余来])?"
    rf"(?:零?(?P<months>{_N})个?月)?(?P<after>[了来没未仍都还里内过]|之久|时间|有余|以来|过去|一直|至今|之多|以上|间|得不到|无人|不)?"
)
_NO_SPAN = re.compile(
    r"(?:年(?:级|前|\d|代|终|底|检|龄|度|薪|初|末|会|内|后|租|费|利)|月(?:\d|底|初|份|薪|租|供|费|后|内|前)|岁)"
)
_YEARS_AGO = re.compile(
    rf"(?P<num>{_N})[多余几]?(?P<unit>个?月|年)(?:以)?前(?:[^。；！？;!?\n]{{0,24}}(?:至今|到现在|一直|仍|还没|未))"
)
_SINCE = re.compile(r"(?<!\d)((?:19|20)\d\d)年(?:(\d{1,2})月)?")
_RELATIVE = re.compile(
    r"(?P<open>从|自从?|打|早在|于|在)?(?P<year>大前年|前年|去年|今年|上个?月|上半年)(?:的)?(?:(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月份?)?(?P<part>年?初|年?底|年?末|[春夏秋冬]天|下半年|上半年|年中)?"
    r"(?P<on>[^。；！？，;!?\n]{0,12}?(?:至今|到现在|到如今|以来|开始|起(?!诉)|就))?"
)
_BACK = {"大前年": 3, "前年": 2, "去年": 1, "今年": 0}
_PARTS = {"初": 1, "春": 3, "中": 6, "夏": 7, "秋": 10, "冬": 12, "底": 12, "末": 12}
_MIDYEAR = 6
_VAGUE = Decimal(3)
"""What 几 counts as: neither two nor ten."""


def months(text: str, day: date) -> Iterator[Stated]:
    """How many months the matter has lasted until `day`: `八个多月`, `一年半了`, `2016年…`, `从去年三月至今`."""
    if not _MAYBE.search(text):
        return
    for found in _SPAN.finditer(text):
        lasted = _lasted(text, found)
        if lasted is not None and 0 < lasted <= LONGEST:
            yield Stated(lasted, found.start("num"), found.end())
    for found in _YEARS_AGO.finditer(text) if "前" in text else ():
        ago = _count(found["num"]) * (12 if found["unit"] == "年" else 1)
        if 0 < ago <= LONGEST:
            yield Stated(ago, *found.span())
    for found in _SINCE.finditer(text) if "年" in text else ():
        age = _age(day, int(found[1]), min(int(found[2] or _MIDYEAR), 12))
        if 0 < age <= LONGEST:
            yield Stated(Decimal(age), *found.span())
    yield from _relative(text, day)


def _lasted(text: str, found: re.Match[str]) -> Decimal | None:
    """The months that a span of time tells, None where nothing says that it is how long it lasted."""
    if not (found["before"] or found["after"]) or _NO_SPAN.match(text, found.start("unit")):
        return None
    size = 1 if found["unit"] == "月" else 12
    if size == 1 and not (found["counter"] or found["num"] == "半"):
        return None
    lasted = _count(found["num"]) * size
    if found["half"]:
        lasted += Decimal(size) / 2
    if found["months"]:
        lasted += _count(found["months"])
    return lasted.to_integral_value() if lasted >= 1 else None


def _count(number: str) -> Decimal:
    if number == "半":
        return Decimal("0.5")
    if number in {"十几", "几十"}:
        return Decimal(11 if number == "十几" else 20)
    return number_of(number.rstrip("几").lstrip("好几数多")) or _VAGUE


def _age(day: date, year: int, month: int) -> int:
    return (day.year - year) * 12 + day.month - month


def _relative(text: str, day: date) -> Iterator[Stated]:
    """Since when, told from the day of the text: 从去年三月至今, 前年就, 自今年年初以来."""
    for found in _RELATIVE.finditer(text):
        if not (found["open"] or found["on"]) or found["year"] not in _BACK:
            continue
        age = _age(day, day.year - _BACK[found["year"]], _month(found))
        if 0 < age <= LONGEST:
            yield Stated(Decimal(age), *found.span())


def _month(found: re.Match[str]) -> int:
    """The month that is named, or the middle of the part of the year that is."""
    if found["month"]:
        return int(min(number_of(found["month"]) or _MIDYEAR, 12))
    part = found["part"] or ""
    return next((month for word, month in _PARTS.items() if word in part), _MIDYEAR)
