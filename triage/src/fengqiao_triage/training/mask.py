"""What a model must never learn: names, places and numbers of people are cut out of its texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import rjieba

GAP = "\x00"
"""Stands for what was cut out; no trait that is kept holds it."""
ORDINARY = 8
"""A word of two characters in so many texts is no one's name, whatever the tagger thinks."""
_TITLES = (
    "书记|市长|县长|区长|局长|厅长|省长|镇长|乡长|村长|主任|院长|校长|领导|经理|老师|警官|法官|律师"
)
_PATTERNS = (
    re.compile(
        rf"(?:尊敬的|敬爱的)[^，,。:：！!\n]{{0,12}}?(?:{_TITLES})(?:您好|你好)?[:：，,！!]?"
    ),
    re.compile(rf"[\u4e00-\u9fff]{{1,3}}(?=(?:{_TITLES})(?:您好|你好|[:：，,]))"),
    re.compile(r"[A-Za-z]+\d*(?=[市县区镇乡村])"),
    re.compile(r"[A-Za-z0-9_.@-]{6,}"),
    re.compile(r"[\u4e00-\u9fff]某+|[xX×*]{2,}"),
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范廖石韦贾夏付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃戴莫孔"
    "向常汤阮蒲鄢卿胥骆詹聂颜倪温欧阳殷柯辜"
)
_PLACE = re.compile(r".+[省市县区镇乡街路村]$")


def masked(texts: Sequence[str]) -> list[str]:
    """The texts without salutations, names of people and places, codes and long numbers."""
    tagged: list[list[tuple[str, str]]] = []
    for text in texts:
        rest = text
        for pattern in _PATTERNS:
            rest = pattern.sub(GAP, rest)
        tagged.append(rjieba.tag(rest))
    seen = Counter(word for words in tagged for word in {word for word, _ in words})
    return [
        "".join(GAP if _private(word, tag, seen[word]) else word for word, tag in words)
        for words in tagged
    ]


def _private(word: str, tag: str, texts: int) -> bool:
    if tag.startswith("nr") and word[0] in _SURNAMES:
        return len(word) == 3 or (len(word) == 2 and texts < ORDINARY)
    return tag in {"ns", "nr"} and len(word) > 2 and bool(_PLACE.match(word))
