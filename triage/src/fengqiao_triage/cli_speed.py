"""`fengqiao triage speed`: texts a second, one by one and in batches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from . import evaluate as ev
from . import speed as measuring
from .cli_platform import console
from .rules import rules


def speed(
    data: Annotated[
        list[Path], typer.Argument(help="Labelled files, as for `evaluate`.", exists=True)
    ],
    texts: Annotated[int, typer.Option(min=1, help="At most so many texts.")] = 1000,
    runs: Annotated[int, typer.Option(min=1, help="Runs; the medians are told.")] = 5,
) -> None:
    """Measure how many texts of 400 characters are analysed and assessed in a second of CPU time.

    Example: fengqiao triage speed ../shared/data/annotated/train.jsonl.gz
    """
    try:
        said = [str(record["text"]) for path in data for record in ev.load(path)]
    except (ev.BadFile, OSError) as bad:
        raise typer.BadParameter(str(bad), param_hint="DATA") from bad
    chosen = measuring.sample(said, texts)
    if not chosen:
        raise typer.BadParameter("no texts of 400 characters and more", param_hint="DATA")
    mean = sum(map(len, chosen)) / len(chosen)
    table = Table("one core, CPU time", "texts/s")
    for name, rate in measuring.measure(rules(), chosen, runs).items():
        table.add_row(name, f"{rate:,.0f}")
    console.print(f"{len(chosen)} texts, mean {mean:.0f} characters, load {os.getloadavg()[0]:.1f}")
    console.print(table)
