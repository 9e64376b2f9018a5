"""The bus and the audit trail: `dlq`, `bus refill`, `replay`, `audit verify`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fengqiao_chassis import operations
from fengqiao_chassis.settings import Settings

from ..services import build_all, build_one
from .console import err, out, run

dlq = typer.Typer(no_args_is_help=True, help="Facts that could not be applied (搁置的事实).")
bus = typer.Typer(no_args_is_help=True, help="The bus itself.")
audit = typer.Typer(no_args_is_help=True, help="The audit trail (审计).")


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.add_typer(dlq, name="dlq")
    app.add_typer(bus, name="bus")
    app.command()(replay)
    app.add_typer(audit, name="audit")


@dlq.command("list")
def list_parked() -> None:
    """List parked facts with their reason; each holds only its own subject in its own group.

    Example: fengqiao dlq list
    """
    rows = run(operations.list_parked(Settings().check(), build_all()))
    table = Table(title=f"{len(rows)} parked")
    for name in ("group", "subject", "type", "parked at", "reason"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.group, row.subject, row.type, f"{row.parked_at:%F %T}", row.reason)
    out.print(table)
    if rows:
        err.print(
            "原因消除后：fengqiao dlq replay 组 · once the cause is gone: fengqiao dlq replay GROUP"
        )


@dlq.command("replay")
def replay_parked(
    group: Annotated[str, typer.Argument(help="The group, as `dlq list` names it.")],
    subject: Annotated[
        str | None, typer.Option(help="Only this subject, for example a case's id.")
    ] = None,
) -> None:
    """Apply parked facts again, each subject in its order; a subject that fails stays parked.

    Example: fengqiao dlq replay routing --subject 0199…
    """
    done = run(operations.replay_parked(Settings().check(), build_all(), group, subject))
    out.print(f"applied {done}")


@bus.command("refill")
def refill() -> None:
    """Fill an empty broker from the outboxes, in the journal's order, under a new log number.

    Stop nothing: the services go on by themselves afterwards. Example: fengqiao bus refill
    """
    done = run(operations.refill(Settings().check(), build_all()))
    out.print(f"refilled {done}")


def replay(
    group: Annotated[
        str,
        typer.Option(help="The service: intake, mediator-registry, analytics or gateway."),
    ],
) -> None:
    """Make a service's projections anew from the facts, and exchange them in one transaction.

    For numbers or statuses that a damaged row or a mended handler left wrong. What is made anew:
    analytics: all counts; intake: the cases' status columns and the timeline; mediator-registry:
    the outcome counters; gateway: who may see which case. The other services hold what no fact can
    tell again, and refuse. The platform may run or be stopped: it goes on meanwhile, and waits only
    for the exchange. Nothing is stated and no webhook is sent; parked facts stay parked (see
    `fengqiao dlq list`). A run that is cut changes nothing: run it again.
    Example: fengqiao replay --group analytics
    """
    build_one(group)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=err) as bar:
        task = bar.add_task(group, total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        found = run(operations.replay_group(Settings().check(), build_all(), group, show))
    table = Table(title=f"{group}: {found.facts} facts")
    table.add_column("table")
    table.add_column("corrected", justify="right")
    for name, count in found.corrected.items():
        table.add_row(name, str(count))
    out.print(table)
    if found.parked:
        err.print(
            f"新搁置 {found.parked} 条事实，见 fengqiao dlq list · {found.parked} facts could not be "
            "applied and are parked now: see fengqiao dlq list"
        )


@audit.command("verify")
def verify() -> None:
    """Check every service's chain of audit entries; a changed or missing entry is named.

    Example: fengqiao audit verify
    """
    results = run(operations.verify_audit(Settings().check(), build_all()))
    table = Table("service", "entries", "not sealed yet", "problem")
    for row in results:
        table.add_row(row.service, str(row.entries), str(row.unsealed), row.problem or "-")
    out.print(table)
    if any(row.problem for row in results):
        err.print(
            "审计链被破坏：请保留现场并核对备份 · the chain is broken: keep the store as it is, compare backups"
        )
        raise typer.Exit(1)
