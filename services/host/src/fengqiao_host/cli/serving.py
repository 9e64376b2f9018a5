"""Running the platform: `up`, `migrate`, `demo`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.runtime import migrate_all
from fengqiao_chassis.settings import Settings

from .. import demo as demonstration
from ..problems import CliProblem
from ..services import build_all
from ..starting import serve_embedded
from .console import err, out, run
from .one import Host, Port


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command()(up)
    app.command()(migrate)
    app.command()(demo)


def up(host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Run every service in this one process on one SQLite file: nothing to set, nothing to install.

    The first start makes the store and its keys in FENGQIAO_DATA_DIR (.data/fengqiao).
    Example: fengqiao up --port 8080
    """
    settings = Settings().check()
    if not settings.embedded:
        raise CliProblem(
            "已设置 PostgreSQL 与 Kafka：请用 fengqiao serve <服务> 分别启动七个服务",
            "PostgreSQL and Kafka are set: start the seven services with `fengqiao serve SERVICE`",
        )
    run(serve_embedded(settings, host, port, lambda text: err.print(text, markup=False)))


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
