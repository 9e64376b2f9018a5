"""What a service says of its tables to a replay: which of them the facts alone can make anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table


@dataclass(frozen=True)
class Projection:
    """A table that facts alone make, or whose columns in `initial` they move.

    Rows of one `key` (none named: the primary key) are replaced together where they differ;
    `serial` is a column that only numbers rows as they come, and is not compared. With `initial`
    the rows themselves are a command's work: these columns begin at these values and the facts
    move them; nothing else of the row is touched. A row with the values of `void` is as good as none.
    """

    table: Table
    key: tuple[str, ...] = ()
    serial: str | None = None
    initial: Mapping[str, Any] = field(default_factory=dict[str, Any])
    void: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name rows replaced together."""
        return self.key or tuple(c.name for c in self.table.primary_key)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that the facts make."""
        return tuple(self.initial) or tuple(c.name for c in self.table.c if c.name != self.serial)
