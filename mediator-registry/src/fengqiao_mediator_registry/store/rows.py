"""Rows as plain entries: a dictionary by column name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

Entry = dict[str, Any]


def entry(row: Row[Any]) -> Entry:
    """The row by column name."""
    return row._asdict()


def entries(rows: Iterable[Row[Any]]) -> list[Entry]:
    """The rows by column name, in their order."""
    return [row._asdict() for row in rows]
