"""Reads a version of the decision table from the package's data."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from .domain.table import Guide, Rule, Table

LATEST = "table-v1.yaml"


@cache
def load(name: str = LATEST) -> Table:
    """The compiled table of the file `name`; raises Invalid where it leaves a dispute open."""
    text = (resources.files("fengqiao_routing") / "data" / name).read_text("utf-8")
    return parse(yaml.safe_load(text))


def parse(data: dict[str, Any]) -> Table:
    """The table of already read YAML."""
    return Table(
        version=data["version"],
        rules=[_rule(row) for row in data["rules"]],
        guides={
            outlet: Guide(outlet, row["channel"], tuple(row["materials"]), row["source"])
            for outlet, row in data["outlets"].items()
        },
        grade_notes=data["grade_notes"],
        petition_words=data["petition_words"],
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        then=row["then"],
        reason=row["reason"],
        source=row["source"],
        outlet=row.get("outlet"),
        also=tuple(row.get("also", ())),
        ladder=tuple(row.get("ladder", ())),
        when={key: frozenset(values) for key, values in row["when"].items()},
        stops_accepted=row.get("stops_accepted", False),
    )
