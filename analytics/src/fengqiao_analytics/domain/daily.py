"""The daily summary (日汇总): what flowed on one day, and when a corrigendum is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from .counts import Line

FLOWS: Mapping[str, tuple[str, str]] = {
    "registered": ("新增登记", "registered"),
    "red": ("新增红色", "registered and graded red"),
    "yellow": ("新增黄色", "registered and graded yellow"),
    "assigned": ("指派调解员", "first assigned to a mediator"),
    "redirected": ("导入其他渠道", "redirected to another outlet"),
    "ended": ("办结", "ended"),
    "overdue": ("超过期限", "missed a deadline"),
}
"""The numbers of the summary. All are flows of the day, so that a past day's summary changes only
by late events, never by the mere passing of time."""


def daily_counts(lines: Iterable[Line], day: date) -> dict[str, int]:
    """The flows of `day` among the lines."""
    counts = dict.fromkeys(FLOWS, 0)
    for line in lines:
        if line.received_on == day:
            counts["registered"] += 1
            if line.state.grade in {"red", "yellow"}:
                counts[line.state.grade] += 1
        counts["assigned"] += line.assigned_on == day
        counts["redirected"] += line.redirected_on == day
        counts["ended"] += line.ended_on == day
        counts["overdue"] += line.overdue_on == day
    return counts


def changed(issued: Mapping[str, int] | None, counts: Mapping[str, int]) -> bool:
    """Whether a summary must be issued: none was, or late events have changed it."""
    return issued is None or dict(issued) != dict(counts)
