"""Full-text search over pairs of characters: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

The index `intake_search` is made by the migration and is not part of the metadata. It holds pieces,
not texts: FTS5 without content and positions, or lexemes built without PostgreSQL's parser (whose
answer to Chinese depends on the locale). A hit is compared with the text itself, so that the pieces
of 赡养老人 standing apart do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, TextClause, bindparam, literal, select, text

from fengqiao_chassis.store import Tx

from ..domain.words import Term, pieces
from .tables import cases, texts

MAKE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE VIRTUAL TABLE intake_search USING fts5("
        "words, content='', detail=none, tokenize='unicode61 remove_diacritics 0')",
    ),
    "postgresql": (
        "CREATE TABLE intake_search (doc bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_intake_search_words ON intake_search USING gin (words)",
    ),
}
"""The statements that make the index, by dialect."""

_ADD: dict[str, TextClause] = {
    "sqlite": text(
        "INSERT INTO intake_search (rowid, words)"
        " SELECT doc, :words FROM intake_texts WHERE case_id = :case_id AND part = :part"
    ),
    "postgresql": text(
        "INSERT INTO intake_search (doc, words)"
        " SELECT doc, array_to_tsvector(string_to_array(CAST(:words AS text), ' '))"
        " FROM intake_texts WHERE case_id = :case_id AND part = :part"
    ),
}
_DROP: dict[str, TextClause] = {
    "sqlite": text(
        "INSERT INTO intake_search (intake_search, rowid, words) VALUES ('delete', :doc, :words)"
    ),
    "postgresql": text("DELETE FROM intake_search WHERE doc = :doc AND :words IS NOT NULL"),
}


def words_of(text_: str, names: str | None) -> str:
    """What is put into the index for a text and the parties' names, ready for `add`."""
    return " ".join(pieces(f"{text_} {names}" if names else text_))


async def add(tx: Tx, entries: Sequence[dict[str, Any]]) -> None:
    """Index texts that are already stored: dictionaries of `case_id`, `part`, `words`."""
    if entries:
        await tx.run(_ADD[tx.dialect], list(entries))


async def forget(tx: Tx, entries: Sequence[dict[str, Any]]) -> None:
    """Take texts out of the index: dictionaries of `doc` and the `words` they were indexed by."""
    if entries:
        await tx.run(_DROP[tx.dialect], list(entries))


def matches(dialect: str, found: Sequence[Term]) -> ColumnElement[bool]:
    """The condition on `intake_cases` that every term is in some text of the case."""
    condition: ColumnElement[bool] = literal(True)
    for number, term in enumerate(found):
        pattern = "%" + _escaped(term.text) + "%"
        hit = select(texts.c.case_id).where(
            texts.c.doc.in_(_candidates(dialect, number, term)),
            texts.c.text.ilike(pattern, escape="\\")
            | texts.c.names.ilike(pattern, escape="\\"),
        )
        condition = condition & cases.c.id.in_(hit)
    return condition


def _candidates(dialect: str, number: int, term: Term) -> Any:
    """The documents that hold all pieces of a term, by the index of the dialect."""
    name = f"search_{number}"
    if dialect == "sqlite":
        parts = [f'"{piece}"' for piece in term.exact] + [f'"{piece}"*' for piece in term.prefixes]
        statement = text(f"SELECT rowid FROM intake_search WHERE intake_search MATCH :{name}")
        query = " AND ".join(parts)
    else:
        parts = [f"'{piece}'" for piece in term.exact] + [f"'{piece}':*" for piece in term.prefixes]
        statement = text(f"SELECT doc FROM intake_search WHERE words @@ CAST(:{name} AS tsquery)")
        query = " & ".join(parts)
    return statement.bindparams(bindparam(name, query)).columns(doc=texts.c.doc.type)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
