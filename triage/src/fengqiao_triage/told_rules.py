"""The words that tell of parties, relations and earlier attempts, loaded from their rule file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import yaml

from fengqiao_contracts import codes

from .domain.told import Relation, Teller, TellerSet, any_of
from .rules import text_of

TOLD = "told-v1"


@cache
def tellers(version: str = TOLD) -> TellerSet:
    """The rule file of a version; FileNotFoundError where this release does not carry it."""
    data = cast("Mapping[str, Any]", yaml.safe_load(text_of(version)))
    if data["version"] != version:
        raise ValueError(f"{version}.yaml says it is {data['version']}")
    tried = data["attempts"]
    return TellerSet(
        version=version,
        parties=[_teller(code, spec) for code, spec in data["parties"].items()],
        relations=[_relation(code, spec) for code, spec in data["relations"].items()],
        attempts=[_teller(code, spec) for code, spec in tried["kinds"].items()],
        not_yet=re.compile(tried["not_yet"]),
        asked=re.compile(tried["asked"]),
    )


def _teller(code: str, spec: Mapping[str, Any]) -> Teller:
    unless = spec.get("unless")
    return Teller(
        code,
        any_of(spec.get("words", "").split(), spec.get("patterns", ())),
        re.compile(unless) if unless else None,
    )


def _relation(code: str, spec: Mapping[str, Any]) -> Relation:
    needed, barred = spec.get("with"), spec.get("unless_any")
    return Relation(
        teller=_teller(code, spec),
        least=int(spec.get("least", 1)),
        needed=any_of(needed.split()) if needed else None,
        barred=any_of(barred.split()) if barred else None,
        types=frozenset(codes.table("relations").row(code).extra["types"]),
    )
