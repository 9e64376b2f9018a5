"""All commands together."""

from __future__ import annotations

import typer

from fengqiao_triage.cli import app as triage

from . import bus, checks, files, one, people, serving


def add_to(app: typer.Typer) -> None:
    """Every command, in the order of `fengqiao --help`."""
    for part in (one, serving, people, files, bus, checks):
        part.add_to(app)
    app.add_typer(triage, name="triage")
