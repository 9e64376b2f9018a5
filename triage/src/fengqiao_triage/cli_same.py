"""`fengqiao triage evaluate-same` and `build-rarity`: measure and rebuild what finds the same dispute."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from . import evaluate_same as ev
from .wordlist import RARITY, build, rarity

console = Console()

Files = Annotated[
    list[Path],
    typer.Argument(
        help="JSON lines, plain or gzipped, with `text`, `title` and `body`, or `seg`.",
        exists=True,
        dir_okay=False,
    ),
]


def evaluate_same(
    data: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, plain or gzipped: `id` or `msg_id`; `text` or `title` and `body`; if known "
            "`parties`, `division`, `occurred_on` or `time`, `dispute_id`.",
            exists=True,
            dir_okay=False,
        ),
    ],
    groups: Annotated[
        Path | None,
        typer.Option(help="A file with `msg_id` and `incident`, where DATA has no `dispute_id`."),
    ] = None,
) -> None:
    """Print how well cases that are one dispute are found, each case entered as it came.

    Example: fengqiao triage evaluate-same stream_before_2019_09.jsonl.gz --groups incidents.jsonl.gz
    """
    try:
        records = ev.load(data)
        known = ev.groups_of(ev.load(groups) if groups else records)
    except (ev.BadGroups, OSError) as bad:
        raise typer.BadParameter(str(bad), param_hint="DATA") from bad
    if not known:
        raise typer.BadParameter("no record has `dispute_id`: give --groups", param_hint="DATA")
    table = rarity()
    start = time.process_time()
    found = ev.measure(table, records, known)
    _show(found, time.process_time() - start)


def _show(found: ev.Result, seconds: float) -> None:
    console.print(
        f"[bold]{found.cases}[/] cases, {found.labelled} of a known dispute; "
        f"{seconds / found.cases * 1e6:,.0f} µs a case, {found.looked_at:.1f} disputes compared a case"
    )
    table = Table("cases", "B-cubed precision", "recall", "F", title="same dispute")
    table.add_row("all of a known dispute", *_three(found.found))
    if found.repeated:
        table.add_row("of disputes told more than once", *_three(found.repeated))
    table.add_row("if every case stood alone", "1.000", "", f"{found.alone:.3f}")
    console.print(table)
    console.print(f"largest disputes found: {', '.join(map(str, found.largest))} cases")


def _three(score: ev.BCubed) -> list[str]:
    return [f"{n:.3f}" for n in (score.precision, score.recall, score.f)]


def build_rarity(
    data: Files,
    out: Annotated[Path, typer.Option(help="Where the table goes.")] = Path(f"{RARITY}.txt.gz"),
) -> None:
    """Learn how rare pairs of characters are: only what stands in five documents or more is kept.

    Example: fengqiao triage build-rarity messages.jsonl.gz questions.jsonl.gz --out rarity-v1.txt.gz
    """
    table = build(text for path in data for text in _texts(path))
    out.write_bytes(gzip.compress(table.encode(), 9, mtime=0))
    console.print(f"{out}: {json.loads(table.partition(chr(10))[0])['documents']} documents")


def _texts(path: Path) -> Iterator[str]:
    """The words of a file's records, without blanks."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    for line in text.splitlines():
        record: dict[str, Any] = json.loads(line)
        said = record.get("text") or record.get("seg")
        yield "".join((said or f"{record.get('title', '')}{record.get('body', '')}").split())
