"""Data in and out: `registry import`, `import`, `settle`, `events export`, `recount`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fengqiao_chassis.settings import Settings

from .. import city, export, remote
from ..drive import load_registry
from ..import_files import FileReader
from ..import_mapping import profile_names
from ..importing import ImportReport, import_file
from ..importing import Progress as Step
from ..problems import CliProblem
from ..services import build_all
from .console import err, out, run

registry = typer.Typer(no_args_is_help=True, help="Committees, mediators, experts (调解组织名册).")
events = typer.Typer(no_args_is_help=True, help="The facts that the services stated (事实).")


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.add_typer(registry, name="registry")
    app.command("import")(import_cases)
    app.command()(settle)
    app.add_typer(events, name="events")
    app.command()(recount)


@registry.command("import")
def import_registry(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines, gzipped or not: committees before people.")
    ] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="The invented city instead of a file.")
    ] = False,
) -> None:
    """Import committees, mediators and experts; a second run changes only what differs.

    Example: fengqiao registry import committees.jsonl
    """
    if (file is None) == (not synthetic):
        raise CliProblem("请给出文件，或 --synthetic", "give a file, or --synthetic")
    records = city.registry() if file is None else _records(file)

    async def work() -> Counter[str]:
        async with remote.operator() as client:
            token = client.headers["Authorization"].removeprefix("Bearer ")
            return await load_registry(client, token, records)

    totals = run(work())
    out.print("  ".join(f"{name} {totals[name]}" for name in _REGISTRY_COUNTS))
    if totals["errors"]:
        raise typer.Exit(1)


_REGISTRY_COUNTS = ("created", "changed", "unchanged", "errors")


def _records(file: Path) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        raise CliProblem(f"没有这个文件：{file}", f"no such file: {file}")
    for row in FileReader(file).rows():
        if row.values is None:
            raise CliProblem(f"第 {row.line} 行：{row.zh}", f"line {row.line}: {row.en}")
        yield dict(row.values)


def import_cases(
    file: Annotated[Path, typer.Argument(help="JSON lines or a table (csv), gzipped or not.")],
    channel: Annotated[
        str | None, typer.Option(help="How the cases came: petition, hotline, grid …")
    ] = None,
    area: Annotated[
        str | None, typer.Option(help="The area code of every row without one.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="field=column or field=column+column; repeatable."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help=f"A named mapping: {', '.join(profile_names())}.")
    ] = None,
) -> None:
    """Register every row of a file as a case; safe to run twice, or to be cut in the middle.

    Rows in error are written beside the file with line and reason.
    Example: fengqiao import messages.jsonl.gz --channel petition --area 510100
    --map narrative=title+body --map reported_at=time --map external=msg_id --map system=mayor-mail
    """
    maps = ",".join(mapping) if mapping else None
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=err
    ) as bar:
        task = bar.add_task(file.name, total=None)

        def show(step: Step) -> None:
            done = f"{step.rows} rows, {step.registered} new, {step.rejected} in error"
            bar.update(task, total=step.bytes_total, completed=step.bytes_done, description=done)

        async def work() -> ImportReport:
            async with remote.operator() as client:
                return await import_file(
                    file,
                    client=client,
                    channel=channel,
                    area=area,
                    mapping=maps,
                    profile=profile,
                    on_progress=show,
                )

        report = run(work())
    _tell(report)


def _tell(report: ImportReport) -> None:
    out.print(
        f"rows {report.rows}  registered {report.registered}  known {report.known}  "
        f"rejected {report.rejected}"
    )
    for remark in report.remarks:
        err.print(remark, markup=False)
    if report.errors_path:
        err.print(
            f"出错的行见 {report.errors_path}，更正后重新导入即可 · rows in error: see that file, "
            "correct them and import again",
            markup=False,
        )
        raise typer.Exit(2)


def settle(
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is so.")] = False,
    timeout: Annotated[float, typer.Option(help="Wait at most so many seconds.")] = 600,
) -> None:
    """Say whether every fact has had its effect everywhere; needs no login.

    Example: fengqiao settle --wait --timeout 120
    """

    async def work() -> dict[str, Any]:
        async with remote.opened() as client:
            seconds = timeout if wait else 0
            return await remote.wait_settled(client, seconds)

    answer = run(work())
    counts = "  ".join(f"{name} {answer[name]}" for name in ("outbox", "lag", "parked", "waiting"))
    out.print(f"settled {answer['settled']}  {counts}")
    if not answer["settled"]:
        away = [name for name, found in answer["services"].items() if found is None]
        if away:
            err.print(f"没有应答的服务 · services that do not answer: {', '.join(away)}")
        raise typer.Exit(1)


@events.command("export")
def export_events(
    to: Annotated[
        Path | None, typer.Option("--out", help="A file, .gz for a compressed one; else stdout.")
    ] = None,
    case: Annotated[str | None, typer.Option(help="Only the facts of this case.")] = None,
) -> None:
    """Write every fact as a line of JSON, per partition in the register's order, no personal data.

    Reads the outboxes, which are the permanent record; works with and without a running server.
    Example: fengqiao events export --case 0199… | jq .type
    """
    settings = Settings().check()
    with export.sink(to) as write:
        count = run(export.export_facts(settings, build_all(), write, subject=case))
    err.print(f"{count} facts")


def recount() -> None:
    """Count all cases anew and compare with the numbers that analytics shows.

    Needs an account with role admin, city or auditor. Example: fengqiao recount
    """

    async def work() -> dict[str, Any]:
        async with remote.operator() as client:
            client.timeout = httpx.Timeout(600)
            answer: dict[str, Any] = remote.checked(await client.get("/recount"))
            return answer

    found = run(work())
    out.print(recount_table(found))
    if not found["equal"]:
        sys.stdout.write(json.dumps(found["differences"], ensure_ascii=False, indent=1) + "\n")
        raise typer.Exit(1)


def recount_table(found: dict[str, Any]) -> Table:
    """Registered = the sum of the buckets, and the counts by status, type and grade."""
    table = Table(title=f"registered {found['registered']} · equal {found['equal']}")
    for name in ("what", "key", "count"):
        table.add_column(name, justify="right" if name == "count" else "left")
    for what in ("buckets", "status", "type", "grade", "channel"):
        for key, count in sorted(found[what].items()):
            table.add_row(what, str(key), str(count))
        table.add_section()
    return table
