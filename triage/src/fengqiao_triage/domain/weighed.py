"""How a text was weighed for its type and its suitability."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was counted, the sum per code (types, then suitabilities), and the words that speak for the
    type with the highest sum, the strongest first.
    """

    count: int
    sums: tuple[float, ...]
    speaking: Iterable[str]
