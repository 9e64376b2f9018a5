"""What gives texts their sums for type and suitability: a lexicon's words, or a trained model's traits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from .lexicon import Rows
from .runs import Page
from .weighed import Weighed
from .weights import Weights


class Scorer(Protocol):
    """Weighs texts."""

    @property
    def vocabulary(self) -> Iterable[str]:
        """The words that the scan has to look for."""
        ...

    def weigh(self, page: Page, words: Sequence[Collection[str]], types: int) -> Sequence[Weighed]:
        """Each text weighed; `words` of the vocabulary were found in it, the first codes are types."""
        ...


class LexiconScorer:
    """Weighs by the words of a lexicon."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.vocabulary = rows.plain

    def weigh(
        self,
        page: Page,  # noqa: ARG002 the scan has read it
        words: Sequence[Collection[str]],
        types: int,
    ) -> list[Weighed]:
        """The sums of the words."""
        return [self._weighed(found, types) for found in words]

    def _weighed(self, words: Collection[str], types: int) -> Weighed:
        sums, plain = self._rows.sums(words), self._rows.plain
        code = sums.index(max(sums[:types]))
        strong = sorted([(plain[w][code], w) for w in words if plain[w][code] > 0], reverse=True)
        return Weighed(len(words), tuple(sums), [word for _, word in strong])


class ModelScorer:
    """Weighs by the traits of a trained model."""

    vocabulary: Iterable[str] = ()

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def weigh(
        self,
        page: Page,
        words: Sequence[Collection[str]],  # noqa: ARG002 it needs no scan
        types: int,
    ) -> list[Weighed]:
        """The sums of the traits that the model knows."""
        return self._weights.weigh(page, types)
