"""Making the store, and the demo: `migrate`, `demo`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.runtime import migrate_all
from fengqiao_chassis.settings import Settings

from .. import demo as demonstration
from ..services import build_all
from .console import out, run
from .one import Port


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command()(migrate)
    app.command()(demo)


def migrate(
    keys: Annotated[
        bool, typer.Option("--init-keys", help="Make the key files too, where there are none.")
    ] = False,
) -> None:
    """Make or upgrade all tables (and topics): once before the first start and after an upgrade.

    Example: fengqiao migrate --init-keys
    """
    settings = Settings().check()
    if keys:
        made = init_keys(settings.keys_path())
        out.print(f"keys: {'made in' if made else 'kept in'} {settings.keys_path()}", markup=False)
        if made:
            out.print(
                "请立即备份密钥：丢失后个人信息无法恢复 · back the keys up: what they seal is lost without them"
            )
    run(migrate_all(settings, build_all()))
    out.print("migrate: done")


def demo(port: Port = 8080) -> None:
    """Run a synthetic Chengdu: 281 streets, over 2,000 mediators, 2,000 disputes, five accounts.

    On one SQLite file, or on PostgreSQL and Kafka where both are set.
    Example: FENGQIAO_DEMO_PASSWORD=zhongping-2026 fengqiao demo --port 8080
    """
    os.environ["FENGQIAO_DEMO"] = "1"
    run(demonstration.run_demo(port, lambda text: out.print(text, markup=False)))
