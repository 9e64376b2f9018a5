"""The analysis of a part as a small JSON document: places and numbers, never words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .analysis import Number, PartAnalysis
from .cues import Signal


def pack(part: PartAnalysis) -> dict[str, Any]:
    """The stored form of a part's analysis; short keys, there is one for every text."""
    return {
        "w": part.words,
        "t": part.type_sums,
        "s": part.suit_sums,
        "g": {code: [s.count, int(s.unsure), s.spans] for code, s in part.signals.items()},
        "p": _number(part.people),
        "a": _number(part.amount),
        "m": _number(part.months),
        "e": part.type_spans,
    }


def unpack(number: int, data: dict[str, Any]) -> PartAnalysis:
    """The analysis of the part `number` from its stored form."""
    return PartAnalysis(
        part=number,
        words=data["w"],
        type_sums=tuple(data["t"]),
        suit_sums=tuple(data["s"]),
        signals={
            code: Signal(count, tuple([(start, end) for start, end in spans]), bool(unsure))
            for code, (count, unsure, spans) in data["g"].items()
        },
        people=_parsed(data["p"]),
        amount=_parsed(data["a"]),
        months=_parsed(data["m"]),
        type_spans=tuple([(start, end) for start, end in data["e"]]),
    )


def _number(number: Number | None) -> list[Any] | None:
    return None if number is None else [format(number.value, "f"), *number.span]


def _parsed(data: list[Any] | None) -> Number | None:
    return None if data is None else Number(Decimal(data[0]), (data[1], data[2]))
