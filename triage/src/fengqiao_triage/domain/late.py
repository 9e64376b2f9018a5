"""An analyser that is made when the first text is to be read.

Most processes only combine what was read before; they need neither the weights nor numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from .analysis import Analyser, Analysis, Form, PartAnalysis, Reading, combine
from .text import Text


class LateAnalyser:
    """Reads with what `make` gives; see `Analyser`."""

    def __init__(self, version: str, reading: Reading, make: Callable[[], Analyser]) -> None:
        self.version = version
        self._reading, self._make = reading, make

    def analyse(self, texts: Sequence[Text]) -> Sequence[PartAnalysis]:
        """One analysis per text, in order."""
        return self._analyser.analyse(texts)

    def combine(self, parts: Sequence[PartAnalysis], form: Form) -> Analysis:
        """The whole case from its parts."""
        return combine(self._reading, parts, form)

    @cached_property
    def _analyser(self) -> Analyser:
        return self._make()
