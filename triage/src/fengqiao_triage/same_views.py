"""What a person sees of a case's dispute: its cases, why they are one, what else to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Member(BaseModel):
    """One case of the dispute. `copy_of`: it copies that case, so it brings no person of its own."""

    case_id: str
    received_at: datetime
    copy_of: str | None = None


class Link(BaseModel):
    """Why two cases stand together; `points` are the pieces of evidence that make up the score."""

    other_case_id: str
    kind: Literal["joined", "suggested", "linked", "parted"]
    reason: str = Field(description="Code of the table link_reasons.")
    score: float | None = None
    points: dict[str, float] = {}
    by: str
    note: str | None = None
    linked_at: datetime


class Duplicates(BaseModel):
    """A case's dispute and its links, as far as the caller's scope reaches.

    `cases` counts all cases of the dispute, also those outside the scope; `persons` those who brought it
    in words of their own and can be told apart: copies under other names count nobody.
    """

    case_id: str
    dispute_id: str
    cases: int
    persons: int
    members: list[Member]
    links: list[Link]
