"""Telling words: which pairs of neighbouring characters set a text apart from all others.

A pair that many texts use ("业主", "物业") tells nothing; a pair that hardly any text uses ("澜岸") is part
of a name. A pair never seen is a name only where its characters are rare themselves: "习各" is where two
words meet. Weights are natural logarithms: how much rarer than always.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add

MOST_READ = 300
"""Characters of a text that are looked at: its subject stands early, and the cost stays small."""
MOST_WORDS = 24
"""Telling words kept of a text."""
HEADLINE = 60
OPENING = 30
LEARNT = 5
"""Documents in which a pair must stand to be learnt: less would keep what one person wrote."""
AGAIN = 0.5
"""How much the logarithm of the times a text says a pair adds to the pair's weight."""
NEVER_SEEN = 0.9

_MOST_TIMES = 50
_TIMES = [1.0, *[1 + AGAIN * math.log(n) for n in range(1, _MOST_TIMES + 1)]]
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]+")
_MIXED = re.compile(r"[\u4e00-\u9fff]?[A-Za-z0-9]+(?:[\u4e00-\u9fff][A-Za-z0-9]+)*[\u4e00-\u9fff]?")
_UNIT = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]+|[0-9]+")
_LONG_NUMBER = re.compile(r"[0-9]{5,}")
_HEAVY = 6.0
"""Weights at which the sorting begins; below it only where a text has too few."""

Words = tuple[tuple[str, float], ...]


def pairs(text: str) -> list[str]:
    """All pairs of neighbours: of characters; a Latin word or a number of up to 4 digits is one.

    Pairs of a character and a blank are among them, where something else stands between.
    """
    han = _NOT_HAN.sub(" ", text)
    found = list(map(add, han, han[1:]))
    for chunk in _MIXED.findall(text):
        units = _UNIT.findall(chunk)
        found.extend(map(add, units, units[1:]))
    return found


@dataclass(frozen=True, slots=True)
class Rarity:
    """What public texts say of how rare pairs and characters are; `most` is the rarest weight."""

    version: str
    pairs: Mapping[str, float]
    units: Mapping[str, float]
    most: float

    def telling(self, text: str, names: Iterable[str] = ()) -> Words:
        """The most telling pairs of a text and of its parties' names, the weightiest first.

        What the headline says (a first line of its own, else a longer text's opening) counts once
        more.
        """
        text = _LONG_NUMBER.sub(" ", text[:MOST_READ])
        head, _, rest = text.partition("\n")
        if not rest or len(head) > HEADLINE:
            head = text[:OPENING] if len(text) > HEADLINE else ""
        said = Counter(pairs(" ".join((text, head, *names))))
        weighed = self._weighed(said)
        heavy = [item for item in weighed if item[0] >= _HEAVY]
        best = heavy if len(heavy) >= MOST_WORDS else weighed
        best.sort(reverse=True)
        return tuple([(pair, weight) for weight, pair in best[:MOST_WORDS]])

    def _weighed(self, said: Counter[str]) -> list[tuple[float, str]]:
        """Each pair with its weight; a pair never learnt is as rare as its two parts."""
        known, most, unit = self.pairs.get, self.most, self.units.get
        found = []
        for pair, n in said.items():
            weight = known(pair)
            if weight is None:
                if " " in pair:
                    continue
                first, last = (pair[0], pair[1]) if len(pair) == 2 else _parts(pair)
                weight = min(most, NEVER_SEEN * (unit(first, most) + unit(last, most)))
            found.append((weight if n == 1 else weight * _TIMES[min(n, _MOST_TIMES)], pair))
        return found


def _parts(pair: str) -> tuple[str, str]:
    """The two units of a pair that holds a Latin word or a number."""
    first, last = _UNIT.findall(pair)
    return first, last


def learn(texts: Iterable[str]) -> tuple[int, Counter[str], Counter[str]]:
    """How many texts there are, and in how many of them each pair and each unit stands."""
    count, seen, units = 0, Counter[str](), Counter[str]()
    for text in texts:
        clean = _LONG_NUMBER.sub(" ", text)
        count += 1
        seen.update({pair for pair in pairs(clean) if " " not in pair})
        units.update(set(_UNIT.findall(clean)))
    return count, seen, units
