"""Every sum of money that a text states, sums that it only gives by parts or by head among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from .figures import MAX_AMOUNT, NUMERALS, Figure, lowest, ranked, size, surroundings

_WORDS = (
    "欠 借 还 赔 骗 交 付 押金 定金 订金 首付 工资 彩礼 药费 医疗 罚 均价 价 收入 "
    "月薪 每 利息 贷 总 共 要求 索赔 退 损失 垫 价值 花 投资 补助 补贴 拨款 工程 "
    "货款 房款 违约 转 取 卖 买 存 费 款 钱 偷 合同 市值 注册 原价 涨 降 至今 剩 "
    "只 诉 判 承诺 给"
)
WORDS = tuple(_WORDS.split())
"""Words of a sentence that tell what a sum is; what each is worth is learnt."""
_MAYBE = re.compile(r"[元块万亿百千wW]|\d\d")
_SUM = re.compile(
    rf"(?P<num>\d{{1,3}}(?:[,，]\d{{3}})+(?:\.\d{{1,2}})?(?!\d)|\d+(?:\.\d{{1,4}})?|[{NUMERALS}几数]+)(?P<more>[多余来几])?"
    r"(?P<unit>(?:[十百千]?[万亿]|个亿|[百千十佰仟])(?:\d+[千百]?|[一二三四五六七八九](?:[千百][一二三四五六七八九]?)?)?|[wW])?"
    r"(?P<more2>[多余来几])?(?P<yuan>美元|元|块|圆|人民币|RMB|￥)?"
)
_FIGURE = re.compile(rf"[\d{NUMERALS}几数]")
_OTHER_UNIT = re.compile(
    r"\s*(?:[\d平人户名亩吨张册条次字步里头只株棵方个家位业居村学众台辆套间层分年月日天米公斤吨斤伏千㎡%％岁号栋楼点时度倍项周届期级班路室座幢单码口件份例篇场所站组线区宗起孩中小高厘毫克升瓦Gg]"
    r"|多?平|余?[户名人亩年]|[A-Za-z#:：/\-—~])"
)
_NAMED = re.compile(
    r"(?:第|[年月号栋幢座\-—#A-Za-z*＊:/.@]|电话|拨打|打了|热线|微信|[Qq]{2}|工号|尾号|邮编|型号|编号)$"
)
_MASKED = re.compile(r"[XxＸ*][.\d]?$")
_HOTLINE = re.compile(r"(?:123\d\d|9\d{4}|110|120|122|119|10086|12)$")
_YEAR = re.compile(r"(?:19|20)\d\d(?:\.\d+)?$")
_RATE = re.compile(
    r"\s*(?:[/／一每]\s*(?:㎡|m|平|个?月|天|日|吨|斤|人|年|次|小时|度|车|股|亩|平方|户|套)|的?(?:月租|月薪)|左右?[/每])"
)
_EACH = re.compile(r"每[^，。；,;]{0,6}$")
_HEADS = re.compile(
    r"(?P<heads>\d{1,5})(?:多|余)?(?:人|户|名|位|家|个(?!月|小时|工作日|星期|百分)|员工|职工|工人|学生|业主)"
)
_PER_HEAD = re.compile(r"(?:每|一)(?:个)?(?:人|户|名|家|位|生|学生|员工)[^，。；,;\d]{0,6}$")
_LONG, _LONGEST = 2, 7
"""How many digits a number without a unit has that may be money."""
_UNIT_ALONE = "百千万亿十拾佰仟零〇"
_ALONE_AFTER = "近上约数几过达"
"""After these 百万, 万元 and the like count once: 近百万, 上亿."""


def amounts(text: str) -> list[Figure]:
    """Every sum of money in yuan that the text states, the sum of parts and heads × rate included."""
    if not _MAYBE.search(text):
        return []
    found = [figure for match in _sums(text) if (figure := _sum(text, match)) is not None]
    return ranked([*found, *_by_head(text, found), *_total(found)], len(text))


def _sums(text: str) -> Iterator[re.Match[str]]:
    """Every number with what follows it, as `_SUM.finditer` finds them, which would try everywhere."""
    end = 0
    for first in _FIGURE.finditer(text):
        at = first.start()
        match = _SUM.match(text, at) if at >= end else None
        if match is not None:
            end = match.end()
            yield match


def _sum(text: str, match: re.Match[str]) -> Figure | None:
    """The sum that a match states, or None where it is something else."""
    start, end = match.span()
    kind = _kind(text, match)
    if kind is None or _MASKED.search(text, max(0, start - 3), start):
        return None
    raw = match["num"].replace("，", ",") + _unit(match)
    value = _value(raw)
    if value is None or not 1 <= value <= MAX_AMOUNT:
        return None
    vague = "几" in raw or "数" in raw
    marks = [f"k:{kind}", f"y:{match['yuan'] or ''}", "vague" if vague else "told"]
    marks.append("digits" if match["num"][0].isdigit() else "words")
    marks += ["more"] if match["more"] or match["more2"] else []
    marks += [*size(value), *surroundings(text, start, end, WORDS)]
    marks += ["rate"] if _RATE.match(text, end) else []
    marks += ["each"] if _EACH.search(text[max(0, start - 9) : start]) else []
    return Figure(value, start, end, vague, tuple(marks))


def _unit(match: re.Match[str]) -> str:
    unit = match["unit"] or ""
    return unit.replace("w", "万").replace("W", "万").replace("个亿", "亿")


def _kind(text: str, match: re.Match[str]) -> str | None:
    """How a number says that it is money: by its currency, by 万 or 亿, or bare; None where it is not."""
    num, unit, before = match["num"], _unit(match), text[max(0, match.start() - 6) : match.start()]
    if match["yuan"]:
        alone = num[0] in "万亿零〇" or (num[0] in _UNIT_ALONE and not before)
        return None if alone and (before[-1:] or " ") not in _ALONE_AFTER else "yuan"
    if num[0] in _UNIT_ALONE and (len(num) > 2 or (before[-1:] or " ") not in _ALONE_AFTER):
        return None
    if _OTHER_UNIT.match(text, match.end()):
        return None
    if not set("万亿").isdisjoint(num + unit):
        return "large"
    return "bare" if _may_be_bare(num, unit, before) else None


def _may_be_bare(num: str, unit: str, before: str) -> bool:
    """Whether a number without 元 or 万 may be a sum all the same (罚两百, 转账79300)."""
    if not num[0].isdigit():
        return bool(unit) or not set("百千佰仟").isdisjoint(num)
    whole = num.split(".", maxsplit=1)[0].replace(",", "")
    return (
        _LONG <= len(whole) <= _LONGEST
        and num[0] != "0"
        and not (_HOTLINE.match(num) or _YEAR.match(num) or _NAMED.search(before))
    )


def _value(raw: str) -> Decimal | None:
    """The value of a sum in which 几 and 数 leave the leading figure open (几千元 is 1000)."""
    plain = raw.replace("几", "").replace("数", "")
    if plain and plain[0] in "百千万亿佰仟":
        plain = "一" + plain
    return lowest(plain) if plain else None


def _by_head(text: str, found: Sequence[Figure]) -> Iterator[Figure]:
    """What a sum for each comes to, where the sentence says for how many (每人600元，300人)."""
    for figure in found:
        if not _PER_HEAD.search(text[max(0, figure.start - 14) : figure.start]):
            continue
        near = _HEADS.search(text, max(0, figure.start - 40), min(len(text), figure.end + 30))
        if near is not None and int(near["heads"]) > 1:
            value = figure.value * int(near["heads"])
            if value <= MAX_AMOUNT:
                marks = ("k:heads", *size(value))
                start, end = min(figure.start, near.start()), max(figure.end, near.end())
                yield Figure(value, start, end, figure.vague, marks)


_FEWEST, _MOST = 2, 5
"""How many parts a text may state for their sum to be thought of."""


def _total(found: Sequence[Figure]) -> Iterator[Figure]:
    """The sum of all different sums that are no rates, where the text states it nowhere."""
    parts = list(
        {f.value: f for f in found if "rate" not in f.marks and "each" not in f.marks}.values()
    )
    parts = [f for f in parts if "k:bare" not in f.marks or len(found) <= _FEWEST]
    value = sum([f.value for f in parts], Decimal(0))
    if (
        not _FEWEST <= len(parts) <= _MOST
        or any(f.value == value for f in found)
        or value > MAX_AMOUNT
    ):
        return
    common = set.intersection(*[set(f.marks) for f in parts])
    marks = ["k:total", *size(value), f"parts:{len(parts)}"]
    marks += [f"t{mark}" for mark in common if mark[:2] in ("w:", "L:", "l:", "k:")]
    marks += [f"T{mark}" for f in parts for mark in f.marks if mark[:2] == "L:"]
    start, end = min(f.start for f in parts), max(f.end for f in parts)
    yield Figure(value, start, end, any(f.vague for f in parts), tuple(marks))
