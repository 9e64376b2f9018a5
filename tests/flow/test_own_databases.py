"""The whole platform with a PostgreSQL database for each service."""

import asyncio
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
from flow.conftest import fill
from flow.desk import Stack, register
from flow.running import OWN_DATABASES, running
from flow.test_life import test_a_dispute_goes_in_and_a_sealed_dossier_comes_out

from fengqiao_host.services import NAMES

__all__ = ["test_a_dispute_goes_in_and_a_sealed_dossier_comes_out"]

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
PLANTED = """
INSERT INTO bus_parked
(grp, topic, partition, subject, source, position, type, reason, parked_at, envelope)
VALUES ($1, 'fengqiao.cases', 0, 'c', '/planted', 1, 'planted.v1', 'planted', now(), '{}')
"""


@pytest.fixture(scope="module", params=[OWN_DATABASES])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Seven processes, seven databases."""
    with running(request, tmp_path_factory.mktemp("databases")) as made:
        asyncio.run(fill(made))
        yield made


async def test_each_database_holds_the_tables_of_its_service_alone(stack: Stack) -> None:
    assert "FENGQIAO_DATABASE_URL" not in stack.environment
    prefixes = {name: f"{name.replace('-', '_')}_" for name in NAMES}
    for name, prefix in prefixes.items():
        tables = [row["tablename"] for row in await _in(stack, name, TABLES)]
        assert any(table.startswith(prefix) for table in tables)
        others = tuple(other for other in prefixes.values() if other != prefix)
        assert not [table for table in tables if table.startswith(others)], name


@pytest.mark.timeout(300)
async def test_the_commands_find_every_database(stack: Stack, client: httpx.AsyncClient) -> None:
    case = await register(client)
    await case.until_assigned(60)
    stack.fengqiao("settle", "--wait", "--timeout", "60")

    assert "done" in stack.fengqiao("migrate")
    own = [fact for fact in stack.exported() if fact["subject"] == case.id]
    assert {fact["source"].split("/")[1] for fact in own} == {"intake", "triage", "routing"}
    assert "equal True" in stack.fengqiao("recount")
    audited = stack.fengqiao("audit", "verify")
    assert all(name in audited for name in NAMES)
    assert "0 parked" in stack.fengqiao("dlq", "list")


async def test_parked_facts_of_every_database_are_listed(stack: Stack) -> None:
    for name in NAMES:
        await _in(stack, name, PLANTED, name)
    try:
        listed = stack.fengqiao("dlq", "list")
    finally:
        for name in NAMES:
            await _in(stack, name, "DELETE FROM bus_parked WHERE source = '/planted'")
    assert f"{len(NAMES)} parked" in listed
    assert all(name in listed for name in NAMES)


async def _in(stack: Stack, service: str, statement: str, *values: str) -> list[asyncpg.Record]:
    """The rows of a statement in the service's own database."""
    url = stack.environment[f"FENGQIAO_{service.upper().replace('-', '_')}_DATABASE_URL"]
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
    finally:
        await connection.close()
    return rows
