"""`fengqiao bench`: throughput, start and memory of the real program, beside a naive twin."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from fengqiao_chassis.settings import Settings

from . import bench_input, city, remote
from .drive import load_registry
from .processes import HOST, Fleet, free_port
from .public_api import Api

PASSWORD = secrets.token_urlsafe(18)
"""Of stores that live as long as the measure."""
TARGETS = {"embedded": 1000.0, "servers": 500.0}
"""Cases a second, registered, assigned and counted."""
TARGET_RATIO, TARGET_START = 5.0, 3.0
TARGET_MEMORY = {"embedded": 250.0, "servers": 130.0}
"""Megabytes of the one process, and of each service."""
CHUNK = 500
_TICKS = os.sysconf("SC_CLK_TCK")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Twin:
    """A way to run: `chunk` cases a request, `batch` facts a transaction."""

    name: str
    chunk: int
    batch: int


BATCHED, NAIVE = Twin("batched", CHUNK, 500), Twin("naive", 1, 1)


@dataclass(frozen=True)
class Measure:
    """One run. Times in seconds, CPU in microseconds a case, memory in megabytes."""

    cases: int
    start: float
    memory: Mapping[str, float]
    registered: float
    settled: float
    cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Cases a second until everything had its effect everywhere."""
        return self.cases / self.settled


