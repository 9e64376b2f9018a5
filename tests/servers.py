"""The real servers of the tests: PostgreSQL and Kafka on free loopback ports, gone when pytest is gone."""

import asyncio
import itertools
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

ROOT = Path(__file__).resolve().parent.parent
EX_UNAVAILABLE = 69
GUARD = 'cat; "$1" kill "$2"; rm -rf "$2"'  # `cat` ends when pytest ends, however that happens
# Below the range from which outgoing connections take their ports: a killed server finds its own free again.
PORTS = range(20000, 30000)


class ServerUnavailable(Exception):
    """This machine lacks the server and may not install it; the text says what to install."""


def strict() -> bool:
    """Whether a missing server or missing data is a failure (CI) rather than a skip."""
    return any(os.environ.get(name, "") not in ("", "0") for name in ("CI", "FENGQIAO_STRICT"))


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on 127.0.0.1")


class Server:
    """A server in a folder of its own, steered by its script under deploy/.

    All calls block for up to some seconds: use `asyncio.to_thread` beside a running harness.
    """

    def __init__(self, script: Path) -> None:
        """Make the folder, and the guard that ends the server even after a kill -9 of pytest."""
        self._script = str(script)
        self.directory = Path(tempfile.mkdtemp(prefix="fengqiao-"))
        self.directory.chmod(0o711)  # user postgres must pass
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", self._script, self.directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _call(self, *arguments: object) -> None:
        done = subprocess.run(
            [self._script, *map(str, arguments)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode == EX_UNAVAILABLE:
            raise ServerUnavailable(done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise RuntimeError(f"{self._script} {arguments[0]}: {done.stderr.strip()}")

    def stop(self) -> None:
        """Stop in an orderly way; the data stays."""
        self._call("stop", self.directory)

    def kill(self) -> None:
        """End the server and its children by SIGKILL; the data stays."""
        self._call("kill", self.directory)

    def running(self) -> bool:
        """Whether the process lives."""
        status = subprocess.run([self._script, "status", self.directory], check=False)
        return status.returncode == 0

    def close(self) -> None:
        """Kill the server and delete its folder; idempotent."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait(timeout=60)


class PostgresServer(Server):
    """One PostgreSQL; what it acknowledged survives `kill` (fsync is off, so not a fall of the machine)."""

    def __init__(self, *, durable: bool = False) -> None:
        """Choose a port and start; with `durable` every commit is on the disk."""
        super().__init__(ROOT / "deploy/postgres/pg.sh")
        self.port = free_port()
        self._mode = "durable" if durable else "fast"
        self._names = itertools.count(1)

    def start(self) -> None:
        """Start, or start again with the same data on the same port."""
        self._call("start", self.directory, self.port, self._mode)

    def url(self, database: str = "postgres") -> str:
        """Return the address that `FENGQIAO_DATABASE_URL` takes."""
        return f"postgresql+asyncpg://fengqiao@127.0.0.1:{self.port}/{database}"

    async def create_database(self, *, template: str = "template1") -> str:
        """Create an empty database, or a copy of `template` (to which nobody is connected); return its url."""
        name = f"test_{next(self._names)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    async def drop_database(self, url: str) -> None:
        """Drop a database of `create_database`, open connections or not."""
        await self.execute(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    async def execute(self, statement: str) -> None:
        """Run one administrative statement in database postgres."""
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="fengqiao", database="postgres"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class KafkaBroker(Server):
    """One Apache Kafka broker (KRaft); what it acknowledged survives `kill`."""

    def __init__(self) -> None:
        """Choose the ports; `start` does the rest."""
        super().__init__(ROOT / "deploy/kafka/kafka.sh")
        self.port, self._controller_port = free_port(), free_port()

    @property
    def bootstrap(self) -> str:
        """The address that `FENGQIAO_KAFKA_BOOTSTRAP` takes."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, or start again with the same data on the same port (2-6 s)."""
        self._call("start", self.directory, self.port, self._controller_port)

    def wipe(self) -> None:
        """Kill the broker and delete its data; the next `start` is a new, empty cluster."""
        self.kill()
        shutil.rmtree(self.directory / "data", ignore_errors=True)

    async def clear(self) -> None:
        """Delete every topic, so that the next test may create them anew (0.1-1 s)."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await retry(admin.start)
        try:
            while topics := [name for name in await admin.list_topics() if name[:2] != "__"]:
                await admin.delete_topics(topics)
                await asyncio.sleep(0.1)
        finally:
            await admin.close()


async def retry[T](call: Callable[[], Awaitable[T]], *, seconds: float = 30) -> T:
    """Call until Kafka has settled; the last error goes through after `seconds`."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await call()
        except KafkaError:
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.2)
