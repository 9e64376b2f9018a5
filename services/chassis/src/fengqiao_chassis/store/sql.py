"""Small statement builders that read the same on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Insert, Table, TableClause, column
from sqlalchemy.dialects import postgresql, sqlite

_made: dict[tuple[Any, ...], Insert] = {}


@dataclass(frozen=True)
class Upsert:
    """INSERT .. ON CONFLICT, made native by the transaction that runs it."""

    table: Table
    keys: tuple[str, ...]
    update: tuple[str, ...] | Mapping[str, Any] | None
    where: ColumnElement[bool] | None

    def native(self, dialect: str) -> Insert:
        """The statement of `dialect`: "sqlite" or "postgresql"; a plain one is made once."""
        if self.where is not None or isinstance(self.update, Mapping):
            return self._make(dialect)
        key = (self.table, self.keys, self.update, dialect)
        if key not in _made:
            _made[key] = self._make(dialect)
        return _made[key]

    def _make(self, dialect: str) -> Insert:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        native = insert(self.table)
        if self.update is None:
            return native.on_conflict_do_nothing(index_elements=list(self.keys))
        values = (
            dict(self.update)
            if isinstance(self.update, Mapping)
            else {name: native.excluded[name] for name in self.update}
        )
        return native.on_conflict_do_update(
            index_elements=list(self.keys), set_=values, where=self.where
        )


def upsert(
    table: Table,
    keys: Iterable[str],
    *,
    update: Iterable[str] | Mapping[str, Any] | None = None,
    where: ColumnElement[bool] | None = None,
) -> Upsert:
    """An INSERT that on a conflict of `keys` updates; run it by `tx.run(upsert(...), rows)`.

    `update`: None = nothing on conflict; names = take the new values; a mapping = expressions (the
    new value of a column is `excluded(table, name)`). `where` guards the update.
    """
    values = update if isinstance(update, Mapping) or update is None else tuple(update)
    return Upsert(table, tuple(keys), values, where)


def excluded(table: Table, name: str) -> ColumnElement[Any]:
    """The value that the INSERT of an upsert proposed for a column."""
    proposed = TableClause("excluded", column(name, table.c[name].type))
    return proposed.c[name]
