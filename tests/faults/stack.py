"""The platform as processes that a test may end at any moment, in both modes, with its registry."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from flow.desk import PASSWORD, Stack
from servers import KafkaBroker, PostgresServer, free_port

from fengqiao_contracts.areas import areas
from fengqiao_host import city, remote
from fengqiao_host.drive import load_registry
from fengqiao_host.processes import HOST, Fleet
from fengqiao_host.services import NAMES

CITY = areas().city.code
DISTRICT = "510104"
"""The district in which everything happens: a registry of its size is loaded in a moment."""
ONE = "up"
"""The process of the embedded mode; it holds every service."""
CRASHED = 137
READY_SECONDS = 60.0
SET_UP_SECONDS = 120.0
PASS_SECONDS = 60.0
HEAL_SECONDS = 30.0
"""I10: so long after what fell answers again everything is done, with no manual step."""


class Platform:
    """The running processes: `up` alone, or one per service on PostgreSQL and Kafka."""

    def __init__(
        self,
        mode: str,
        folder: Path,
        receiver: str,
        pg: PostgresServer | None = None,
        kafka: KafkaBroker | None = None,
    ) -> None:
        self.mode = mode
        self.pg, self.kafka = pg, kafka
        self.crash_log = folder / "crash.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FENGQIAO_")}
        environment |= {
            "FENGQIAO_DATA_DIR": str(folder),
            "FENGQIAO_TEST_MODE": "1",
            "FENGQIAO_NEW_PASSWORD": PASSWORD,
            "FENGQIAO_CRASH_LOG": str(self.crash_log),
            "FENGQIAO_GATEWAY_WEBHOOK_ALLOW": receiver,
        }
        port = free_port()
        self.stack = Stack(mode, f"http://{HOST}:{port}", environment)
        self.fleet = Fleet(port, folder / "logs", environment)
        if mode == "embedded":
            self.fleet.ports = {ONE: port}

    @property
    def processes(self) -> Sequence[str]:
        """The names of the processes."""
        return (ONE,) if self.mode == "embedded" else NAMES

    def process_of(self, service: str) -> str:
        """The process that holds a service."""
        return ONE if self.mode == "embedded" else service

    # ---- beginning and end ----
    def begin(self) -> None:
        """Make keys, tables, topics and the city's account, start everything, load the registry."""
        if self.pg is not None and self.kafka is not None:
            self.stack.environment["FENGQIAO_KAFKA_BOOTSTRAP"] = self.kafka.bootstrap
            self.stack.environment["FENGQIAO_DATABASE_URL"] = asyncio.run(
                _fresh(self.pg, self.kafka)
            )
            self.fleet = Fleet(self.fleet.port, self.fleet.logs, self.stack.environment)
        self.stack.fengqiao("migrate", "--init-keys")
        account = ("--role", "city", "--name", "市中心", "--area", "510100")
        self.stack.fengqiao("account", "create", "city", *account)
        self.ensure()
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        async with self.client() as client:
            await remote.wait_ready(client, SET_UP_SECONDS)
            self.stack.token = await remote.log_in(client, "city", PASSWORD)
            totals = await load_registry(client, self.stack.token, self.records())
            assert totals["errors"] == 0
            assert (await remote.wait_settled(client, SET_UP_SECONDS))["settled"]

    def records(self) -> Iterator[dict[str, Any]]:
        """What the registry is loaded with."""
        return registry()

    def end(self) -> None:
        """End every process, by force where one does not end in an orderly way."""
        self.fleet.stop()

    # ---- single processes ----
    def start(self, process: str, crash_at: str = "") -> None:
        """Start a process, armed with a crash point or not; returns at once."""
        extra = {"FENGQIAO_CRASH_AT": crash_at}
        if process != ONE:
            self.fleet.start_one(process, extra)
            return
        self.fleet.logs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "fengqiao_host", "up", "--port", str(self.fleet.port)]
        with self.fleet.log_of(ONE).open("ab") as log:
            self.fleet.processes[ONE] = subprocess.Popen(
                command,
                env=self.stack.environment | extra,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ensure(self) -> None:
        """Start whatever does not run: a test must not suffer from the one before."""
        for process in self.processes:
            running = self.fleet.processes.get(process)
            if running is None or running.poll() is not None:
                self.start(process)

    def arm(self, service: str, point: str, nth: int = 1) -> None:
        """Start the process of a service anew, so that it ends at the nth pass of a crash point."""
        process = self.process_of(service)
        running = self.fleet.processes[process]
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
        self.start(process, f"{point}@{service}:{nth}")

    async def crashed(self, process: str) -> int:
        """Wait until a process has ended by itself; its exit code."""
        end = time.monotonic() + PASS_SECONDS
        while (code := self.fleet.processes[process].poll()) is None:
            assert time.monotonic() < end, f"{process} never passed its crash point"
            await asyncio.sleep(0.02)
        return code

    def crashes(self) -> list[str]:
        """The points at which processes have ended so far, as `<point>@<service>`."""
        if not self.crash_log.exists():
            return []
        return self.crash_log.read_text("utf-8").splitlines()

    def kill(self, *processes: str) -> None:
        """kill -9 of all of them at the same moment."""
        for process in processes:
            self.fleet.processes[process].kill()
        for process in processes:
            self.fleet.processes[process].wait()

    # ---- how it is ----
    def client(self, token: str = "", timeout: float = 15) -> httpx.AsyncClient:
        """The gateway as somebody uses it."""
        return httpx.AsyncClient(
            base_url=f"{self.stack.url}/v1",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=timeout,
            trust_env=False,
        )

    async def ready(self, process: str) -> None:
        """Wait until a process answers."""
        url = f"http://{HOST}:{self.fleet.ports[process]}/healthz"
        end = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while True:
                try:
                    if (await client.get(url)).is_success:
                        return
                except httpx.TransportError:
                    pass
                code = self.fleet.processes[process].poll()
                assert code is None, f"{process} ended ({code}): {self.tail(process)}"
                assert time.monotonic() < end, f"{process} never answered: {self.tail(process)}"
                await asyncio.sleep(0.05)

    async def healed(self, since: float) -> float:
        """Wait until all has settled and nothing is parked; the seconds from `since` (monotonic)."""
        said: dict[str, Any] = {}
        async with self.client(timeout=5) as client:
            while time.monotonic() - since < HEAL_SECONDS:
                try:
                    answer = await client.get("/ops/settled")
                    said = answer.json() if answer.is_success else {"status": answer.status_code}
                except httpx.TransportError as error:
                    said = {"error": type(error).__name__}
                if said.get("settled"):
                    assert said["parked"] == 0, said
                    return time.monotonic() - since
                await asyncio.sleep(0.1)
        raise AssertionError(f"not settled {HEAL_SECONDS:.0f} s after it answered again: {said}")

    def all_up(self) -> bool:
        """Whether every process runs."""
        return all(p.poll() is None for p in self.fleet.processes.values())

    def failures(self) -> list[str]:
        """What the services' logs call an internal error: the gateway answers 503 in its place."""
        logs = [self.fleet.log_of(process) for process in self.processes]
        lines = (line for log in logs for line in log.read_text("utf-8", "replace").splitlines())
        return [line for line in lines if "request.failed" in line]

    def tail(self, process: str, lines: int = 15) -> str:
        """The last lines of a process's log."""
        text = self.fleet.log_of(process).read_text("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])


def registry() -> Iterator[dict[str, Any]]:
    """The committees and mediators of one district and of the city itself."""
    kept = set[str]()
    for record in city.registry():
        if record["record"] == "committee" and record["area"].startswith((DISTRICT, CITY)):
            kept.add(record["external_id"])
            yield record
        elif record["record"] == "mediator" and record["committee"] in kept:
            yield record


async def _fresh(pg: PostgresServer, kafka: KafkaBroker) -> str:
    await kafka.clear()
    return await pg.create_database()
