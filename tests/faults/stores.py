"""The stores as evidence: read-only SQL over every database of a platform, in both modes."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from faults.checker import Stated
from sqlalchemy import Table, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from fengqiao_analytics.store import tables as analytics
from fengqiao_chassis.store import tables as bus
from fengqiao_gateway.store import tables as gateway
from fengqiao_host.services import NAMES
from fengqiao_intake.store import tables as intake
from fengqiao_mediation.store import tables as mediation
from fengqiao_mediator_registry.store import tables as registry
from fengqiao_routing.store import tables as routing
from fengqiao_triage import store as triage

DEFAULT_DIR = ".data/fengqiao"
TABLES: tuple[Table, ...] = (
    *(bus.sequences, bus.positions, bus.sources, bus.offsets, bus.passed, bus.journal),
    *(bus.parked, bus.held, bus.due, bus.audit),
    *(intake.cases, intake.counters, intake.timeline, intake.referrals, triage.cases),
    *(routing.mediators, routing.cases, routing.assignments, routing.decisions, routing.waits),
    *(mediation.cases, registry.mediators, gateway.facts, gateway.case_access),
    *(analytics.cases, analytics.counts, analytics.units),
)
PERSONAL = frozenset({"narrative", "claims", "note", "envelope", "name", "guidance"}) | frozenset(
    {"id_sealed", "id_blind", "phone_sealed", "code_hash", "words_hash"}
)
"""Columns that no check needs: evidence may be written to a file."""
RowDicts = dict[str, tuple[Mapping[str, Any], ...]]


def databases_of(environment: Mapping[str, str]) -> list[str]:
    """The addresses that a platform with this environment uses, each once."""
    common = environment.get("FENGQIAO_DATABASE_URL", "")
    own = (f"FENGQIAO_{name.upper().replace('-', '_')}_DATABASE_URL" for name in NAMES)
    folder = Path(environment.get("FENGQIAO_DATA_DIR", DEFAULT_DIR)).resolve()
    one = f"sqlite+aiosqlite:///file:{folder}/fengqiao.db?mode=ro&uri=true"
    return list(dict.fromkeys(environment.get(name) or common or one for name in own))


async def read_stores(urls: Sequence[str]) -> tuple[tuple[Stated, ...], RowDicts]:
    """The facts of all outboxes, and the tables by name; each database in one read transaction."""
    facts: list[Stated] = []
    rows: dict[str, list[Mapping[str, Any]]] = {table.name: [] for table in TABLES}
    for url in urls:
        async with _reading(url) as connection:
            there = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
            for table in TABLES:
                if table.name in there:
                    rows[table.name] += await _rows(connection, table)
            facts += await _facts(connection)
    return tuple(facts), {name: tuple(found) for name, found in rows.items()}


async def unsealed(urls: Iterable[str]) -> int:
    """Audit entries that are not chained yet."""
    count = 0
    for url in urls:
        async with _reading(url) as connection:
            query = select(func.count()).where(bus.audit.c.chain.is_(None))
            count += int(await connection.scalar(query.select_from(bus.audit)) or 0)
    return count


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            if url.startswith("postgresql"):
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection
    finally:
        await engine.dispose()


async def _rows(connection: AsyncConnection, table: Table) -> list[Mapping[str, Any]]:
    columns = [column for column in table.columns if column.name not in PERSONAL]
    return [dict(row._mapping) for row in await connection.execute(select(*columns))]


async def _facts(connection: AsyncConnection) -> list[Stated]:
    columns = [column for column in bus.outbox.columns if column.name != "pii"]
    found = await connection.execute(select(*columns).order_by(bus.outbox.c.id))
    return [
        Stated(
            row=r.id,
            source=r.source,
            topic=r.topic,
            partition=r.partition,
            position=r.position,
            order=r.fact_order,
            sequence=r.sequence,
            subject=r.subject,
            id=r.fact_id,
            type=r.type,
            time=r.time,
            causation_id=r.causation_id,
            actor=r.actor,
            area=r.area,
            data=json.loads(r.data),
        )
        for r in found
    ]
