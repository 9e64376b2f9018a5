"""The command `fengqiao`: what an operator does with the platform."""

from __future__ import annotations

import sys

import typer

from fengqiao_contracts.errors import Refusal
from fengqiao_triage.cli import app as triage

from ..import_mapping import ImportProblem
from ..problems import CliProblem
from ..public_api import DriveError
from . import bus, checks, files, people, serving
from .console import say_error

app = typer.Typer(
    name="fengqiao",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="枫桥：人民调解平台 · Fengqiao, the people's-mediation platform. Begin with: fengqiao demo",
)
serving.add_to(app)
people.add_to(app)
files.add_to(app)
bus.add_to(app)
checks.add_to(app)
app.add_typer(triage, name="triage")


def main() -> None:
    """Run the command; problems are told without a trace and end it with status 1."""
    try:
        app()
    except (CliProblem, ImportProblem) as problem:
        say_error(str(problem))
        sys.exit(1)
    except Refusal as refusal:
        say_error(f"{refusal.zh}\n{refusal.en}")
        sys.exit(1)
    except DriveError as refused:
        say_error(f"平台拒绝了一步 · the platform refused a step: {refused}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
