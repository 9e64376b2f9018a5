"""Field types of the gateway's bodies and paths: none lets a control character through."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from ..domain.accounts import MAX_PASSWORD

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z:._-]+$")]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$",
    ),
]
Username = Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_CONTROLS)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_CONTROLS)]
PersonId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z:._-]+$")]
Password = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD)]
Areas = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=50)]
Word = Annotated[str, Field(max_length=40)]
