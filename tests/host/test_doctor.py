"""What `fengqiao doctor` finds wrong, check by check, and what it says to do about it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from servers import PostgresServer, free_port

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.store.database import Database
from fengqiao_host import doctor
from fengqiao_host.services import NAMES

AN_HOUR_AGO = """CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql
    AS $$ SELECT pg_catalog.now() - interval '1 hour' $$"""
OTHERS = [name for name in NAMES if name != "intake"]


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FENGQIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FENGQIAO_URL", f"http://127.0.0.1:{free_port()}")


def on_servers(folder: Path, **more: Any) -> Settings:
    """Settings of PostgreSQL and Kafka at ports on which nobody listens."""
    dead = f"127.0.0.1:{free_port()}"
    url = f"postgresql+asyncpg://fengqiao:geheim@{dead}/city"
    given: dict[str, Any] = {"data_dir": folder, "database_url": url, "kafka_bootstrap": dead}
    return Settings(**given | more)


def told(finding: doctor.Finding, name: str, remedy: str) -> None:
    """It is bad, by its name, with the remedy; no password is shown."""
    assert (finding.name, finding.state) == (name, "bad")
    assert remedy in finding.remedy
    assert "geheim" not in finding.found + finding.remedy


async def test_on_a_new_machine_nothing_is_bad(tmp_path: Path) -> None:
    found = await doctor.examine(Settings(data_dir=tmp_path / "new"), free_port())

    names = ["Python", "port", "database", "keys", "broker", "clock", "disk"]
    assert [finding.name for finding in found] == names
    assert {finding.state for finding in found} <= {"ok", "warn"}
    assert all(finding.remedy for finding in found if finding.state == "warn")


@pytest.mark.parametrize(("oldest", "newest"), [((3, 99), (4, 0)), ((3, 1), (3, 12))])
async def test_a_python_too_old_or_too_new(
    monkeypatch: pytest.MonkeyPatch, oldest: tuple[int, int], newest: tuple[int, int]
) -> None:
    monkeypatch.setattr(doctor, "OLDEST", oldest)
    monkeypatch.setattr(doctor, "NEWEST", newest)
    told(await doctor._python(), "Python", "make setup")


async def test_a_port_that_somebody_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = await doctor._port(Settings(data_dir=tmp_path), taken.getsockname()[1])
    told(finding, "port", "--port")


async def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (finding,) = await doctor._databases(Settings(data_dir=tmp_path / "file" / "data"))
    told(finding, "database", "FENGQIAO_DATA_DIR")


async def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    (finding,) = await doctor._databases(on_servers(tmp_path))
    told(finding, "database", "look at FENGQIAO_DATABASE_URL; `make postgres`")


async def test_each_database_of_a_service_and_those_that_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+asyncpg://fengqiao:geheim@127.0.0.1:{free_port()}/intake"
    monkeypatch.setenv("FENGQIAO_INTAKE_DATABASE_URL", url)
    own, *missing = await doctor._databases(on_servers(tmp_path, database_url=""))

    told(own, "database of intake", "look at FENGQIAO_INTAKE_DATABASE_URL;")
    for finding, name in zip(missing, OTHERS, strict=True):
        variable = f"FENGQIAO_{name.upper().replace('-', '_')}_DATABASE_URL"
        told(finding, f"database of {name}", variable)


@pytest.mark.postgres
@pytest.mark.slow
async def test_one_database_that_lacks_among_those_that_answer(
    tmp_path: Path, pg: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGQIAO_INTAKE_DATABASE_URL", pg.url("no_such_database"))
    settings = on_servers(tmp_path, database_url=pg.url())
    lacking, others = await doctor._databases(settings)

    told(lacking, "database of intake", "look at FENGQIAO_INTAKE_DATABASE_URL;")
    assert (others.name, others.state) == (f"database of {', '.join(OTHERS)}", "ok")
    assert others.found.startswith("PostgreSQL ")
    assert (await doctor._clock(settings)).state == "ok"


async def test_keys_that_are_not_there(tmp_path: Path) -> None:
    told(await doctor._keys(on_servers(tmp_path)), "keys", "fengqiao migrate --init-keys")
    init_keys(tmp_path / "keys")
    assert (await doctor._keys(on_servers(tmp_path))).state == "ok"
    (tmp_path / "keys" / "pii.json").unlink()
    told(await doctor._keys(Settings(data_dir=tmp_path)), "keys", "fengqiao migrate --init-keys")


@pytest.mark.parametrize("place", ["127.0.0.1:{port}", "no-port", "no.such.host.invalid:9092"])
async def test_a_broker_that_does_not_answer(tmp_path: Path, place: str) -> None:
    bootstrap = place.format(port=free_port())
    finding = await doctor._broker(on_servers(tmp_path, kafka_bootstrap=bootstrap))
    told(finding, "broker", "look at FENGQIAO_KAFKA_BOOTSTRAP; `make kafka`")


async def test_one_broker_of_several_that_answers_is_enough(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        places = f"127.0.0.1:{free_port()}, 127.0.0.1:{there.getsockname()[1]}"
        finding = await doctor._broker(on_servers(tmp_path, kafka_bootstrap=places))
    assert (finding.state, finding.remedy) == ("ok", "")


@asynccontextmanager
async def answering_at(moment: datetime) -> AsyncIterator[str]:
    """The address of a server whose clock stands at a moment."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        date = format_datetime(moment, usegmt=True)
        head = f"HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("minutes", "state"), [(-10, "bad"), (0, "ok"), (10, "bad")])
async def test_a_clock_that_differs_from_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, state: str
) -> None:
    async with answering_at(datetime.now(UTC) + timedelta(minutes=minutes)) as url:
        monkeypatch.setenv("FENGQIAO_URL", url)
        finding = await doctor._clock(Settings(data_dir=tmp_path))
    assert (finding.name, finding.state) == ("clock", state)
    assert ("NTP" in finding.remedy) is (state == "bad")


@pytest.mark.postgres
@pytest.mark.slow
async def test_the_worst_clock_of_all_databases_is_told(
    tmp_path: Path, pg: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `now` of its own, found before PostgreSQL's by the search path, stands for a wrong clock."""
    wrong = await pg.create_database()
    name = wrong.rpartition("/")[2]
    await pg.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog')
    database = Database(wrong, pool=1)
    await database.write(lambda conn: conn.exec_driver_sql(AN_HOUR_AGO))
    await database.close()
    monkeypatch.setenv("FENGQIAO_TRIAGE_DATABASE_URL", wrong)
    finding = await doctor._clock(on_servers(tmp_path, database_url=pg.url()))
    await pg.drop_database(wrong)

    told(finding, "clock", "NTP")
    assert finding.found.startswith("+3600")


async def test_a_clock_before_this_program_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_RELEASED", datetime.now(UTC) + timedelta(days=1))
    told(await doctor._clock(Settings(data_dir=tmp_path)), "clock", "NTP")


@pytest.mark.parametrize(("low", "none", "state"), [(1e9, 1e9, "bad"), (1e9, 0, "warn")])
async def test_a_disk_that_is_nearly_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, low: float, none: float, state: str
) -> None:
    monkeypatch.setattr(doctor, "LOW_DISK", low)
    monkeypatch.setattr(doctor, "NO_DISK", none)
    finding = await doctor._disk(Settings(data_dir=tmp_path / "not" / "yet"))
    assert (finding.name, finding.state) == ("disk", state)
    assert "FENGQIAO_DATA_DIR" in finding.remedy