@dataclass
class Running:
    """The processes of one run, by service (`fengqiao` is the one process)."""

    url: str
    pids: Mapping[str, int]
    start: float

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU that each process has used."""
        return {name: _cpu(pid) for name, pid in self.pids.items()}

    def memory(self) -> dict[str, float]:
        """Megabytes that each process holds."""
        return {name: _memory(pid) for name, pid in self.pids.items()}


async def bench(cases: int, naive_cases: int, runs: int, say: Say) -> bool:
    """Measure and print; whether every target was met."""
    mode = "embedded" if Settings().check().embedded else "servers"
    rows = bench_input.rows(cases)
    say(
        f"{mode}: {len(rows)} cases of {bench_input.source()}, {runs} runs each, {os.cpu_count()} CPU"
    )
    measures: dict[str, list[Measure]] = {}
    for twin, count in ((BATCHED, cases), (NAIVE, naive_cases)):
        for number in range(runs):
            measures.setdefault(twin.name, []).append(await _run(mode, twin, rows[:count]))
            say(f"  {twin.name} {number + 1}/{runs}: {measures[twin.name][-1].rate:,.0f} cases/s")
    return _report(mode, measures, say)


async def _run(mode: str, twin: Twin, rows: Sequence[dict[str, Any]]) -> Measure:
    with tempfile.TemporaryDirectory(prefix="fengqiao-bench-") as folder:
        async with _running(mode, twin, Path(folder)) as running, _client(running) as client:
            await asyncio.sleep(1)
            memory = running.memory()
            token = client.headers["Authorization"].removeprefix("Bearer ")
            await load_registry(client, token, city.registry())
            await remote.wait_settled(client, 600)
            before, began = running.cpu(), time.monotonic()
            await _register(client, token, twin, rows)
            registered = time.monotonic() - began
            await remote.wait_settled(client, 3600, pause=0.05)
            settled = time.monotonic() - began
            used = {n: (s - before[n]) * 1e6 / len(rows) for n, s in running.cpu().items()}
        return Measure(len(rows), running.start, memory, registered, settled, used)


async def _register(
    client: httpx.AsyncClient, token: str, twin: Twin, rows: Sequence[dict[str, Any]]
) -> None:
    api = Api(client, token)
    if twin is NAIVE:
        for number, row in enumerate(rows):
            await api.post("/cases", row, f"bench-{number}")
        return
    for start in range(0, len(rows), twin.chunk):
        chunk = rows[start : start + twin.chunk]
        body = {
            "import_key": "bench",
            "lines": [*range(start + 1, start + 1 + len(chunk))],
            "rows": chunk,
        }
        await api.post("/imports", body, f"bench-{start}")


@asynccontextmanager
async def _running(mode: str, twin: Twin, folder: Path) -> AsyncIterator[Running]:
    """The program in a store of its own, on servers in a database and topics of its own."""
    async with _own_servers(mode) as servers, _started(mode, twin, folder, servers) as running:
        yield running


@asynccontextmanager
async def _own_servers(mode: str) -> AsyncIterator[dict[str, str]]:
    """What names a database and topics that nobody else uses; they end with the run."""
    if mode == "embedded":
        yield {}
        return
    from fengqiao_chassis.bus.admin import drop_topics  # noqa: PLC0415 -- the servers' drivers
    from fengqiao_chassis.store.scratch import scratch_database  # noqa: PLC0415

    settings, prefix = Settings(), f"bench-{secrets.token_hex(4)}."
    async with scratch_database(settings.database_url) as url:
        try:
            yield {"FENGQIAO_DATABASE_URL": url, "FENGQIAO_TOPIC_PREFIX": prefix}
        finally:
            await drop_topics(settings.kafka_bootstrap, prefix)


@asynccontextmanager
async def _started(
    mode: str, twin: Twin, folder: Path, servers: Mapping[str, str]
) -> AsyncIterator[Running]:
    extra = {"FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_BATCH_SIZE": str(twin.batch)}
    extra |= {"FENGQIAO_LOG_LEVEL": "WARNING", "FENGQIAO_NEW_PASSWORD": PASSWORD}
    extra |= servers
    environment = dict(os.environ) | extra
    await _command(environment, "migrate", "--init-keys")
    account = ("account", "create", "city", "--role", "city", "--name", "bench")
    await _command(environment, *account, "--area", "510100")
    port = free_port()
    url = f"http://{HOST}:{port}"
    began = time.monotonic()
    with _Processes(mode, port, folder, extra) as pids:
        async with httpx.AsyncClient(base_url=f"{url}/v1", trust_env=False) as client:
            await remote.wait_ready(client)
        yield Running(url, pids, time.monotonic() - began)


@asynccontextmanager
async def _client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{running.url}/v1"
    async with httpx.AsyncClient(base_url=base, timeout=600, trust_env=False) as client:
        token = await remote.log_in(client, "city", PASSWORD)
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


class _Processes:
    """Starts the program in the way of a mode and ends it."""

    def __init__(self, mode: str, port: int, folder: Path, extra: Mapping[str, str]) -> None:
        self._fleet = Fleet(port, folder / "logs", extra) if mode == "servers" else None
        self._port, self._extra = port, extra
        self._one: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> dict[str, int]:
        if self._fleet is not None:
            self._fleet.start()
            return {name: p.pid for name, p in self._fleet.processes.items()}
        command = [sys.executable, "-m", "fengqiao_host", "up", "--port", str(self._port)]
        self._one = subprocess.Popen(  # noqa: S603 -- our own program
            command, env=dict(os.environ) | dict(self._extra), stderr=subprocess.DEVNULL
        )
        return {"fengqiao": self._one.pid}

    def __exit__(self, *_: object) -> None:
        if self._fleet is not None:
            self._fleet.stop()
        if self._one is not None:
            self._one.send_signal(signal.SIGTERM)
            self._one.wait(timeout=30)


async def _command(environment: Mapping[str, str], *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fengqiao_host",
        *arguments,
        env=dict(environment),
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError(f"fengqiao {arguments[0]} failed")


def _report(mode: str, measures: Mapping[str, Sequence[Measure]], say: Say) -> bool:
    """The medians, the CPU of each stage, and each target with what was measured."""
    fast, slow = measures[BATCHED.name], measures[NAIVE.name]
    rate, naive = _median(m.rate for m in fast), _median(m.rate for m in slow)
    start = _median(m.start for m in fast)
    memory = max(_median(m.memory[name] for m in fast) for name in fast[0].memory)
    say(f"registered  {_median(m.cases / m.registered for m in fast):8,.0f} cases/s")
    for name in fast[0].cpu:
        say(f"cpu {name:18} {_median(m.cpu[name] for m in fast):8,.0f} µs/case")
    results = (
        ("registered -> assigned -> counted, cases/s", rate, rate >= TARGETS[mode], TARGETS[mode]),
        ("batched / naive", rate / naive, rate / naive >= TARGET_RATIO, TARGET_RATIO),
        ("cold start, s", start, start <= TARGET_START, TARGET_START),
        ("idle memory, MB", memory, memory <= TARGET_MEMORY[mode], TARGET_MEMORY[mode]),
    )
    for name, found, met, target in results:
        say(f"{'ok  ' if met else 'MISS'} {name:44} {found:8,.1f}  (target {target:,.0f})")
    return all(met for _, _, met, _ in results)


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


def _cpu(pid: int) -> float:
    """User and system seconds of a process (Linux /proc)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    """Resident megabytes of a process (Linux /proc)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0
