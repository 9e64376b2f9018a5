"""What the bench found: medians, CPU by stage, the functions behind it, each aim met or missed."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

AIM_RATE = {"embedded": 1000.0, "servers": 500.0}
"""Cases a second, registered, assigned and counted."""
AIM_RATIO, AIM_START = 5.0, 3.0
AIM_MEMORY = {"embedded": 250.0, "servers": 130.0}
"""Megabytes of the one process, and of each service."""
FUNCTIONS = 12
"""How many of our functions the profile shows."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Measure:
    """One run. Times in seconds, CPU in microseconds a case, memory in megabytes.

    `cpu` is by process, `stages` by stage, `functions` by our function that ran or called what ran.
    """

    cases: int
    start: float
    memory: Mapping[str, float]
    registered: float
    settled: float
    cpu: Mapping[str, float]
    stages: Mapping[str, float] = field(default_factory=dict)
    functions: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Cases a second until everything had its effect everywhere."""
        return self.cases / self.settled


def shares(
    profiles: Path, pids: Mapping[str, int], cpu: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """The CPU of each stage and of each function: a process's CPU by the shares of its samples."""
    stages, functions = Counter[str](), Counter[str]()
    for name, pid in pids.items():
        samples = json.loads((profiles / f"{pid}.json").read_text("utf-8"))
        total = sum(count for *_, count in samples)
        for stage, ours, leaf, count in samples:
            used = cpu[name] * count / total
            stages[stage] += used
            functions[ours or leaf] += used
    return dict(stages), dict(functions)


def report(mode: str, fast: Sequence[Measure], slow: Sequence[Measure], say: Say) -> bool:
    """Say it; whether every aim was met."""
    say(f"registered {_median(m.cases / m.registered for m in fast):,.0f} cases/s")
    _table("CPU by process", [m.cpu for m in fast], say)
    _table("CPU by stage", [m.stages for m in fast], say)
    _table("CPU by function", [m.functions for m in fast], say, FUNCTIONS)
    return _aims(mode, fast, slow, say)


def _table(title: str, runs: Sequence[Mapping[str, float]], say: Say, most: int = 99) -> None:
    """The medians over the runs, the largest first, with their share."""
    names = {name for run in runs for name in run}
    medians = {name: _median(run.get(name, 0.0) for run in runs) for name in names}
    total = sum(medians.values()) or 1.0
    say(f"{title}: {total:,.0f} µs a case")
    for name, used in sorted(medians.items(), key=lambda item: -item[1])[:most]:
        if used / total >= 0.005:
            say(f"  {name:44} {used:8,.0f} µs {used / total:5.0%}")


def _aims(mode: str, fast: Sequence[Measure], slow: Sequence[Measure], say: Say) -> bool:
    rate, naive = _median(m.rate for m in fast), _median(m.rate for m in slow)
    start = _median(m.start for m in fast)
    memory = max(_median(m.memory[name] for m in fast) for name in fast[0].memory)
    results = (
        (
            "registered -> assigned -> counted, cases/s",
            rate,
            rate >= AIM_RATE[mode],
            AIM_RATE[mode],
        ),
        ("batched / naive", rate / naive, rate / naive >= AIM_RATIO, AIM_RATIO),
        ("cold start, s", start, start <= AIM_START, AIM_START),
        ("idle memory, MB", memory, memory <= AIM_MEMORY[mode], AIM_MEMORY[mode]),
    )
    for name, found, met, aim in results:
        say(f"{'ok  ' if met else 'MISS'} {name:44} {found:8,.1f}  (aim {aim:,.0f})")
    return all(met for _, _, met, _ in results)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
