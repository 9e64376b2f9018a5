"""The envelope of a fact: CloudEvents 1.0 attributes plus this platform's order, cause and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

PARTITIONS = 12
"""Partitions of every topic, for ever: keys map to partitions by it (architecture.md §4)."""

MAX_FACT_BYTES = 256 * 1024
"""The largest fact that may be stated, data and encrypted part together."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact as it lies in an outbox, on the bus or in the parked table.

    `data` is the fact's JSON without personal data; `pii` the encrypted personal part or None.
    `sequence` counts 1..n without gap per (source, subject); `position` 1..n without gap per
    (source, topic, partition); `order` is a Lamport clock per partition; `log_number` is the log's
    generation, raised by a refill.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    topic: str
    partition: int
    sequence: int
    order: int
    position: int
    log_number: int
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    actor: str
    area: str
    data: bytes
    pii: str | None

    @property
    def name(self) -> str:
        """The type without its version: `case.registered`."""
        return _parts(self.type)[0]

    @property
    def version(self) -> int:
        """The major version in the type: 1 for `case.registered.v1`; 0 where none can be read."""
        return _parts(self.type)[1]


@lru_cache(maxsize=1024)
def _parts(type_: str) -> tuple[str, int]:
    name, _, digits = type_.rpartition(".v")
    return name, int(digits) if digits.isdecimal() else 0
