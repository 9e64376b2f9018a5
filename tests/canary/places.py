"""Where personal data could lie: every column of every table, files, the broker, the command line."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer
from flow.desk import Stack
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_BYTES = {"BYTEA", "BLOB", ""}
"""What must not be cast to text; SQLite's own index tables have columns without a type."""

Column = tuple[str, str, str]
"""Service, table, column."""

CHASSIS = "chassis"
_SERVICES = {"registry": "mediator-registry", "bus": CHASSIS, "alembic": CHASSIS}
SEPARATOR = b"\n\x1e\n"

_CATALOGUE = {
    "sqlite": "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c"
    " WHERE m.type = 'table' ORDER BY 1, 2",
    "postgresql": "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY 1, 2",
}


def database_url(stack: Stack) -> str:
    """The one database of the platform under test."""
    file = Path(stack.environment["FENGQIAO_DATA_DIR"]) / "fengqiao.db"
    return stack.environment.get("FENGQIAO_DATABASE_URL") or f"sqlite+aiosqlite:///{file}"


@asynccontextmanager
async def connected(stack: Stack) -> AsyncIterator[AsyncConnection]:
    """A connection beside the platform; what it changes is taken back unless committed."""
    engine = create_async_engine(database_url(stack))
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def columns(connection: AsyncConnection) -> dict[Column, bytes]:
    """All values of every column, from the database's own catalogue: no table can hide."""
    dialect = connection.dialect.name
    found = {}
    for table, column, kind in (await connection.execute(text(_CATALOGUE[dialect]))).all():
        name = f'"{column}"' if kind.upper() in _BYTES else f'CAST("{column}" AS text)'
        values = await connection.execute(text(f'SELECT {name} FROM "{table}"'))
        found[service_of(table), table, column] = SEPARATOR.join(
            _bytes(value) for (value,) in values.all() if value is not None
        )
    return found


def service_of(table: str) -> str:
    """The service whose prefix a table has."""
    prefix = table.partition("_")[0]
    return _SERVICES.get(prefix, prefix)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def sqlite_files(stack: Stack) -> dict[str, bytes]:
    """The bytes of the SQLite file and its write-ahead log; none on PostgreSQL."""
    folder = Path(stack.environment["FENGQIAO_DATA_DIR"])
    return {path.name: path.read_bytes() for path in sorted(folder.glob("fengqiao.db*"))}


def logs(*folders: Path) -> dict[str, bytes]:
    """Everything that the processes and servers wrote as their log."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            named = path.name == "log" or ".log" in path.suffixes
            if path.is_file() and named and "data" not in path.relative_to(folder).parts:
                found[str(path)] = path.read_bytes()
    return found


def metrics(stack: Stack) -> dict[str, bytes]:
    """What every process shows to Prometheus."""
    return {
        f"/metrics of {name}": httpx.get(f"{url}/metrics", timeout=60, trust_env=False).content
        for name, url in stack.processes.items()
    }


def error_files(folder: Path) -> dict[str, bytes]:
    """The files of bad rows that imports left beside their files."""
    return {str(path): path.read_bytes() for path in sorted(folder.glob("*.errors.csv"))}


def records(bootstrap: str) -> dict[str, bytes]:
    """Each topic's records as a foreign consumer reads them: key, headers, value."""
    return asyncio.run(_records(bootstrap))


async def _records(bootstrap: str) -> dict[str, bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[str, list[bytes]] = {}
    try:
        consumer.subscribe(sorted(await consumer.topics()))
        while not consumer.assignment():
            await asyncio.sleep(0.05)
        parts = sorted(consumer.assignment())
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(p) < ends[p] for p in parts]):
            for part, batch in (await consumer.getmany(timeout_ms=500)).items():
                for record in batch:
                    found.setdefault(part.topic, []).extend(_parts(record.key, record.value))
                    for name, value in record.headers:
                        found[part.topic].extend(_parts(name.encode(), value))
    finally:
        await consumer.stop()
    return {topic: SEPARATOR.join(lines) for topic, lines in found.items()}


def _parts(*given: bytes | None) -> Iterator[bytes]:
    return (part for part in given if part is not None)


def told(stack: Stack, *arguments: str) -> bytes:
    """All that a command prints, on both outputs, whether it succeeds or not."""
    done = subprocess.run(
        [sys.executable, "-m", "fengqiao_host", *arguments],
        env=stack.environment | {"FENGQIAO_TOKEN": stack.token, "FENGQIAO_URL": stack.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.stdout + SEPARATOR + done.stderr


COMMANDS = (("events", "export"), ("recount",), ("dlq", "list"), ("audit", "verify"), ("settle",))


def command_line(stack: Stack) -> dict[str, bytes]:
    """What the operator's commands print about the running platform."""
    return {" ".join(command): told(stack, *command) for command in COMMANDS}
