"""The cases that the bench registers: the real message stream where it is at hand, else our own."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fengqiao_chassis.clock import business_date

from .. import city
from ..import_files import FileReader
from ..import_mapping import case_of, profile_map

STREAM = "data/teddy2020c/stream_before_2019_09.jsonl.gz"
DEFAULTS = {"channel": "petition", "area": "510100"}


def stream() -> Path | None:
    """The real message stream under FENGQIAO_SHARED, or in the folder `shared` beside the checkout."""
    places = (os.environ.get("FENGQIAO_SHARED"), "../shared")
    found = (Path(place) / STREAM for place in places if place)
    return next((path for path in found if path.exists()), None)


def source() -> str:
    """What the cases are made of, for the report."""
    return "the real message stream" if stream() else "the shipped narratives (set FENGQIAO_SHARED)"


def rows(count: int) -> list[dict[str, Any]]:
    """`count` cases as `POST /v1/cases` takes them; the stream comes again where it is too short."""
    path = stream()
    if path is None:
        return list(city.cases(count, 1, business_date(datetime.now(UTC))))
    mapping = profile_map("petition-stream")
    found = [
        case_of(row.values, mapping, DEFAULTS)
        for row in FileReader(path).rows()
        if row.values is not None
    ]
    return [_again(found[n % len(found)], n // len(found)) for n in range(count)]


def _again(case: dict[str, Any], turn: int) -> dict[str, Any]:
    """The case; on a later turn under a number of its own."""
    if turn == 0:
        return case
    ref = case["external_ref"]
    return case | {"external_ref": ref | {"number": f"{ref['number']}-{turn}"}}
