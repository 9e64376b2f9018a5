"""How facts-v1 searched a text for numbers of people and of money, kept for replays.

The present search is in `heads` and `sums`; nothing here may change, or an assessment that was made
with facts-v1 could no longer be computed again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from .figures import MAX_AMOUNT, MAX_PEOPLE, NUMERALS, Figure, exact

_NUMBER = rf"[\d{NUMERALS}]+(?:,\d{{3}})*(?:\.\d{{1,4}})?[{NUMERALS}]*"
_VAGUE = re.compile(r"[几数]|上(?=[百千万])|成(?=[百千万])")
_GROUPS = (
    "业主|住户|村民|居民|工人|农民|农户|农民工|民工|员工|职工|家长|商户|商家|群众|客户|会员|投资|用户|受害|教师|老师|司机|的哥|购房|学员"
    "|租户|百姓|户主|家庭|老人|孩子|学生|同学|队员|顾客|债权人|出借人|股东|家属|小孩|工友|老乡|养殖户|车主|女工|加盟商|产妇|社员|房东"
    "|租客|求职|买家|卖家|摊贩|邻居|街坊|摊主|店主|人家|退休|回迁|被征|拆迁|同事|经营户"
)
_PEOPLE = re.compile(
    rf"(?P<num>(?:[几数上成])?[\d{NUMERALS}几数]{{1,12}}(?:,\d{{3}})*)(?P<more>[多余来几])?(?P<unit>[百千万]{{0,2}})(?P<more2>[多余])?"
    rf"(?P<measure>个人|口人|号人|户人?|人|[名位]|个|家(?!庭))?(?P<group>(?:[^\d，。；！？,;!?\n年月日岁班期车栋幢号楼路组级届套]{{0,4}}?(?:{_GROUPS}))|(?=))"
)
_NOT_HEADS = re.compile(
    r"人(?:民|次|行|力|才|均|大|物|事|社|间|类|寿|格|身|防|车|机|头)|户(?:型|外|口|籍|内|均)|个(?:月|小时|多月|工作日|星期|平方|点|问题|字|案|单元|车位|项目|部门|地方|方面|理由|小区|村(?!民)|组)|位(?:于|置)|名(?:额|单|字|义)|家(?:里|中|长会|具|电|公司|店|医院|暴)"
)
_COUNTED = re.compile(r"[共全有计等近约余达]$")
_LOOK_ON = re.compile(r"[^，。；,;]{0,2}(?:看了|看过|观看|浏览|点赞|转发|围观|播放|关注|砍|助力)")
_INVITED = re.compile(r"(?:拉了?|邀请了?|喊了?|砍价)(?:大概|差不多)?$")
_ROOM = re.compile(r"\d{1,2}0\d$")
_AROUND = 8
_CLAUSE = re.compile(r"[，。；！？,;!?\n：:（）()]")
_MONEY = re.compile(
    rf"(?P<num>\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?|\d+(?:\.\d{{1,4}})?|[{NUMERALS}几数]+)(?P<more>[多余来几])?(?P<unit>(?:[十百千]?[万亿]|[百千十])(?:\d+[千百]?|[一二三四五六七八九][千百]?)?|[wW])?"
    r"(?P<more2>[多余来几])?(?P<yuan>元|块|圆|人民币|RMB)?"
)
_NO_MONEY_AFTER = re.compile(
    r"\s*(?:[\d平人户名亩吨张册条次字步里头只株棵方个家位业居村学众台辆套间层分年月日天米公斤吨斤伏千㎡%％岁号栋楼点时度倍元素]|多?平|余?[户名人亩]|余?年|亩|KM|km|kg|mm|cm)"
)
_RATE = re.compile(
    r"\s*(?:[/／一每]\s*(?:㎡|m|平|个?月|天|日|吨|斤|人|年|次|小时|度|车|股|亩|平方|户|套)|的?(?:月租|月薪)|左右?[/每])"
)
_PAID = re.compile(
    r"(?:[欠还赔付给交借收要扣罚退款费钱共计价花骗资额金押了达损失]|债务|工资)(?:了|款|我|他|人民币|约|近|到|的|为|是|：|:)?$"
)
_HOTLINE = re.compile(r"(?:123\d\d|110|120|122|10086)$")
_MASKED = re.compile(r"[XxＸ*][\.\d]?$")
_OWED = re.compile(
    r"[多余来]?(?:的)?(?:学费|费用|押金|定金|工资|货款|钱|赔偿|补偿|医药费|借款|现金|彩礼|订金|首付|房租)"
)
_MAYBE = re.compile(r"[元块万亿wW]|\d{3}")
_UNITLESS = "百千万亿十拾佰仟零〇"
"""Characters that begin no number of their own, unless 元 follows."""
_LONG_NUMBER = 3
_EACH = re.compile(r"每[^，。；,;]{0,6}$")


def people(text: str) -> list[Figure]:
    """Every number of persons or households that the text states."""
    found = [
        figure for match in _PEOPLE.finditer(text) if (figure := _group(text, match)) is not None
    ]
    return _ranked(found)


def _group(text: str, match: re.Match[str]) -> Figure | None:
    """The group that a match counts, or None where it is something else."""
    start, end = match.span()
    if not _counts(text, match) or _MASKED.search(text, max(0, start - 3), start):
        return None
    if _LOOK_ON.match(text, end) or _INVITED.search(text, max(0, start - 6), start):
        return None
    value, vague = _heads(match)
    if value is None or not 1 <= value <= MAX_PEOPLE or _is_room(text, match):
        return None
    marks = [f"m:{match['measure']}", f"g:{(match['group'] or '')[-2:]}", *_size(value)]
    return Figure(value, start, end, vague, (*marks, *_near(text, start, end)))


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether a measure or a group says that persons are counted."""
    measure, group = match["measure"], match["group"]
    if not (measure or group):
        return False
    at = match.start("measure") if measure else match.end()
    return not _NOT_HEADS.match(text, at) and not (measure in {"个", "家"} and not group)


