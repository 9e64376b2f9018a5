"""Checks of the machine and measures: `doctor`, `bench`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from fengqiao_chassis.settings import Settings

from .. import bench as measuring
from .. import doctor as examination
from .console import out, run


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command()(doctor)
    app.command()(bench)


def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port `up` will use.")] = 8080,
) -> None:
    """Check Python, port, store, keys, broker, clock and free disk, and say what to do.

    Example: fengqiao doctor --port 8080
    """
    findings = run(examination.examine(Settings().check(), port))
    table = Table("", "check", "found", "what to do", show_lines=False)
    for finding in findings:
        mark = {"ok": "[green]✓[/]", "warn": "[yellow]![/]", "bad": "[red]✗[/]"}[finding.state]
        table.add_row(mark, finding.name, finding.found, finding.remedy)
    out.print(table)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def bench(
    cases: Annotated[int, typer.Option(min=1, help="Cases of a run.")] = 2917,
    naive_cases: Annotated[int, typer.Option(min=1, help="Cases of a run of the naive twin.")] = 60,
    runs: Annotated[int, typer.Option(min=1, help="Runs; the medians are told.")] = 3,
) -> None:
    """Measure cases a second, CPU a case, cold start and idle memory, beside a naive twin.

    Each run has a store of its own; on PostgreSQL and Kafka a database `fengqiao_bench` and topics
    of its own, made and taken away.
    Example: fengqiao bench --runs 1
    """
    met = run(
        measuring.bench(
            cases, min(naive_cases, cases), runs, lambda text: out.print(text, markup=False)
        )
    )
    if not met:
        raise typer.Exit(1)
