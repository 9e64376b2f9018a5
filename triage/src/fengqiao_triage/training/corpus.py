"""The labelled texts that the model is trained on, read from the shared data folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from ..evaluate import BadFile, load

REAL = ("annotated/train", "annotated/train_more")
INVENTED = ("synthetic/narratives", "synthetic/narratives_more")
"""Never `synthetic/contrasts` (it checks understanding), never `annotated/test`."""
_INVENTED_WEIGHT = 0.7
"""An invented text counts a little less than a real one; by cross-validation."""
_RUN, _SAMPLED = 20, 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled text; `source` is its set, `register` who wrote it and how, as far as known."""

    id: str
    text: str
    type: str
    suit: str
    source: str
    register: str

    @property
    def real(self) -> bool:
        """Written by a citizen or asker, not invented for this project."""
        return self.source in REAL

    @property
    def weight(self) -> float:
        """How much the text counts in training."""
        return 1.0 if self.real else _INVENTED_WEIGHT


def labelled(data: Path, sets: Sequence[str] = (*REAL, *INVENTED)) -> list[Sample]:
    """The samples of the named sets. Raises BadFile where a set cannot be read."""
    samples: list[Sample] = []
    for name in sets:
        path = data / f"{name}.jsonl.gz"
        if not path.exists():
            raise BadFile(
                f"{path}: missing; DATA must be the folder that holds annotated/ and synthetic/"
            )
        samples += [
            Sample(r["id"], r["text"], r["type"], r["suit"], name, _register(name, r))
            for r in load(path)
        ]
    return samples


def _register(source: str, record: dict[str, str]) -> str:
    """Lay question, message to the government, or the channel of an invented narrative."""
    if source in REAL:
        return "question" if record["id"].startswith("lq") else "message"
    kind = "write-up" if source == INVENTED[1] else "short"
    return f"{kind} {record['channel']}"


def groups(texts: Sequence[str]) -> list[int]:
    """For each text the number of its group; texts that share a run of 20 characters are one group.

    A copy must not stand in training while its twin is tested.
    """
    first: dict[int, int] = {}
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, text in enumerate(texts):
        for at in range(max(1, len(text) - _RUN)):
            run = crc32(text[at : at + _RUN].encode())
            if run % _SAMPLED == 0:
                parent[root(i)] = root(first.setdefault(run, i))
    return [root(i) for i in range(len(texts))]