def _is_room(text: str, match: re.Match[str]) -> bool:
    """Whether the number names a flat (3栋1005户, 304房东) rather than counting."""
    if match["measure"] not in {None, "户"} or match["more"] or match["unit"]:
        return False
    before = text[max(0, match.start() - 2) : match.start()]
    return bool(_ROOM.match(match["num"])) and not _COUNTED.search(before)


def _heads(match: re.Match[str]) -> tuple[Decimal | None, bool]:
    """The number of a group, and whether the words leave it open (几百户, 数千人)."""
    raw = match["num"] + match["unit"]
    vague = bool(_VAGUE.search(raw))
    plain = re.sub(r"^[几数上成]", "", raw)
    plain = re.sub(r"[几数]$", "", plain)
    if not plain:
        return None, vague
    if plain[0] in "百千万" and raw != plain:
        plain = "一" + plain
    if plain[0] in "百千" and raw == plain:
        plain = "一" + plain
    return exact(plain), vague


def amounts(text: str) -> list[Figure]:
    """Every sum of money in yuan that the text states."""
    if not _MAYBE.search(text):
        return []
    found: list[Figure] = []
    for match in _MONEY.finditer(text):
        figure = _sum(text, match)
        if figure is not None:
            found.append(figure)
    return _ranked(found)


def _sum(text: str, match: re.Match[str]) -> Figure | None:
    """The sum that a match states, or None where it is something else."""
    start, end = match.span()
    raw = match["num"] + (match["unit"] or "").replace("w", "万").replace("W", "万")
    if _MASKED.search(text, max(0, start - 3), start) or not _is_money(text, match, raw):
        return None
    value = _value(raw)
    if value is None or not 1 <= value <= MAX_AMOUNT:
        return None
    vague = raw[0] in "几数"
    marks = [f"y:{match['yuan'] or ''}", "vague" if vague else "told", *_size(value)]
    marks += [*_near(text, start, end)]
    if _RATE.match(text, end):
        marks.append("rate")
    if _EACH.search(text[max(0, start - 9) : start]):
        marks.append("each")
    return Figure(value, start, end, vague, tuple(marks))


def _is_money(text: str, match: re.Match[str], raw: str) -> bool:
    """Whether a number is one of money: 元 follows, or it is large, or it was paid or is owed."""
    num = match["num"]
    if _HOTLINE.match(num):
        return False
    if num[0] in _UNITLESS and not (match["yuan"] and num[0] in "百千万十"):
        return False
    if match["yuan"]:
        return True
    if _NO_MONEY_AFTER.match(text, match.end()):
        return False
    if re.search("[万亿]", raw):
        return True
    start = match.start()
    paid = _PAID.search(text, max(0, start - 6), start) or _OWED.match(text, match.end())
    long = num[0].isdigit() and len(num) >= _LONG_NUMBER
    return bool(paid) and (long or bool(re.search("[百千]", raw)))


def _value(raw: str) -> Decimal | None:
    """The value of a sum in which 几 and 数 leave the leading figure open (几千元 is 1000)."""
    plain = re.sub("[几数]", "", raw)
    if plain and plain[0] in "百千万":
        plain = "一" + plain
    return exact(plain) if plain else None


def _size(value: Decimal) -> list[str]:
    """The order of magnitude, and whether the number is round."""
    digits = len(str(int(value)))
    marks = [f"s:{digits}"]
    if value <= 4:
        marks.append(f"v:{value.normalize():f}")
    return marks


def _near(text: str, start: int, end: int) -> Iterator[str]:
    """Pairs of characters of the same clause, left and right of the number; those that touch it."""
    left = _CLAUSE.split(text[max(0, start - _AROUND) : start])[-1]
    right = _CLAUSE.split(text[end : end + _AROUND], 1)[0]
    yield f"L:{left[-1:]}"
    yield f"L:{left[-2:]}"
    yield f"R:{right[:1]}"
    yield f"R:{right[:2]}"
    for i in range(len(left) - 1):
        yield f"l:{left[i : i + 2]}"
    for i in range(len(right) - 1):
        yield f"r:{right[i : i + 2]}"


def _ranked(found: Sequence[Figure]) -> list[Figure]:
    """The figures, each marked with its rank among them."""
    if not found:
        return []
    times = Counter(f.value for f in found)
    top = max(times)
    few = f"n:{min(len(found), 4)}"
    return [
        replace(
            f,
            marks=(
                *dict.fromkeys(f.marks),
                few,
                *(("top",) if f.value == top else ()),
                *(("first",) if i == 0 else ()),
                *(("last",) if i == len(found) - 1 else ()),
                *(("again",) if times[f.value] > 1 else ()),
            ),
        )
        for i, f in enumerate(found)
    ]
