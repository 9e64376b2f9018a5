"""Numbers in Chinese prose: how many people, how much money, how long it has lasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7,
    "捌": 8, "玖": 9,
}  # fmt: skip
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000}
_VAGUE = {"几": 1, "数": 1, "多": 1, "上": 1, "近": 1}

HAN = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"


_LONGEST_NUMBER = 24


def number_of(text: str) -> Decimal | None:
    """The value of digits (`1,200`, `3.5万`) or Chinese numerals (`三万五`, `壹佰贰拾`), or None."""
    plain = text.replace(",", "").replace("，", "")
    if not plain or len(plain) > _LONGEST_NUMBER:
        return None
    tail = 1
    while plain and plain[-1] in _MYRIADS | _UNITS and plain[0].isdigit():
        tail *= (_MYRIADS | _UNITS)[plain[-1]]
        plain = plain[:-1]
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        return Decimal(plain) * tail
    return _numerals(plain) if all(c in HAN for c in plain) else None


def _numerals(text: str) -> Decimal | None:
    """Chinese numerals; a lone last digit counts a tenth of the unit before it (`三万五`)."""
    if not any(c in _UNITS or c in _MYRIADS for c in text):
        return Decimal("".join(str(_DIGITS[c]) for c in text))
    total, section, digit, last = 0, 0, 0, 1
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
            last = 1 if char in "零〇" else last
        elif char in _UNITS:
            section += (digit or 1) * _UNITS[char]
            digit, last = 0, _UNITS[char]
        else:
            total = (total + section + digit) * _MYRIADS[char]
            section, digit, last = 0, 0, _MYRIADS[char]
    return Decimal(total + section + digit * (last // 10 if last >= 10 else 1))


@dataclass(frozen=True, slots=True)
class Stated:
    """A number that the text states, and where: [start, end)."""

    value: Decimal
    start: int
    end: int


_AMOUNT = re.compile(
    rf"(?P<num>[\d{HAN}]{{1,13}}(?:,\d{{3}}){{0,3}}(?:\.\d{{1,4}})?[{HAN}]{{0,3}})(?P<more>[几多余来])?(?P<unit>[万亿千百]{{0,3}})"
    r"(?P<yuan>多?(?:元|块|圆|人民币))?"
)
_BARE = re.compile(
    r"[几多余来]?(?:[\d平人户名亩吨张册条次字步里头只株棵方个家位业居村学众台辆套间层分年月日天米公斤吨斤]|余?[户名人])"
)
_MONEY_AFTER = re.compile(
    r"[多余来]?的?(?:借款|欠款|货款|工程款|彩礼|赔偿|现金|定金|钱|补偿|本金|押金|首付|房款)"
)
_RATE_AFTER = re.compile(
    r"\s*(?:[/／一每]\s*(?:㎡|m|平|个?月|天|日|吨|斤|人|年|次|小时|度|车|股|亩|平方)|的?(?:月租|月薪))"
)
_RATE_BEFORE = re.compile(
    r"(?:每(?:个?月|天|日|年|人|平|平方米?|亩|吨|小时|度|户|次|斤|股|学期)|月(?:薪|租|工资|供|租金)"
    r"|单价|均价|罚款|注册资(?:金|本)|收入|投资|保额|低保|底薪|日租|时薪)[^，。；,;]{0,6}$"
)
_MIN_AMOUNT = 10


def amounts(text: str) -> Iterator[Stated]:
    """Sums of money in yuan that are at stake; rates (每月…元, 元/平) are left out."""
    if "元" not in text and "万" not in text and "块" not in text and "亿" not in text:
        return
    for found in _AMOUNT.finditer(text):
        value = _money(text, found)
        start, end = found.span()
        if value is None or value < _MIN_AMOUNT or _RATE_AFTER.match(text, end):
            continue
        if not _RATE_BEFORE.search(text, max(0, start - 12), start):
            yield Stated(value, start, end)


def _money(text: str, found: re.Match[str]) -> Decimal | None:
    """The value of a number that is followed by 元, or is written in 万 and followed by no unit."""
    num, unit = found["num"], found["unit"]
    if not found["yuan"]:
        myriads = unit or num[-1] in "万亿"
        if not myriads or _BARE.match(text, found.end()):
            return None
        if not num[0].isdigit() and not _MONEY_AFTER.match(text, found.end()):
            return None
    return number_of(num.rstrip(",，.") + unit)


_GROUP = (
    "业主|住户|村民|居民|工人|农民|农户|农民工|民工|员工|职工|家长|商户|商家|群众|客户|会员|投资人|投资者|用户"
    "|受害者|受害人|教师|老师|司机|的哥|购房者|学员|租户|老百姓|百姓|户主|家庭|老人|孩子|学生|同学|队员|顾客"
    "|债权人|出借人|股东|村组|家属|师生|幼儿|小孩|公务员|师傅|环卫工|保洁员|快递员|骑手|老乡|果农|茶农|养殖户|车主|女工|机手|加盟商|产妇|保洁|阿姨|大姐|社员|房东|租客|宝妈|求职者|买家|卖家|食堂|饭馆|摊贩|邻居|街坊|商铺业主|摊主|店主"
)
_PEOPLE = re.compile(
    rf"(?P<num>[\d几数{HAN}][\d{HAN}]{{0,12}}(?:,\d{{3}}){{0,2}})(?:[-~—至到](?P<num2>\d{{1,9}}|[{HAN}]{{1,9}}))?"
    rf"(?P<more>[多余来几])?(?P<unit>[百千万]{{0,3}})"
    rf"(?:(?P<group>(?:个|名|位|户)?(?:{_GROUP})|[名位个][^，。；,;\d]{{1,5}}?(?:{_GROUP}|工(?![作程地资厂业商会]))|户(?!型|外|口|籍|内|均|主反)|家(?={_GROUP}|人家|住户))"
    r"|(?P<heads>个人|口人|号人|人(?!民|工|次|行|力|才|均|大|物|事|社|间|类|寿|数|格|身|防|车|机|头)|名(?!额|单|牌|字|义)|位(?!于|置)))"
)
_NUMBERED_BEFORE = re.compile(
    r"(?:栋|幢|单元|楼|号|座|室|第|路|街|层|[A-Za-z#\-—]|容积率|门牌|可容纳|容纳|距|仅限|限|每|满|超载"
    r"|核载|同案|招聘?|录取|编制|分之|全国|全省|全市|拥有|在校)$"
)
_OURS_BEFORE = re.compile(
    r"(?:我们|我村|我组|我厂|我校|我班|本村|本组|共|等|全体|一共|总|涉及|受骗|被骗|受害|影响|代表|联名|附近|周边|周围"
    r"|小区|村|组|欠|拖欠|组织|家里|全家|我家|工地|厂里|公司|和我|还有|以及|同|约|近|达|上|合计|申请人|统计|登记|车间|班组|工|计|聚|围|超过|有|是|为)[^，。；,;！!？?]{0,6}$"
)
_NOT_OURS_AFTER = re.compile(
    r"(?:死亡|死|受伤|重伤|轻伤|遇难|的?保安|民警|警察|工作人员|闲散|社会|城管|黑衣|陌生|男子|不明|干部|调解员|医生|护士"
    r"|律师|法官|手持|打手|就餐|入住能力|以上|以下|的规模|编制|参加考试|报名|团购|合伙诈骗|值班|办公|围观|看戏|会计|领导)"
)
MAX_PEOPLE = 100_000
_FEWEST_HEADS = 3
"""Two heads are a couple or two parties, not a group (annotation guide)."""


def people(text: str) -> Iterator[Stated]:
    """How many persons or households complain, where a number says so (300户 counts 300)."""
    for found in _PEOPLE.finditer(text):
        start, end = found.span()
        if _NUMBERED_BEFORE.search(text, max(0, start - 6), start):
            continue
        if _NOT_OURS_AFTER.match(text, end):
            continue
        if found["heads"] and not _OURS_BEFORE.search(text, max(0, start - 10), start):
            continue
        value = _heads(found["num"], found["unit"])
        least = _FEWEST_HEADS if found["heads"] else 2
        if value is not None and least <= value <= MAX_PEOPLE:
            yield Stated(value, start, end)


def _heads(raw: str, unit: str) -> Decimal | None:
    """The number of a group; 几百 and 数百 count as three hundred."""
    if raw[0] not in "几数" or raw[1:2].isdigit():
        return number_of(raw.lstrip("几数") + unit)
    value = number_of("一" + raw[1:] + unit) if raw[1:] + unit else None
    return None if value is None else value * 3


_SINCE = re.compile(r"((?:19|20)\d\d)年(?:(\d{1,2})月)?")
_LASTED = re.compile(
    rf"(?P<num>[\d{HAN}几数好多]{{1,12}})(?P<more>[余来])?个?(?P<unit>[年月载])(?P<half>半)?"
    r"(?:[多余来]?(?P<since>了|来|之久|时间|有余|没|未|仍|都|还|以来|过去|里))?"
)
_BEFORE_SPAN = "了达续时已有近欠拖"
_BEFORE = frozenset(_BEFORE_SPAN)
_LASTING = re.compile(r"[年月载]半?[多余来]?(?:[了来没未仍都还里]|之久|时间|有余|以来|过去)")
_LASTED_SO_FAR = re.compile(rf"[{_BEFORE_SPAN}][\d{HAN}几数好多]{{1,6}}个?[年月载]")
_LONGEST = 600
"""Fifty years; what is older tells of a place or a person, not of a quarrel."""


def months(text: str, day: date) -> Iterator[Stated]:
    """How many months the matter has lasted until `day`: `三年了`, `2016年…`."""
    if _LASTING.search(text) or _LASTED_SO_FAR.search(text):
        for found in _LASTED.finditer(text):
            if not found["since"] and text[found.start() - 1 : found.start()] not in _BEFORE:
                continue
            size = 1 if found["unit"] == "月" else 12
            value = (number_of(found["num"].rstrip("多几")) or Decimal(3)) * size
            if value <= _LONGEST:
                yield Stated(value + (size // 2 if found["half"] else 0), *found.span())
    for found in _SINCE.finditer(text) if "年" in text else ():
        age = (day.year - int(found[1])) * 12 + day.month - min(int(found[2] or 6), 12)
        if 0 < age <= _LONGEST:
            yield Stated(Decimal(age), *found.span())
