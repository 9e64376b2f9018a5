"""Where a process's CPU goes, stage by stage: a sampler that `fengqiao bench` switches on.

A stage is a service and what it is doing: `triage: facts`, `intake: commands`. It lives in the context
of the running task, so that one process with seven services tells them apart.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGE: ContextVar[str] = ContextVar("fengqiao_stage", default="web server")
"""What the running task works at; what no task works at is the web server's."""
LOOP = "loop and threads"
"""The loop's own turns, and what other threads used while it waited."""
SECONDS = 0.005
"""CPU time between two samples."""
_OURS = f"{os.sep}fengqiao_"


class Sample(NamedTuple):
    """Where a sample fell: the stage, our function next to it, the file that was running."""

    stage: str
    ours: str
    leaf: str


class Sampler:
    """Counts where the CPU is each `SECONDS` of it; for the main thread of a process."""

    def __init__(self) -> None:
        self.samples: Counter[Sample] = Counter()

    def start(self) -> None:
        """Begin; SIGUSR2 begins anew."""
        signal.signal(signal.SIGPROF, self._take)
        signal.signal(signal.SIGUSR2, lambda *_: self.samples.clear())
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)

    def stop(self) -> None:
        """Count no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        for number in (signal.SIGPROF, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)

    def as_json(self) -> list[list[Any]]:
        """`[stage, ours, leaf, count]` for each place, the most frequent first."""
        return [[*sample, count] for sample, count in self.samples.most_common()]

    def _take(self, _number: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        leaf = Path(frame.f_code.co_filename).stem
        waiting = leaf in {"selectors", "base_events"}
        self.samples[Sample(LOOP if waiting else STAGE.get(), _ours(frame), leaf)] += 1


def _ours(frame: FrameType | None) -> str:
    """The innermost function of Fengqiao in the stack, as `module.function`."""
    while frame is not None:
        name = frame.f_code.co_filename
        at = name.rfind(_OURS)
        if at >= 0 and not name.endswith(f"{os.sep}profile.py"):
            module = name[at + 1 :].removesuffix(".py").replace(os.sep, ".")
            return f"{module.removeprefix('fengqiao_')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


@contextmanager
def sampled(folder: Path | None) -> Iterator[None]:
    """Sample while the block runs and write `<pid>.json` into `folder`; None = do nothing."""
    if folder is None:
        yield
        return
    sampler = Sampler()
    sampler.start()
    try:
        yield
    finally:
        sampler.stop()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}.json").write_text(json.dumps(sampler.as_json()), "utf-8")
