"""Running one service: `serve` alone, so that its process holds no other service."""

from __future__ import annotations

from typing import Annotated

import typer

from fengqiao_chassis.runtime import Platform, serve_http
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.telemetry import configure_logging

from ..problems import CliProblem
from ..services import build_one
from .console import run

Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every network.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]


def add_to(app: typer.Typer) -> None:
    """The command of this module."""
    app.command()(serve)


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
