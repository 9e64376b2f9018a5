"""The permanent record of facts as lines of JSON: read from the outboxes, without personal data."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, select

from fengqiao_chassis.bus.codec import partition_of
from fengqiao_chassis.service import Service
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.store import tables as t
from fengqiao_chassis.store.database import Database
from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.facts import TOPICS

from .problems import CliProblem

Write = Callable[[str], object]
JOURNAL_OF = "intake"
_LATE = 2**62
"""The place of a fact that the register has not journalled yet: behind all others."""


@contextmanager
def sink(path: Path | None) -> Iterator[Write]:
    """Where lines go: standard output, or a file that appears only when it is complete."""
    if path is None:
        yield sys.stdout.write
        return
    if not path.parent.is_dir():
        raise CliProblem(f"没有这个文件夹：{path.parent}", f"no such folder: {path.parent}")
    partial = path.with_name(path.name + ".part")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(partial, "wt", encoding="utf-8") as file:
        yield file.write
    partial.replace(path)


async def export_facts(
    settings: Settings, services: Sequence[Service], write: Write, subject: str | None = None
) -> int:
    """Write all facts, or those of one subject; how many. Per topic and partition in the journal's
    order, facts that are not journalled yet last, by order and source.
    """
    count = 0
    async with AsyncExitStack() as stack:
        urls = dict.fromkeys(settings.database_for(service.name) for service in services)
        databases = {url: Database(url) for url in urls}
        for database in databases.values():
            stack.push_async_callback(database.close)
        register = databases[settings.database_for(JOURNAL_OF)]
        wanted = range(PARTITIONS) if subject is None else (partition_of(subject),)
        for topic in sorted(TOPICS):
            for partition in wanted:
                numbers = await _journal(register, topic, partition)
                rows = [
                    row
                    for database in databases.values()
                    for row in await _facts(database, topic, partition, subject)
                ]
                rows.sort(key=lambda row: _place(row, numbers))
                count += len(rows)
                for row in rows:
                    write(json.dumps(as_event(row), ensure_ascii=False) + "\n")
    return count


async def _journal(database: Database, topic: str, partition: int) -> dict[tuple[str, int], int]:
    c = t.journal.c
    wanted = select(c.source, c.position, c.number).where(
        and_(c.topic == topic, c.partition == partition)
    )
    async with database.read() as connection:
        return {(s, p): number for s, p, number in await connection.execute(wanted)}


async def _facts(
    database: Database, topic: str, partition: int, subject: str | None
) -> Sequence[Row[Any]]:
    c = t.outbox.c
    columns = [column for column in t.outbox.columns if column.name != "pii"]
    wanted = select(*columns).where(and_(c.topic == topic, c.partition == partition))
    if subject is not None:
        wanted = wanted.where(c.subject == subject)
    async with database.read() as connection:
        return (await connection.execute(wanted)).all()


def _place(row: Row[Any], numbers: dict[tuple[str, int], int]) -> tuple[int, int, str, int]:
    number = numbers.get((row.source, row.position), _LATE)
    return number, row.fact_order, row.source, row.position


def as_event(row: Row[Any]) -> dict[str, Any]:
    """An outbox row as a CloudEvents 1.0 JSON object; attributes that are absent are left out."""
    event = {
        "specversion": "1.0",
        "id": row.fact_id,
        "source": row.source,
        "type": row.type,
        "time": row.time.isoformat(),
        "subject": row.subject,
        "datacontenttype": "application/json",
        "sequence": row.sequence,
        "order": row.fact_order,
        "position": row.position,
        "topic": row.topic,
        "partition": row.partition,
        "correlationid": row.correlation_id,
        "causationid": row.causation_id,
        "traceparent": row.traceparent,
        "actor": row.actor,
        "area": row.area,
        "data": json.loads(row.data),
    }
    return {name: value for name, value in event.items() if value is not None}
