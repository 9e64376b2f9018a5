"""Reasons to refuse or end a mediation, and which other ways the parties are told of (PML 26)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from fengqiao_contracts import codes

PARTY_REFUSES = "party_refuses"
"""Not accepted because a party refuses (table `refusal_reasons`)."""

PARTY_REFUSED = "party_refused"
"""Ended because a party refuses (table `termination_reasons`)."""

Act = Literal["refusal", "termination", "breach"]


@cache
def _data() -> dict[str, Any]:
    text = (resources.files("fengqiao_mediation") / "data" / "guidance.toml").read_text("utf-8")
    return tomllib.loads(text)


def check_reason(act: Act, reason: str) -> None:
    """The reason is in the published table of the act; raises Invalid naming field `reason`."""
    codes.table(f"{act}_reasons").row(reason, field="reason")


def guidance(reason: str, type_: str | None) -> str:
    """The other ways open to the parties, in Chinese: by reason, then dispute type, else all."""
    data = _data()
    by_reason = data["reasons"].get(reason)
    by_type = data["types"].get(type_ or "")
    chosen: dict[str, str] = by_reason or by_type or data["general"]
    words = chosen["zh"]
    general: str = data["general"]["zh"]
    return words if words == general else f"{words}{general}"
