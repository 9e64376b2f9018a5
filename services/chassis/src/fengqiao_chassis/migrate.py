"""Migrations of all services in one database: run them, and refuse a start on a schema that does not fit."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

Packages = Sequence[tuple[str, str]]
CHASSIS = ("bus", "fengqiao_chassis")
ADVISORY_LOCK = 0x66656E67
"""Held by a migrate on PostgreSQL: a second one waits for the first."""

_alembic = threading.Lock()
"""Alembic's `context` and `op` are global to the process: one run at a time."""


class SchemaError(SystemExit):
    """The database does not fit this program: the text says why, and the remedy."""


@dataclass(frozen=True)
class Scripts:
    """The migrations of one service."""

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        """The table that holds this service's revision."""
        return f"{self.name.replace('-', '_')}_version"

    def config(self) -> Config:
        """An Alembic configuration without a file."""
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return config


async def migrate(database_url: str, packages: Packages) -> list[str]:
    """Bring the chassis's and the services' tables to this program's revision, all or nothing.

    `packages` are pairs (service name, Python package). Returns what was applied, e.g. "intake 0001".
    Raises SchemaError when the database is newer than the program.
    """
    scripts = _scripts(packages)
    return await _on_connection(database_url, lambda conn: _upgrade(conn, scripts), write=True)


async def downgrade(database_url: str, packages: Packages) -> list[str]:
    """Take all tables of these services and of the chassis away, in one transaction. For tests."""
    scripts = _scripts(packages)[::-1]
    return await _on_connection(
        database_url, lambda conn: _run(conn, scripts, command.downgrade, "base"), write=True
    )


async def check_schema(database_url: str, packages: Packages) -> None:
    """Refuse with SchemaError, and its remedy, a database that is too old or too new."""
    scripts = _scripts(packages)
    if (path := _sqlite_path(database_url)) is not None and not path.exists():
        raise _too_old([one.name for one in scripts])
    await _on_connection(database_url, lambda conn: _check(conn, scripts), write=False)


def _scripts(packages: Packages) -> list[Scripts]:
    found = []
    for name, package in (CHASSIS, *packages):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise SchemaError(f"没有程序包 {package}。\nThere is no package {package}: install it.")
        folder = Path(next(iter(spec.submodule_search_locations))) / "migrations"
        if folder.is_dir():
            found.append(Scripts(name, folder))
    return found


def _upgrade(connection: Connection, scripts: Sequence[Scripts]) -> list[str]:
    if newer := [one.name for one in scripts if _state(connection, one) == "new"]:
        raise _too_new(newer)
    return _run(connection, scripts, command.upgrade, "head")


def _run(
    connection: Connection,
    scripts: Sequence[Scripts],
    action: Callable[[Config, str], None],
    target: str,
) -> list[str]:
    applied: list[str] = []
    for one in scripts:
        config = one.config()

        def note(*, step: Any, name: str = one.name, **_: Any) -> None:
            applied.append(f"{name} {step.up_revision_id}")

        config.attributes.update(
            connection=connection, version_table=one.version_table, on_version_apply=note
        )
        action(config, target)
    return applied


def _state(connection: Connection, one: Scripts) -> str:
    """How the database stands beside this program: "old", "new" or "same"."""
    context = MigrationContext.configure(connection, opts={"version_table": one.version_table})
    current = set(context.get_current_heads())
    directory = ScriptDirectory.from_config(one.config())
    known = {revision.revision for revision in directory.walk_revisions()}
    if current - known:
        return "new"
    return "same" if current == set(directory.get_heads()) else "old"


def _check(connection: Connection, scripts: Sequence[Scripts]) -> None:
    states = {one.name: _state(connection, one) for one in scripts}
    if newer := [name for name, state in states.items() if state == "new"]:
        raise _too_new(newer)
    if older := [name for name, state in states.items() if state == "old"]:
        raise _too_old(older)


def _too_old(names: Sequence[str]) -> SchemaError:
    which = ", ".join(names)
    return SchemaError(
        f"数据库结构比程序旧（{which}）：请先运行 fengqiao migrate，再启动。\n"
        f"The database is older than the program ({which}): run `fengqiao migrate`, then start again."
    )


def _too_new(names: Sequence[str]) -> SchemaError:
    which = ", ".join(names)
    return SchemaError(
        f"数据库结构比程序新（{which}）：请把程序升级到迁移该数据库的版本，再启动。\n"
        f"The database is newer than the program ({which}): upgrade the program to the version that "
        "migrated this database, then start again."
    )


async def _on_connection[T](url: str, work: Callable[[Connection], T], *, write: bool) -> T:
    """Run `work` in one transaction, in a thread of its own: Alembic is not made for a loop."""
    path = _sqlite_path(url)
    if path is None:
        return await asyncio.to_thread(_locked, lambda: asyncio.run(_postgres(url, work, write)))
    return await asyncio.to_thread(_locked, lambda: _sqlite(path, work, write))


def _locked[T](work: Callable[[], T]) -> T:
    with _alembic:
        return work()


def _sqlite_path(url: str) -> Path | None:
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme.startswith("sqlite") else None


def _sqlite[T](path: Path, work: Callable[[Connection], T], write: bool) -> T:  # noqa: FBT001
    with _sqlite_begin(path, "BEGIN IMMEDIATE" if write else "BEGIN") as connection:
        return work(connection)


@contextmanager
def _sqlite_begin(path: Path, begin: str) -> Generator[Connection]:
    """One connection, one transaction; foreign keys are off, as a batch (copy and rename) needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    def tune(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")

    event.listen(engine, "connect", tune)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    with engine.begin() as connection:
        yield connection


async def _postgres[T](url: str, work: Callable[[Connection], T], write: bool) -> T:  # noqa: FBT001
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if write:  # wait for another migrate as long as it takes, for a busy table 5 s
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                await connection.execute(lock, {"key": ADVISORY_LOCK})
                await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
