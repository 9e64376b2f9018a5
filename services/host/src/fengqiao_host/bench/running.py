"""The program as the bench runs it: a store of its own, its processes, what they use."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from fengqiao_chassis.settings import Settings, own_databases

from .. import remote
from ..problems import CliProblem
from ..processes import HOST, Fleet, free_port

PASSWORD = secrets.token_urlsafe(18)
"""Of stores that live as long as the measure."""
_TICKS = os.sysconf("SC_CLK_TCK")


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

    def profile_anew(self) -> None:
        """Let each process forget what its sampler has counted so far."""
        for pid in self.pids.values():
            os.kill(pid, signal.SIGUSR2)


@asynccontextmanager
async def store(mode: str, folder: Path) -> AsyncIterator[dict[str, str]]:
    """A store of its own with one account: the environment that names it. It ends with the block."""
    async with _own_servers(mode) as servers:
        environment = {
            "FENGQIAO_DATA_DIR": str(folder),
            "FENGQIAO_LOG_LEVEL": "WARNING",
            "FENGQIAO_NEW_PASSWORD": PASSWORD,
            "FENGQIAO_PROFILE": str(folder / "profiles"),
            **servers,
        }
        await _command(environment, "migrate", "--init-keys")
        account = ("account", "create", "city", "--role", "city", "--name", "bench")
        await _command(environment, *account, "--area", "510100")
        yield environment


@asynccontextmanager
async def _own_servers(mode: str) -> AsyncIterator[dict[str, str]]:
    """What names a database and topics that nobody else uses; they end with the run."""
    if mode == "embedded":
        yield {}
        return
    from fengqiao_chassis.bus.admin import drop_topics  # noqa: PLC0415 -- the servers' drivers
    from fengqiao_chassis.store.scratch import scratch_database  # noqa: PLC0415

    settings, prefix = Settings(), f"bench-{secrets.token_hex(4)}."
    if own := own_databases():
        # they would go before the database of the measure: it would write into the platform's own
        raise CliProblem(
            f"bench 只在一个库上测量：请设置 FENGQIAO_DATABASE_URL，并取消 {', '.join(own)}",
            f"bench measures on one database: set FENGQIAO_DATABASE_URL and unset {', '.join(own)}",
        )
    async with scratch_database(settings.database_url) as url:
        try:
            yield {"FENGQIAO_DATABASE_URL": url, "FENGQIAO_TOPIC_PREFIX": prefix}
        finally:
            await drop_topics(settings.kafka_bootstrap, prefix)


@asynccontextmanager
async def started(mode: str, environment: Mapping[str, str], batch: int) -> AsyncIterator[Running]:
    """The program, ready, with `batch` facts a transaction; it ends with the block."""
    extra = dict(environment) | {"FENGQIAO_BATCH_SIZE": str(batch)}
    port = free_port()
    url = f"http://{HOST}:{port}"
    began = time.monotonic()
    with _Processes(mode, port, Path(environment["FENGQIAO_DATA_DIR"]), extra) as pids:
        async with httpx.AsyncClient(base_url=f"{url}/v1", trust_env=False) as client:
            await remote.wait_ready(client)
        yield Running(url, pids, time.monotonic() - began)


@asynccontextmanager
async def client_of(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway, as the city's account."""
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
        env=dict(os.environ) | dict(environment),
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError(f"fengqiao {arguments[0]} failed")


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
