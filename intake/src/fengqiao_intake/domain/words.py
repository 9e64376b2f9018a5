"""Search words: pairs of Chinese characters, so that 赡养 is found without a dictionary."""

from __future__ import annotations

import operator
import re
from typing import NamedTuple

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
MAX_TERMS = 8
"""Terms of one query that are looked at; more only narrow what is narrow already."""


class Term(NamedTuple):
    """One word of a query: every `exact` piece and some piece beginning with each of `prefixes`.

    A document that has all pieces may hold them apart, so `text` is compared with it afterwards.
    """

    text: str
    exact: tuple[str, ...]
    prefixes: tuple[str, ...]


def pieces(text: str) -> set[str]:
    """What a text is found by: pairs of neighbouring characters, the last character of each run
    (so that a single character is a prefix of something), and whole Latin words and numbers."""
    found: set[str] = set()
    for run in _RUNS.findall(text.lower()):
        if run[0] < "\u3400":
            found.add(run[:64])
        else:
            found.update(map(operator.add, run, run[1:]))
            found.add(run[-1])
    return found


def terms(query: str) -> list[Term]:
    """The words of a query, at most MAX_TERMS; a word without letters or characters is left out."""
    found = []
    for word in query.lower().split()[:MAX_TERMS]:
        exact: set[str] = set()
        prefixes: set[str] = set()
        for run in _RUNS.findall(word):
            if not _IS_HAN.match(run) or len(run) == 1:
                prefixes.add(run[:64])
            else:
                exact.update(map(operator.add, run, run[1:]))
        if exact or prefixes:
            found.append(Term(word, tuple(sorted(exact)), tuple(sorted(prefixes))))
    return found
