"""The command `fengqiao`: what an operator does with the platform."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from fengqiao_contracts.errors import Refusal

from ..import_mapping import ImportProblem
from ..problems import CliProblem, DriveError
from .console import say_error


def main() -> None:
    """Run the command; problems are told without a trace and end it with status 1."""
    try:
        build(sys.argv[1:])()
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


def build(words: list[str]) -> typer.Typer:
    """The commands; `up` and `serve` without the rest, whose imports a running platform need not
    hold in its memory.
    """
    app = typer.Typer(
        name="fengqiao",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="枫桥：人民调解平台 · Fengqiao, the people's-mediation platform. "
        "Begin with: fengqiao demo",
    )
    app.callback()(_group)
    # imported here, not above, for the reason that stands above
    name = "one" if words[:1] in (["up"], ["serve"]) else "whole"
    import_module(f".{name}", __package__).add_to(app)
    return app


def _group() -> None:
    """Keeps `serve` a command by name where it is the only one."""
