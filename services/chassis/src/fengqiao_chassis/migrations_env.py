"""What every service's Alembic `env.py` runs: the migrations of one service on the given connection."""

from __future__ import annotations

from alembic import context

from .store.columns import new_metadata


def run() -> None:
    """Bring one service's tables to the revision asked for, on the connection `migrate` opened.

    The whole of `fengqiao migrate` is one transaction, so a killed run leaves nothing behind.
    """
    attributes = context.config.attributes
    if "connection" not in attributes:
        raise SystemExit("请运行 fengqiao migrate。\nRun `fengqiao migrate` instead of alembic.")
    connection = attributes["connection"]
    context.configure(
        connection=connection,
        version_table=attributes["version_table"],
        target_metadata=new_metadata(),  # the naming convention of constraints
        render_as_batch=connection.dialect.name == "sqlite",
        on_version_apply=attributes["on_version_apply"],
    )
    with context.begin_transaction():
        context.run_migrations()
