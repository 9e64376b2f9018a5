"""The rules of the statistics: pure functions and frozen values."""

from .counts import Counts, Key, Line, key_of, recount_facts, recount_lines
from .daily import FLOWS, changed, daily_counts
from .periods import SHANGHAI, business_date, next_issue_at, period

__all__ = [
    "FLOWS",
    "SHANGHAI",
    "Counts",
    "Key",
    "Line",
    "business_date",
    "changed",
    "daily_counts",
    "key_of",
    "next_issue_at",
    "period",
    "recount_facts",
    "recount_lines",
]
