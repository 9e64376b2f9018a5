"""A party's receipt is checked by intake, which alone keeps the code's hash."""

from __future__ import annotations

import orjson

from .forwarder import Forwarder, unavailable
from .whole import SELF


async def case_of_receipt(forwarder: Forwarder, number: str, code: str) -> str | None:
    """The case that number and code open, or None. Raises Busy while intake does not answer."""
    answer = await forwarder.send(
        "intake",
        "POST",
        "/internal/party-check",
        SELF,
        headers=[("content-type", "application/json")],
        body=orjson.dumps({"number": number, "code": code}),
    )
    if answer.status == 200:
        found = orjson.loads(answer.body)
        return found.get("case_id") if found.get("ok", True) else None
    if 400 <= answer.status < 500:
        return None
    raise unavailable()
