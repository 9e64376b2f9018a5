"""The tables and queries of the statistics."""

from .committees import committee_names, note_committees
from .lines import add_counts, all_lines, line_of, load_lines, save_lines
from .reads import (
    Page,
    Wanted,
    daily_counts,
    group_cases,
    group_kept,
    group_units,
    list_cases,
    recount,
)
from .reports import add_report, issues_of, last_report
from .tables import metadata

__all__ = [
    "Page",
    "Wanted",
    "add_counts",
    "add_report",
    "all_lines",
    "committee_names",
    "daily_counts",
    "group_cases",
    "group_kept",
    "group_units",
    "issues_of",
    "last_report",
    "line_of",
    "list_cases",
    "load_lines",
    "metadata",
    "note_committees",
    "recount",
    "save_lines",
]
