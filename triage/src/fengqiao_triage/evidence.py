"""What every answer of triage is made of: a code with its word, and the words that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

Texts = Mapping[int, str | None]
"""A case's texts by part; None where the caller may not read one or it was erased."""


class Named(BaseModel):
    """A code with its word."""

    code: str
    name: str


class Evidence(BaseModel):
    """The words that something rests on: [start, end) in the text of `part` (0 = narrative, n =
    the n-th supplement, 100,000 + n = the record of the n-th session); `text` is null where the caller may not read it or it was erased.
    """

    text: str | None
    start: int
    end: int
    part: int
