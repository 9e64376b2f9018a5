"""What services use of HTTP: bodies and field types, the caller, answers."""

from __future__ import annotations

from ..auth import Principal
from .command import Answer
from .fields import AreaCode, Body, Code, Day, Instant, MoneyIn, Text
from .identity import Who

__all__ = [
    "Answer",
    "AreaCode",
    "Body",
    "Code",
    "Day",
    "Instant",
    "MoneyIn",
    "Principal",
    "Text",
    "Who",
]
