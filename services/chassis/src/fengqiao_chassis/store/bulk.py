"""Many rows by one statement: the work that is the same for every row is done once.

SQLAlchemy prepares the parameters of each row of an executemany by itself, which costs more than the
row. The compiled statement, its order of parameters and the types' processors are kept instead, and
the driver gets the rows as it wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Rows = Sequence[Mapping[str, Any]]
_KEPT = 1000
"""Statements kept; the platform has some hundred."""


@dataclass(frozen=True)
class Bulk:
    """A compiled statement: its text for the driver and, in its order, each parameter's processor."""

    sql: str
    names: tuple[str, ...]
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]

    def tuples(self, rows: Rows) -> list[tuple[Any, ...]]:
        """The rows as the driver takes them; KeyError where a row lacks a column."""
        columns = [[row[name] for row in rows] for name in self.names]
        for place, process in self.processors:
            columns[place] = [process(value) for value in columns[place]]
        return list(zip(*columns, strict=True))


_known: dict[tuple[Any, ...], Bulk | None] = {}


def bulk_of(stmt: Executable, rows: Rows, dialect: Dialect) -> Bulk | None:
    """The kept form of a statement; None where it has values of its own or defaults of Python's."""
    if not isinstance(stmt, ClauseElement):
        return None
    cache_key = stmt._generate_cache_key()  # noqa: SLF001 -- what SQLAlchemy's own cache uses
    if cache_key is None or cache_key.bindparams:
        return None
    names = tuple(rows[0])
    key = (dialect.name, cache_key.key, names)
    if key not in _known:
        if len(_known) >= _KEPT:
            _known.clear()
        _known[key] = _compile(stmt, names, dialect)
    return _known[key]


def _compile(stmt: ClauseElement, names: tuple[str, ...], dialect: Dialect) -> Bulk | None:
    compiled = stmt.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        return None
    if compiled.insert_prefetch or compiled.update_prefetch or set(compiled.positiontup) - {*names}:
        return None
    found: Any = compiled._bind_processors  # noqa: SLF001 -- public only as one row at a time
    order = tuple(compiled.positiontup)
    processors = tuple((n, found[name]) for n, name in enumerate(order) if name in found)
    return Bulk(compiled.string, order, processors)
