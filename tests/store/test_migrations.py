"""Migrations: from nothing, equal to the tables of the code, all or nothing, and the refused start."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Inspector, MetaData, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fengqiao_chassis.migrate import downgrade, migrate
from fengqiao_chassis.schema import ADVISORY_LOCK, SchemaError, check_schema
from fengqiao_chassis.store import tables

pytestmark = pytest.mark.thorough

SERVICES = ("intake", "triage", "routing", "mediator_registry", "mediation", "analytics", "gateway")
PACKAGES = [(name.replace("_", "-"), f"fengqiao_{name}") for name in SERVICES]
BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("planted_half", sa.Column("id", sa.Integer, primary_key=True))
    raise RuntimeError("killed half way")
"""


def steps() -> list[str]:
    """Every step of every service, as `migrate` names what it applied."""
    found: list[str] = []
    for name, package in [("bus", "fengqiao_chassis"), *PACKAGES]:
        (place,) = importlib.import_module(package).__path__
        files = sorted((Path(place) / "migrations" / "versions").glob("[0-9]*.py"))
        found += [f"{name} {file.name[:4]}" for file in files]
    return found


def all_metadata() -> list[MetaData]:
    stores = [importlib.import_module(f"{package}.store") for _, package in PACKAGES]
    return [tables.metadata, *(store.metadata for store in stores)]


def is_own(name: str) -> bool:
    """The search index is made by dialect and is in no metadata; version tables are Alembic's."""
    return "_search" not in name and not name.endswith("_version")


def shape(inspector: Inspector) -> dict[str, Any]:
    """Columns, keys, indexes and constraints of every table, with their names."""

    def tidy(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: tidy(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return sorted((tidy(inner) for inner in value), key=repr)
        return value if isinstance(value, str | bool | int | None) else str(value)

    return {
        name: {
            "columns": tidy(inspector.get_columns(name)),
            "key": inspector.get_pk_constraint(name),
            "indexes": tidy(inspector.get_indexes(name)),
            "unique": tidy(inspector.get_unique_constraints(name)),
            "checks": tidy(inspector.get_check_constraints(name)),
            "foreign": tidy(inspector.get_foreign_keys(name)),
        }
        for name in inspector.get_table_names()
        if is_own(name)
    }


async def on[T](url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def execute(url: str, sql: str) -> None:
    await on(url, lambda connection: connection.execute(text(sql)))


async def table_names(url: str) -> list[str]:
    return await on(url, lambda connection: inspect(connection).get_table_names())


async def test_migrated_tables_equal_the_tables_of_the_code(url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or is_own(name),
        }
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, all_metadata()))  # type: ignore[arg-type]

    await migrate(url, PACKAGES)
    assert await on(url, differences) == []


async def test_migrated_tables_have_the_names_and_constraints_of_the_code(url: str) -> None:
    def create(connection: Connection) -> dict[str, Any]:
        for metadata in all_metadata():
            metadata.create_all(connection)
        return shape(inspect(connection))

    await migrate(url, PACKAGES)
    migrated = await on(url, lambda connection: shape(inspect(connection)))
    await downgrade(url, PACKAGES)
    assert [name for name in await table_names(url) if is_own(name)] == []
    created = await on(url, create)
    assert sorted(migrated) == sorted(created)
    assert migrated == created


async def test_migrating_again_does_nothing(url: str) -> None:
    first = await migrate(url, PACKAGES)
    assert first == steps()
    assert await migrate(url, PACKAGES) == []
    await check_schema(url, PACKAGES)


async def test_all_services_migrate_on_sqlite_in_less_than_one_and_a_half_seconds(
    tmp_path: Path,
) -> None:
    began = time.process_time()  # of this process: what else the machine does is no fault of ours
    await migrate(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}", PACKAGES)
    assert time.process_time() - began < 1.5


async def test_two_migrates_at_once_both_end_well_and_only_one_applies(url: str) -> None:
    applied = await asyncio.gather(migrate(url, PACKAGES), migrate(url, PACKAGES))
    assert sorted(map(len, applied)) == [0, len(steps())]


@pytest.mark.postgres
async def test_a_migrate_waits_for_one_of_another_process(database_url: str) -> None:
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.begin() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        running = asyncio.create_task(migrate(database_url, PACKAGES))
        await asyncio.sleep(1)
        assert not running.done()
    assert await running == steps()
    await engine.dispose()


async def test_a_start_before_the_first_migrate_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(SchemaError, match="fengqiao migrate") as refused:
        await check_schema(url, PACKAGES)
    assert "mediator-registry" in str(refused.value)
    assert "比程序旧" in str(refused.value)


async def test_a_check_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(SchemaError):
        await check_schema(f"sqlite+aiosqlite:///{tmp_path / 'none' / 'x.db'}", PACKAGES)
    assert list(tmp_path.iterdir()) == []


async def test_a_start_with_one_service_too_old_names_only_it(url: str) -> None:
    await migrate(url, PACKAGES[1:])
    with pytest.raises(SchemaError, match=r"older than the program \(intake\)"):
        await check_schema(url, PACKAGES)


async def test_a_start_on_a_newer_database_is_refused_with_the_remedy(url: str) -> None:
    await migrate(url, PACKAGES)
    await execute(url, "UPDATE routing_version SET version_num = '0999'")
    with pytest.raises(SchemaError, match=r"newer than the program \(routing\): upgrade"):
        await check_schema(url, PACKAGES)
    with pytest.raises(SchemaError, match="upgrade the program"):
        await migrate(url, PACKAGES)


async def test_a_migrate_that_fails_half_way_leaves_nothing_and_can_run_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "planted_service" / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "env.py").write_text("from fengqiao_chassis.migrations_env import run\n\nrun()\n")
    (folder / "versions" / "0001_initial.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="half way"):
        await migrate(url, [*PACKAGES, ("planted", "planted_service")])
    assert await table_names(url) == []
    assert await migrate(url, PACKAGES) == steps()


async def test_a_service_without_migrations_is_fine(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare_service").mkdir()
    (tmp_path / "bare_service" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert await migrate(url, [("bare", "bare_service")]) == ["bus 0001"]
    await check_schema(url, [("bare", "bare_service")])


async def test_sqlite_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"
    await migrate(url, [])
    assert await on(url, lambda c: c.execute(text("PRAGMA journal_mode")).scalar()) == "wal"
