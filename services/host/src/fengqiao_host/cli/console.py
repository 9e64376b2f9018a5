"""How commands speak: results to standard output, everything else to standard error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say_error(text: str) -> None:
    """A problem with its remedy, in red."""
    err.print(text, style="red", markup=False)


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)
