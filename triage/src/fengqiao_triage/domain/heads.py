"""Every number of persons or households that a text states."""

from __future__ import annotations

import re
from decimal import Decimal

from .figures import MAX_PEOPLE, NUMERALS, Figure, lowest, ranked, size, surroundings

_WORDS = (
    "我们 我村 我组 我厂 我家 全家 一家 本村 小区 涉及 受骗 被骗 受害 影响 代表 联名 "
    "签名 附近 周边 周围 拖欠 工资 欠 共 约 近 等 其他 其它 另外 上访 业主 村民 工人 "
    "员工 家长 学校 学生 对方 他们 打 死 伤 公司 医院 招 报名 容纳 只有 每 全国 全市 "
    "全省 名额 岗位 投资 加盟 集体 维权 组织 召集 民警 保安"
)
WORDS = tuple(_WORDS.split())
"""Words of a sentence that tell whose number it is; what each is worth is learnt."""
_GROUPS = (
    "业主|住户|村民|居民|工人|农民|农户|农民工|民工|员工|职工|家长|商户|商家|群众|客户|会员|投资|用户|受害|教师|老师|司机|的哥|购房|学员"
    "|租户|百姓|户主|家庭|老人|孩子|学生|同学|队员|顾客|债权人|出借人|股东|家属|小孩|工友|老乡|养殖户|车主|女工|加盟商|产妇|社员|房东"
    "|租客|求职|买家|卖家|摊贩|邻居|街坊|摊主|店主|人家|退休|回迁|被征|拆迁|同事|经营户|人民|师生|幼儿|患者|兄弟|姐妹|姊妹|亲人|子女"
)
_HEADS = re.compile(
    rf"(?P<plus>(?:其他|其它|另外|还有)?)(?P<num>(?:[几数上成])?[\d{NUMERALS}几数]{{1,12}}(?:,\d{{3}})*)(?P<more>[多余来几])?(?P<unit>[百千万]{{0,2}})(?P<more2>[多余来])?"
    rf"(?P<measure>个人|口人|口子|口|号人|户人?|人|[名位]|个|号|家(?!庭))?"
    rf"(?P<gap>(?<=[名位户个人])[^\d，。；！？,;!?\n、:：（）()]{{0,5}}?|[^\d，。；！？,;!?\n、:：（）()平元队小区房的年月日岁楼层栋号级届以后收拿班期块系型]{{0,4}}?)"
    rf"(?:(?P<group>{_GROUPS})|(?=))"
)
_NOT_HEADS = re.compile(
    r"人(?:民币|民法|次|行|力|才|均|大|物|事|社|间|类|寿|格|身|防|车|机|头)|户(?:型|外|口|籍|内|均)|个(?:月|小时|多月|工作日|星期|平方|点|问题|字|案|单元|车位|项目|部门|地方|方面|理由|小区|村(?!民)|组|群)"
    r"|位(?:于|置)|名(?:额|单|字|义)|家(?:里|中|长会|具|电|公司|店|医院|暴)|口(?:井|水|头|气|径|号)|号(?:楼|栋|线|文|令|机)"
)
_COUNTED = re.compile(r"[共全有计等近约余达]$")
_LOOK_ON = re.compile(r"[^，。；,;]{0,2}(?:看了|看过|观看|浏览|点赞|转发|围观|播放|关注|砍|助力)")
_INVITED = re.compile(r"(?:拉了?|邀请了?|喊了?|砍价)(?:大概|差不多)?$")
_NAMED = re.compile(r"(?:[栋幢座楼室#\-—第A-Za-z*＊/]|单元|电话|拨打)$")
_MASKED = re.compile(r"[XxＸ*][.\d]?$")
_ROOM = re.compile(r"\d{1,2}[012]\d{1}$|\d{3,4}$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_HOTLINE = re.compile(r"(?:10086|123\d\d|4050)$")
_VAGUE = re.compile(r"[几数]|成(?=[百千万])")
_NEEDS_GROUP = frozenset("个家口号")


def people(text: str) -> list[Figure]:
    """Every number of persons or households that the text states."""
    found = [
        figure for match in _HEADS.finditer(text) if (figure := _heads(text, match)) is not None
    ]
    return ranked(found, len(text))


def _heads(text: str, match: re.Match[str]) -> Figure | None:
    """The group that a match counts, or None where it is something else."""
    start, end = match.start("num"), match.end()
    if not _counts(text, match) or _is_name(text, match) or _looks_on(text, start, end):
        return None
    value, vague = _number(match)
    if value is None:
        return None
    if match["plus"]:
        start = match.start()
        value += 1
    if not 1 <= value <= MAX_PEOPLE:
        return None
    marks = [f"m:{match['measure']}", f"g:{match['group'] or ''}", *size(value)]
    marks += ["plus"] if match["plus"] else []
    marks += ["digits" if match["num"][0].isdigit() else "words"]
    marks += ["gap"] if match["gap"] else []
    marks += surroundings(text, start, end, WORDS)
    return Figure(value, start, end, vague, tuple(marks))


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether a measure or a group says that persons are counted."""
    measure, group = match["measure"], match["group"]
    if not (measure or group):
        return False
    at = match.start("measure") if measure else match.end("more2") if match["more2"] else -1
    if at >= 0 and _NOT_HEADS.match(text, at):
        return False
    return (
        bool(group) or measure not in _NEEDS_GROUP or (measure == "口" and _of_family(text, match))
    )


def _of_family(text: str, match: re.Match[str]) -> bool:
    return text[max(0, match.start() - 2) : match.start()].endswith(("一家", "全家", "家里", "家"))


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether the number names a flat, a year, a line or a masked thing rather than counting."""
    start = match.start("num")
    before = text[max(0, start - 3) : start]
    if _MASKED.search(before) or _NAMED.search(before):
        return True
    if match["more"] or match["unit"]:
        return False
    num = match["num"]
    if match["measure"] in {None, "户"} and _ROOM.match(num) and not _COUNTED.search(before):
        return match["measure"] is None or (num[-2] == "0" and not match["group"])
    return bool(_YEAR.match(num) and not match["measure"]) or bool(_HOTLINE.match(num))


def _looks_on(text: str, start: int, end: int) -> bool:
    """Whether those counted only look on, or were invited to."""
    return bool(_LOOK_ON.match(text, end) or _INVITED.search(text, max(0, start - 6), start))


def _number(match: re.Match[str]) -> tuple[Decimal | None, bool]:
    """The number of a group, and whether the words leave it open (几百户, 数千人)."""
    raw = match["num"] + match["unit"]
    vague = bool(_VAGUE.search(raw))
    plain = raw.lstrip("几数上成").rstrip("几数")
    if not plain:
        return None, vague
    if plain[0] in "百千万":
        plain = "一" + plain
    return lowest(plain), vague
