"""What the reader of texts must not see."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blindfold:
    """What must never be read: words about the person, and orders to the grader.

    `protected` are words of ethnicity, religion, criminal record and mental illness (PIPL art. 24,
    28; domain.md §5.2: the dispute is graded, not the person); `orders` matches text that tells the
    grader what to answer, woken by `order_words`.
    """

    protected: frozenset[str]
    order_words: frozenset[str]
    orders: re.Pattern[str]
