"""The forms of what stands in an address: ids, codes, words."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

ID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
CODE_PATTERN = r"^[0-9A-Za-z_-]+$"
WORD_PATTERN = r"^[^\x00-\x1f\x7f]+$"

Id = Annotated[str, Path(pattern=ID_PATTERN)]
"""An id in a path: a UUID in small letters."""
