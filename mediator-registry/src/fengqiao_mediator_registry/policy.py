"""The admission policy in force, read from the package's data."""

from __future__ import annotations

import tomllib
from importlib import resources

from .domain import Policy


def load() -> Policy:
    """The policy of `data/policy.toml`."""
    file = resources.files(__package__) / "data" / "policy.toml"
    raw = tomllib.loads(file.read_text("utf-8"))
    committee = raw["committee"]
    return Policy(
        version=raw["version"],
        source=raw["source"],
        capacity={int(grade): places for grade, places in raw["capacity"].items()},
        initial_grade=raw["grade"]["initial"],
        members_min=committee["members_min"],
        members_max=committee["members_max"],
        term_years=committee["term_years"],
    )
