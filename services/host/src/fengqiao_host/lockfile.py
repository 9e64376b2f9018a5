"""One running platform per data folder: a lock that the system frees when the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .problems import CliProblem

_NAME = "fengqiao.lock"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises CliProblem where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("a+") as file:
        if not _take(file.fileno()):
            file.seek(0)
            pid = file.read().strip() or "?"
            raise CliProblem(
                f"{folder} 已由进程 {pid} 使用：请先停止它，或用 FENGQIAO_DATA_DIR 指定另一个目录",
                f"{folder} is in use by process {pid}: stop it first, or name another folder with "
                "FENGQIAO_DATA_DIR",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def held(folder: Path) -> bool:
    """Whether a process runs the platform of this folder."""
    path = folder / _NAME
    if not path.exists():
        return False
    with path.open("a+") as file:
        return not _take(file.fileno())


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
