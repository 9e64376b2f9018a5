"""Full-text search by characters: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

The index `intake_search` is made by the migration and is not part of the metadata. It holds letters
(see domain.words), never texts: FTS5 without content and positions, or lexemes made without
PostgreSQL's parser, whose answer to Chinese depends on the locale. Hits are compared with the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, TextClause, bindparam, select, text, true

from fengqiao_chassis.store import Tx

from ..domain.words import Term, letters
from .tables import cases, texts

# VALUES with a scalar: for INSERT .. SELECT SQLite opens a savepoint a row, at each of which FTS5
# writes its pending words to disk (75 µs a case instead of 11).
_ADD: dict[str, TextClause] = {
    "sqlite": text(
        "INSERT INTO intake_search (rowid, words) VALUES"
        " ((SELECT doc FROM intake_texts WHERE case_id = :case_id AND part = :part), :words)"
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
    "postgresql": text(
        "DELETE FROM intake_search WHERE doc = :doc AND CAST(:words AS text) IS NOT NULL"
    ),
}
_FIND: dict[str, TextClause] = {
    "sqlite": text("SELECT rowid AS doc FROM intake_search WHERE intake_search MATCH :words"),
    "postgresql": text("SELECT doc FROM intake_search WHERE words @@ CAST(:words AS tsquery)"),
}
_AND = {"sqlite": " AND ", "postgresql": " & "}


def words_of(text_: str, names: str | None) -> str:
    """What is put into the index for a text and the parties' names, ready for `add`."""
    return " ".join(letters(f"{text_} {names}" if names else text_))


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
    condition: ColumnElement[bool] = true()
    for term in found:
        pattern = "%" + _escaped(term.text) + "%"
        hit = select(texts.c.case_id).where(
            texts.c.text.ilike(pattern, escape="\\") | texts.c.names.ilike(pattern, escape="\\")
        )
        if term.letters:
            hit = hit.where(texts.c.doc.in_(_candidates(dialect, term)))
        condition = condition & cases.c.id.in_(hit)
    return condition


def _candidates(dialect: str, term: Term) -> Any:
    """The documents that have all letters of a term, by the index of the dialect.

    A letter is a character, a Latin word or a number, so that quoting it is safe.
    """
    quote = '"' if dialect == "sqlite" else "'"
    query = _AND[dialect].join(f"{quote}{letter}{quote}" for letter in term.letters)
    words: BindParameter[str] = bindparam("words", query, unique=True)
    return _FIND[dialect].bindparams(words).columns(doc=texts.c.doc.type)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
