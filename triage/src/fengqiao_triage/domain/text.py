"""The text as analysis reads it: same length as what was written, so that spans stay true."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

MAX_CHARS = 20_000
"""The longest text of one part; intake and the dry run refuse more (architecture.md §4, sizes)."""

_TRADITIONAL = (
    "們這樣個為會沒錢請說國來對時過還後從問東車門開關長見點處發現產業務廠勞動資員區縣鄉鎮醫療傷殺"
    "燒給讓當學費買賣貸債權償賠協議調離撫養贍繼財鄰樓聲環徵遷補鬧報訴訟審決證據談壓騙詐網絡電話單"
    "條約違損壞體殘復雜罰險執媽嗎麼兒爺賴賬帳農糾紛嬰婦親號歲萬億塊雙幾類緊書記鐵鋼壩塵氣廢煙濫嚴"
    "確認訂簽識別實際種樹畝園難題應該結論讀寫兇惡嚇脅綁搶盜傳銷"
)
_SIMPLIFIED = (
    "们这样个为会没钱请说国来对时过还后从问东车门开关长见点处发现产业务厂劳动资员区县乡镇医疗伤杀"
    "烧给让当学费买卖贷债权偿赔协议调离抚养赡继财邻楼声环征迁补闹报诉讼审决证据谈压骗诈网络电话单"
    "条约违损坏体残复杂罚险执妈吗么儿爷赖账账农纠纷婴妇亲号岁万亿块双几类紧书记铁钢坝尘气废烟滥严"
    "确认订签识别实际种树亩园难题应该结论读写凶恶吓胁绑抢盗传销"
)
_WIDE = "０１２３４５６７８９％"
_FOLD = str.maketrans(_TRADITIONAL + _WIDE, _SIMPLIFIED + "0123456789%")
_FOLDABLE = re.compile(f"[{_TRADITIONAL}{_WIDE}]")


@dataclass(frozen=True, slots=True)
class Text:
    """One part of a case's words: 0 the narrative, n the n-th supplement; `day` when it was said."""

    part: int
    text: str
    day: date


def fold(text: str) -> str:
    """Full-width digits and common traditional characters to ordinary ones; length unchanged."""
    return text.translate(_FOLD) if _FOLDABLE.search(text) else text


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with each span replaced by as many blanks, so that nothing in it is read."""
    for start, end in spans:
        text = text[:start] + "\x00" * (end - start) + text[end:]
    return text


def sha256_of(text: str) -> str:
    """The hash under which a stored text is named in an assessment's inputs."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
