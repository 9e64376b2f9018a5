"""`fengqiao bench`: throughput, start and memory of the real program, beside a naive twin."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from fengqiao_chassis.settings import Settings

from .. import city, remote
from ..drive import load_registry
from ..public_api import Api
from . import input as inputs
from .report import Measure, Say, report, shares
from .running import Running, client_of, started, store

__all__ = ["bench"]


@dataclass(frozen=True)
class Twin:
    """A way to run: `chunk` cases a request, `batch` facts a transaction."""

    name: str
    chunk: int
    batch: int


BATCHED, NAIVE = Twin("batched", 500, 500), Twin("naive", 1, 1)


async def bench(cases: int, naive_cases: int, runs: int, say: Say) -> bool:
    """Measure, the two twins in turn, and say what was found; whether every aim was met."""
    mode = "embedded" if Settings().check().embedded else "servers"
    rows = inputs.rows(cases)
    said = f"{mode}: {len(rows)} cases of {inputs.source()}, {runs} runs each, {os.cpu_count()} CPU"
    say(f"{said}, load {os.getloadavg()[0]:.1f}")
    found: dict[Twin, list[Measure]] = {BATCHED: [], NAIVE: []}
    for number in range(runs):
        for twin, count in ((BATCHED, cases), (NAIVE, naive_cases)):
            found[twin].append(await _run(mode, twin, rows[:count]))
            say(f"  {twin.name} {number + 1}/{runs}: {found[twin][-1].rate:,.0f} cases/s")
    return report(mode, found[BATCHED], found[NAIVE], say)


async def _run(mode: str, twin: Twin, rows: Sequence[dict[str, Any]]) -> Measure:
    """One run in a store of its own. Its registry is loaded in batches for both twins."""
    with tempfile.TemporaryDirectory(prefix="fengqiao-bench-") as folder:
        async with store(mode, Path(folder)) as environment:
            async with started(mode, environment, BATCHED.batch) as running:
                memory = await _fill(running)
            async with started(mode, environment, twin.batch) as running:
                measure = await _measure(running, twin, rows)
            stages, functions = shares(Path(folder) / "profiles", running.pids, measure.cpu)
    return replace(measure, memory=memory, stages=stages, functions=functions)


async def _fill(running: Running) -> dict[str, float]:
    """Load the city's registry; the memory of the idle processes before it."""
    async with client_of(running) as client:
        await asyncio.sleep(1)
        memory = running.memory()
        await load_registry(client, _token(client), city.registry())
        await remote.wait_settled(client, 600)
    return memory


async def _measure(running: Running, twin: Twin, rows: Sequence[dict[str, Any]]) -> Measure:
    async with client_of(running) as client:
        running.profile_anew()
        before, began = running.cpu(), time.monotonic()
        await _register(client, twin, rows)
        registered = time.monotonic() - began
        await remote.wait_settled(client, 3600, pause=0.05)
        settled = time.monotonic() - began
        used = {n: (s - before[n]) * 1e6 / len(rows) for n, s in running.cpu().items()}
    return Measure(len(rows), running.start, {}, registered, settled, used)


async def _register(client: httpx.AsyncClient, twin: Twin, rows: Sequence[dict[str, Any]]) -> None:
    api = Api(client, _token(client))
    if twin is NAIVE:
        for number, row in enumerate(rows):
            await api.post("/cases", row, f"bench-{number}")
        return
    for start in range(0, len(rows), twin.chunk):
        chunk = rows[start : start + twin.chunk]
        lines = [*range(start + 1, start + 1 + len(chunk))]
        body = {"import_key": "bench", "lines": lines, "rows": chunk}
        await api.post("/imports", body, f"bench-{start}")


def _token(client: httpx.AsyncClient) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")
