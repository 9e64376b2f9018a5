"""A number of people or money that a text states, with what stands around it.

Which of them is the number of those who complain, or the sum at stake, is decided by weights over
these surroundings; nothing here knows an answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .numbers import HAN, number_of

NUMERALS = HAN + "俩仨"
MAX_PEOPLE = 100_000
MAX_AMOUNT = 10**12
_CLAUSE = re.compile(r"[，。；！？,;!?\n：:（）() 、]")
_SENTENCE = re.compile(r"[。；！？;!?\n]")
_LEFT, _RIGHT, _BEFORE, _AFTER = 10, 8, 24, 14
_TINY = 20
"""By how much a figure must be smaller than the largest to count as tiny."""
_SMALL = 4
"""Up to here the value itself is a mark."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, where it stands [start, end), whether only its size is told, and its surroundings."""

    value: Decimal
    start: int
    end: int
    vague: bool
    marks: tuple[str, ...]


def surroundings(text: str, start: int, end: int, words: Sequence[str]) -> Iterator[str]:
    """The characters of the same clause left and right of a number, those that touch it, and which
    of `words` the same sentence holds before (w:) and after it (x:).
    """
    left = _CLAUSE.split(text[max(0, start - _LEFT) : start])[-1]
    right = _CLAUSE.split(text[end : end + _RIGHT], 1)[0]
    for n in (1, 2, 3):
        yield f"L:{left[-n:]}"
        yield f"R:{right[:n]}"
    for i in range(len(left) - 1):
        yield f"l:{left[i : i + 2]}"
    for i in range(len(right) - 1):
        yield f"r:{right[i : i + 2]}"
    before = _SENTENCE.split(text[max(0, start - _BEFORE) : start])[-1]
    after = _SENTENCE.split(text[end : end + _AFTER], 1)[0]
    yield from [f"w:{word}" for word in words if word in before]
    yield from [f"x:{word}" for word in words if word in after]


def size(value: Decimal) -> Iterator[str]:
    """The order of magnitude, a small value itself, and whether a large one is not round."""
    yield f"s:{len(str(int(value)))}"
    if value <= _SMALL:
        yield f"v:{value.normalize():f}"
    if value > 1000 and value % 1000:
        yield "odd"


def ranked(found: Sequence[Figure], length: int) -> list[Figure]:
    """The figures of a text of that length, each marked with its rank and place among them."""
    if not found:
        return []
    values = [f.value for f in found]
    times, top = Counter(values), max(values)
    few = f"n:{min(len(found), 5)}"
    second = max([v for v in values if v != top], default=None)
    return [
        replace(
            figure,
            marks=(
                *dict.fromkeys(figure.marks),
                few,
                *((f"top&{few}", "top") if figure.value == top else ()),
                *(("second",) if figure.value == second else ()),
                *(("tiny",) if figure.value * _TINY < top else ()),
                *(("first",) if i == 0 else ()),
                *(("last",) if i == len(found) - 1 else ()),
                *(("again",) if times[figure.value] > 1 else ()),
                f"p:{min(3, figure.start * 4 // max(length, 1))}",
            ),
        )
        for i, figure in enumerate(found)
    ]


def weighed(figures: Iterable[Figure], weights: Mapping[str, int], least: int) -> Figure | None:
    """The figure whose surroundings weigh most, where they weigh at least `least`."""
    best, heaviest = None, least
    for figure in figures:
        weight = sum([weights.get(mark, 0) for mark in figure.marks])
        if weight >= heaviest and (best is None or weight > heaviest):
            best, heaviest = figure, weight
    return best


_MIXED = re.compile(
    r"(?P<head>\d+(?:\.\d+)?)(?P<unit>[万亿千百])(?P<rest>\d+[千百十]?|[一二三四五六七八九][千百]?)?$"
)
_SCALE = {"亿": 100_000_000, "万": 10_000, "千": 1_000, "百": 100, "十": 10}
_RANGE = re.compile(r"([一二三四五六七八九])([一二三四五六七八九])([十百千万])")
_TEENS = re.compile(r"(?<=十[一二三四五六七八])[一二三四五六七八九]")


def exact(raw: str) -> Decimal | None:
    """The value of `2万3千`, `十六七万` (the lower), `1.5万`, `三万五`, `俩`; None otherwise."""
    raw = raw.replace("俩", "两").replace("仨", "三")
    raw = _TEENS.sub("", _RANGE.sub(r"\1\3", raw))
    mixed = _MIXED.match(raw.replace(",", ""))
    if mixed is None:
        return number_of(raw)
    unit = _SCALE[mixed["unit"]]
    value = Decimal(mixed["head"]) * unit
    rest = mixed["rest"]
    tail = number_of(rest) if rest else None
    if tail is None:
        return value
    return value + (tail if rest[-1] in _SCALE or tail >= 10 else tail * unit / 10)


_TWO_OR_THREE = re.compile(r"两三(?=[十百千万])")
_FORMAL = str.maketrans("佰仟", "百千")


def lowest(raw: str) -> Decimal | None:
    """As `exact`, also for `两三百` (200) and for mixed formal figures (`5仟`)."""
    return exact(_TWO_OR_THREE.sub("两", raw.translate(_FORMAL)))
