"""Running the platform: `up` in one process, `serve` one service of it.

Apart from the other commands, so that these processes hold nothing but what they serve.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fengqiao_chassis.runtime import Platform, serve_http
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.telemetry import configure_logging

from ..problems import CliProblem
from ..services import build_one
from .console import err, run

Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every network.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command()(up)
    app.command()(serve)


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
    from ..starting import serve_embedded  # noqa: PLC0415 -- all seven services, not for `serve`

    run(serve_embedded(settings, host, port, lambda text: err.print(text, markup=False)))


def serve(
    service: Annotated[str, typer.Argument(help="The service, for example intake.")],
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Run one service on PostgreSQL and Kafka, with its own relay and scheduler.

    Needs FENGQIAO_DATABASE_URL and FENGQIAO_KAFKA_BOOTSTRAP; the gateway finds the others by
    FENGQIAO_INTAKE_URL and so on. Example: fengqiao serve intake --port 8001
    """
    settings = Settings().check()
    if settings.embedded:
        raise CliProblem(
            "serve 需要 FENGQIAO_DATABASE_URL 与 FENGQIAO_KAFKA_BOOTSTRAP；单进程请用 fengqiao up",
            "serve needs FENGQIAO_DATABASE_URL and FENGQIAO_KAFKA_BOOTSTRAP; "
            "for one process on SQLite use `fengqiao up`",
        )
    chosen = build_one(service)
    configure_logging(settings.log_level)

    async def work() -> None:
        async with Platform.start(settings, [chosen]) as platform:
            await serve_http(platform.apps[service], host, port)

    run(work())
