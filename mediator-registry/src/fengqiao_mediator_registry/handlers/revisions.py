"""Two people may edit one entry: who did not read the newest revision is refused."""

from __future__ import annotations

import re

from fengqiao_contracts.errors import Refusal

TAG = r'^(W/)?"[0-9]{1,9}"$'
"""The form of an ETag of ours."""


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def expected(if_match: str | None) -> int:
    """The revision that an If-Match header names; raises Refusal 428 without one, 412 for another
    text than an ETag of ours.
    """
    if if_match is None:
        raise Refusal(
            "if-match-missing",
            "修改须带 If-Match 头：请先读取该条目，用其 ETag",
            "a change needs the header If-Match: read the entry first and send its ETag",
            "If-Match",
            status=428,
        )
    text = if_match.strip()
    if re.match(TAG, text) is None:
        raise stale()
    return int(text.removeprefix("W/").strip('"'))


def stale() -> Refusal:
    """The entry was changed by somebody else meanwhile."""
    return Refusal(
        "entry-changed",
        "条目已被他人修改：请重新读取后再改",
        "the entry was changed meanwhile: read it again, then change it",
        "If-Match",
        status=412,
    )
