"""Who else may see a case: its referrers, in the form of the access column."""

from __future__ import annotations


def with_referrer(referrers: str | None, system: str) -> str:
    """The referrers' column with one more system."""
    known = [name for name in (referrers or "").split("|") if name]
    return "|" + "|".join(sorted({*known, system})) + "|"
