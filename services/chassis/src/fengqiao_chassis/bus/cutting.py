"""Cutting a failed batch, naming its records, and the codes by which facts are parked."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.errors import Refusal, Reject
from fengqiao_contracts.facts import UnknownFact
from fengqiao_contracts.ids import derived_id

from ..keys import KeyProblem, Keyring
from .port import Batch, Entry, Place


def reason_of(error: Exception) -> str:
    """A code for the parked table: class names and field places only, never a value."""
    match error:
        case UnknownFact():
            return "unknown-version"
        case ValidationError():
            places = {".".join(str(p) for p in e["loc"]) for e in error.errors()[:5]}
            return "invalid: " + ", ".join(sorted(places))
        case Reject():
            return f"rejected: {error}"
        case Refusal():
            return f"refused: {error.code}"
        case KeyProblem():
            return "personal part not readable"
        case _:
            return f"error: {type(error).__name__}"


def unreadable_record(entry: Entry, keys: Keyring, at: datetime) -> Envelope:
    """A record that is no fact, as it lies in the parked table: a subject of its own, so that it
    holds nobody else, and its bytes encrypted, because nobody knows what is in them.
    """
    topic, partition = entry.place
    name = f"unreadable/{topic}/{partition}/{entry.offset}"
    fact_id = derived_id(name)
    return Envelope(
        id=fact_id,
        source="/unreadable",
        type="unreadable",
        time=at,
        subject=fact_id,
        topic=topic,
        partition=partition,
        sequence=0,
        order=0,
        position=entry.offset,
        log_number=0,
        correlation_id=fact_id,
        causation_id=None,
        traceparent=None,
        actor="",
        area="",
        data=b"{}",
        pii=keys.encrypt(entry.raw, f"fact/{fact_id}"),
    )


def key_of(entry: Entry) -> str:
    return entry.envelope.id if entry.envelope is not None else f"{entry.place}/{entry.offset}"


def halves(batch: Batch) -> list[Batch]:
    """The first and the second half; the second begins where the first ends."""
    middle = len(batch.entries) // 2
    first, second = batch.entries[:middle], batch.entries[middle:]
    ends: dict[Place, int] = {}
    for entry in first:
        ends[entry.place] = entry.offset + 1
    rest = {e.place for e in second}
    left = Batch(first, {p: batch.begin[p] for p in ends}, ends)
    for p in ends:
        if p not in rest:
            ends[p] = batch.end[p]
    right = Batch(
        second,
        {p: ends.get(p, batch.begin[p]) for p in rest},
        {p: batch.end[p] for p in rest},
    )
    return [left, right]
