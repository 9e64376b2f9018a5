"""A planted bug: what went wrong, which invariant it breaks, and by which words the checker says so."""

from collections.abc import Callable
from typing import NamedTuple

from faults.checker import Evidence

Plant = Callable[[Evidence], Evidence]


class InStore(NamedTuple):
    """A bug made in a copy of the store, by statements that each change something."""

    name: str
    invariant: str
    words: str
    sql: tuple[str, ...]


class InEvidence(NamedTuple):
    """A bug made in the evidence: in answers, on surfaces, of the recovery."""

    name: str
    invariant: str
    words: str
    plant: Plant


def of_store(invariant: str, *bugs: tuple[str, str, str | tuple[str, ...]]) -> list[InStore]:
    """Bugs of one invariant: name, words, statements."""
    return [
        InStore(name, invariant, words, (sql,) if isinstance(sql, str) else sql)
        for name, words, sql in bugs
    ]


def of_evidence(invariant: str, *bugs: tuple[str, str, Plant]) -> list[InEvidence]:
    """Bugs of one invariant: name, words, what plants it."""
    return [InEvidence(name, invariant, words, plant) for name, words, plant in bugs]
