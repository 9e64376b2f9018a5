"""The bus port: what a consumer and a service need of a bus, whichever adapter stands behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fengqiao_contracts.envelope import Envelope

from .received import Received

Place = tuple[str, int]
"""A (topic, partition)."""

LoadOffsets = Callable[[], Awaitable[dict[Place, int]]]
"""The next offsets of a group from its own database: the only truth about where it stands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log; `envelope` None = not readable, `error` says why in a code.

    `decoded` keeps the fact with (True) and without (False) its personal part for all groups of the
    process that share the entry.
    """

    place: Place
    offset: int
    envelope: Envelope | None
    error: str = ""
    raw: bytes = b""
    decoded: dict[bool, Received[Any]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Batch:
    """Records in log order per partition. `begin` is the offset each partition was read from (the
    fence), `end` the offset after its last record.
    """

    entries: list[Entry] = field(default_factory=list)
    begin: dict[Place, int] = field(default_factory=dict)
    end: dict[Place, int] = field(default_factory=dict)


class Reader(Protocol):
    """One member of a group."""

    async def open(self, load: LoadOffsets, look: LoadOffsets | None = None) -> None:
        """Begin at the offsets of `load`; keep `load` for rewinds and new assignments.

        `look` reads the same at any other time; it is `load` where that changes nothing.
        """

    async def fetch(self, limit: int, wait: float, topics: Sequence[str]) -> Batch:
        """What is there of `topics`, at most `limit` records; waits up to `wait` seconds for the
        first one. Raises nothing for a broker that is away: an empty batch.
        """
        ...

    async def rewind(self) -> None:
        """Read again from the group's own rows (after a fence or a failed batch)."""

    async def committed(self, batch: Batch) -> None:
        """The batch's transaction committed; tell the broker, for monitoring only."""

    async def lag(self) -> int | None:
        """Records that the group has not fetched or committed; None = not known now."""

    async def close(self) -> None:
        """Leave the group within a bounded time."""


class Relay(Protocol):
    """Sends a service's outbox to the bus."""

    async def run(self) -> None:
        """Relay until cancelled: a lease with a term, position order, `acked` over unbroken runs."""

    async def close(self) -> None:
        """Stop within a bounded time."""
