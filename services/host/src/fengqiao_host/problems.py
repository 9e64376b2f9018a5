"""What a command cannot do, told in two languages with the remedy."""

from __future__ import annotations

from typing import override


class CliProblem(Exception):
    """Ends a command with status 1. Both texts say what to do next; never personal data."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en

    @override
    def __str__(self) -> str:
        return f"{self.zh}\n{self.en}"


class DriveError(Exception):
    """The API refused a step; the text is status, problem code and path, never personal data."""
