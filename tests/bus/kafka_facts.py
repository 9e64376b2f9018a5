"""Facts, stores and readers for the tests of the Kafka adapter."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fengqiao_chassis.bus.kafka import KafkaReader
from fengqiao_chassis.bus.port import Batch, Place
from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import CASES
from fengqiao_contracts.ids import new_id


def cases(n: int) -> list[str]:
    return [new_id() for _ in range(n)]


def fact(position: int, partition: int = 0, **changes: object) -> Envelope:
    plain = Envelope(
        id=new_id(),
        source="/intake",
        type="personal_data.erased.v1",
        time=datetime(2026, 3, 2, tzinfo=UTC),
        subject="a-case",
        topic=CASES,
        partition=partition,
        sequence=position,
        order=position,
        position=position,
        log_number=1,
        correlation_id="c",
        causation_id=None,
        traceparent=None,
        actor="test",
        area="/510100/",
        data=b"{}",
        pii=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


class Rows:
    """A group's offsets as its database would hold them."""

    def __init__(self, **offsets: int) -> None:
        self.offsets: dict[Place, int] = {(CASES, int(p[1:])): n for p, n in offsets.items()}
        self.loads = 0

    async def load(self) -> dict[Place, int]:
        self.loads += 1
        return dict(self.offsets)


async def read(reader: KafkaReader, least: int, seconds: float = 30) -> list[Batch]:
    """Batches until `least` records came."""
    batches: list[Batch] = []
    deadline = time.monotonic() + seconds
    while sum(len(b.entries) for b in batches) < least:
        batch = await reader.fetch(100, 0.5, list(reader.topics.values()))
        if batch.entries:
            batches.append(batch)
        assert time.monotonic() < deadline, batches
    return batches


def positions(batches: Sequence[Batch]) -> list[int]:
    return [e.envelope.position for b in batches for e in b.entries if e.envelope is not None]
