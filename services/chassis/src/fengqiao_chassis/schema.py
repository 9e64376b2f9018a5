"""Whether a database fits this program: a start on one that does not is refused with the remedy.

Knows the migrations by their file names only, so that a service's process need not hold Alembic.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    column,
    create_engine,
    event,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

Packages = Sequence[tuple[str, str]]
"""Pairs (service name, Python package)."""
CHASSIS = ("bus", "fengqiao_chassis")
ADVISORY_LOCK = 0x66656E67
"""Held by a migrate on PostgreSQL: a second one waits for the first."""


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

    def revisions(self) -> list[str]:
        """The revisions in their order: one line, each file named by its own (`0001_initial.py`)."""
        files = sorted((self.folder / "versions").glob("[0-9]*.py"))
        return [file.name.partition("_")[0] for file in files]


async def check_schema(database_url: str, packages: Packages) -> None:
    """Refuse with SchemaError, and its remedy, a database that is too old or too new."""
    scripts = scripts_of(packages)
    if (path := sqlite_path(database_url)) is not None and not path.exists():
        raise _too_old([one.name for one in scripts])
    await on_connection(database_url, lambda conn: _check(conn, scripts), write=False)


def scripts_of(packages: Packages) -> list[Scripts]:
    """The chassis's migrations and then those of the services that have any."""
    found = []
    for name, package in (CHASSIS, *packages):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise SchemaError(f"没有程序包 {package}。\nThere is no package {package}: install it.")
        folder = Path(next(iter(spec.submodule_search_locations))) / "migrations"
        if folder.is_dir():
            found.append(Scripts(name, folder))
    return found


def refuse_newer(connection: Connection, scripts: Sequence[Scripts]) -> None:
    """Raise SchemaError where a newer program has migrated the database."""
    if newer := [one.name for one in scripts if _state(connection, one) == "new"]:
        raise _too_new(newer)


def _check(connection: Connection, scripts: Sequence[Scripts]) -> None:
    refuse_newer(connection, scripts)
    if older := [one.name for one in scripts if _state(connection, one) == "old"]:
        raise _too_old(older)


def _state(connection: Connection, one: Scripts) -> str:
    """How the database stands beside this program: "old", "new" or "same"."""
    known = one.revisions()
    if not inspect(connection).has_table(one.version_table):
        return "old"
    revision: ColumnClause[str] = column("version_num")
    found = connection.execute(select(revision).select_from(table(one.version_table))).scalars()
    current = list(found)
    if set(current) - set(known):
        return "new"
    return "same" if current == known[-1:] else "old"


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


async def on_connection[T](url: str, work: Callable[[Connection], T], *, write: bool) -> T:
    """Run `work` in one transaction, in a thread of its own: Alembic is not made for a loop."""
    path = sqlite_path(url)
    if path is None:
        return await asyncio.to_thread(lambda: asyncio.run(_postgres(url, work, write)))
    return await asyncio.to_thread(_sqlite, path, work, write)


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite address; None for PostgreSQL."""
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
