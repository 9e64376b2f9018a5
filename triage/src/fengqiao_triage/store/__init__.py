"""What triage keeps: every table and query of the service, by subject."""

from .cases import (
    add_assessments,
    add_cases,
    add_inputs,
    add_referrers,
    drop_mediators,
    forget,
    history_of,
    lock_cases,
    note_mediators,
    parts_of,
    revise_cases,
    with_referrer,
)
from .tables import assessments, cases, inputs, metadata

__all__ = [
    "add_assessments",
    "add_cases",
    "add_inputs",
    "add_referrers",
    "assessments",
    "cases",
    "drop_mediators",
    "forget",
    "history_of",
    "inputs",
    "lock_cases",
    "metadata",
    "note_mediators",
    "parts_of",
    "revise_cases",
    "with_referrer",
]
