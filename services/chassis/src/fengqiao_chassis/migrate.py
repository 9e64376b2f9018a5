"""Migrations of all services in one database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from .schema import Packages, Scripts, on_connection, refuse_newer, scripts_of

_alembic = threading.Lock()
"""Alembic's `context` and `op` are global to the process: one run at a time."""


async def migrate(database_url: str, packages: Packages) -> list[str]:
    """Bring the chassis's and the services' tables to this program's revision, all or nothing.

    `packages` are pairs (service name, Python package). Returns what was applied, e.g. "intake 0001".
    Raises SchemaError when the database is newer than the program.
    """
    scripts = scripts_of(packages)
    return await on_connection(database_url, lambda conn: _upgrade(conn, scripts), write=True)


async def downgrade(database_url: str, packages: Packages) -> list[str]:
    """Take all tables of these services and of the chassis away, in one transaction. For tests."""
    scripts = scripts_of(packages)[::-1]
    return await on_connection(
        database_url, lambda conn: _run(conn, scripts, command.downgrade, "base"), write=True
    )


def _upgrade(connection: Connection, scripts: Sequence[Scripts]) -> list[str]:
    refuse_newer(connection, scripts)
    return _run(connection, scripts, command.upgrade, "head")


def _run(
    connection: Connection,
    scripts: Sequence[Scripts],
    action: Callable[[Config, str], None],
    target: str,
) -> list[str]:
    applied: list[str] = []
    for one in scripts:
        config = _config(one)

        def note(*, step: Any, name: str = one.name, **_: Any) -> None:
            applied.append(f"{name} {step.up_revision_id}")

        config.attributes.update(
            connection=connection, version_table=one.version_table, on_version_apply=note
        )
        with _alembic:
            action(config, target)
    return applied


def _config(scripts: Scripts) -> Config:
    """An Alembic configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(scripts.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
