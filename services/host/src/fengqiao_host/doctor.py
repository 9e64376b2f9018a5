"""What `fengqiao doctor` looks at: each finding says what is there and what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import httpx
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from fengqiao_chassis.settings import Settings, SettingsError, own_databases, own_variable
from fengqiao_chassis.store.database import Database

from . import lockfile, remote
from .problems import CliProblem
from .services import NAMES
from .starting import check_port

State = Literal["ok", "warn", "bad"]
OLDEST, NEWEST = (3, 12), (3, 15)
LOW_DISK, NO_DISK = 5.0, 1.0
"""Gigabytes: below the first it warns, below the second writing is refused (507)."""
MAX_SKEW = 5.0
_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `remedy` is empty where nothing is to do."""

    name: str
    state: State
    found: str
    remedy: str = ""


async def examine(settings: Settings, port: int) -> list[Finding]:
    """All findings, in the order in which they should be mended."""
    return [
        await _python(),
        await _port(settings, port),
        *await _databases(settings),
        await _keys(settings),
        await _broker(settings),
        await _clock(settings),
        await _disk(settings),
    ]


async def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= sys.version_info[:2] < NEWEST:
        return Finding("Python", "ok", found)
    return Finding(
        "Python", "bad", found, "需要 3.12–3.14：make setup · needs 3.12-3.14: make setup"
    )


async def _port(settings: Settings, port: int) -> Finding:
    if lockfile.held(settings.data_dir):
        return Finding("port", "ok", f"{settings.data_dir} is running")
    try:
        check_port("127.0.0.1", port)
    except CliProblem as taken:
        return Finding("port", "bad", str(port), str(taken))
    return Finding("port", "ok", f"{port} is free")


async def _databases(settings: Settings) -> list[Finding]:
    """Each database once, with the services on it; and the services that have none."""
    if settings.embedded:
        return [_sqlite(settings)]
    places, findings = _places(settings)
    return [*await asyncio.gather(*(_database(*place) for place in places.items())), *findings]


def _places(settings: Settings) -> tuple[dict[str, list[str]], list[Finding]]:
    """The services by the address of their database, and a finding for each that has none."""
    places: dict[str, list[str]] = {}
    findings: list[Finding] = []
    for service in NAMES:
        try:
            places.setdefault(settings.database_for(service), []).append(service)
        except SettingsError as unset:
            findings.append(Finding(f"database of {service}", "bad", "none", str(unset)))
    return places, findings


async def _database(url: str, services: Sequence[str]) -> Finding:
    """Whether a database answers; its address may hold a password and is not shown."""
    all_of_them = len(services) == len(NAMES)
    name = "database" if all_of_them else f"database of {', '.join(services)}"
    own = [variable for variable in map(own_variable, services) if variable in own_databases()]
    variable = ", ".join(own) or "FENGQIAO_DATABASE_URL"
    database = Database(url, pool=1)
    try:
        async with asyncio.timeout(5), database.read() as connection:
            version = (await connection.execute(text("SHOW server_version"))).scalar()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return Finding(
            name,
            "bad",
            type(error).__name__,
            f"检查 {variable}；本机可用 make postgres · look at {variable}; "
            "`make postgres` starts one here",
        )
    finally:
        await database.close()
    return Finding(name, "ok", f"PostgreSQL {version}")


def _sqlite(settings: Settings) -> Finding:
    folder = settings.data_dir
    path = Path(settings.database_for("gateway").partition("///")[2])
    if path.exists():
        size = path.stat().st_size / 1e6
        return Finding("database", "ok", f"{path} ({size:.0f} MB)")
    nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Finding(
            "database",
            "bad",
            f"{nearest} is no folder to write into",
            "请用 FENGQIAO_DATA_DIR 指定可写的目录 · name a folder to write into by FENGQIAO_DATA_DIR",
        )
    return Finding("database", "ok", "none yet", "首次启动时自动建立 · the first start makes it")


async def _keys(settings: Settings) -> Finding:
    folder = settings.keys_path()
    files = [name for name in ("pii.json", "jwks.json") if not (folder / name).exists()]
    if not files:
        return Finding("keys", "ok", str(folder))
    if settings.embedded and len(files) == 2:
        return Finding("keys", "ok", "none yet", "首次启动时自动建立 · the first start makes them")
    return Finding(
        "keys", "bad", f"no {', '.join(files)} in {folder}", "fengqiao migrate --init-keys"
    )


async def _broker(settings: Settings) -> Finding:
    if not settings.kafka_bootstrap:
        return Finding("broker", "ok", "not needed (one process)")
    for place in settings.kafka_bootstrap.split(","):
        host, _, port = place.strip().rpartition(":")
        try:
            async with asyncio.timeout(3):
                _, writer = await asyncio.open_connection(host, int(port))
        except (OSError, TimeoutError, ValueError):
            continue
        writer.close()
        return Finding("broker", "ok", place.strip())
    return Finding(
        "broker",
        "bad",
        f"{settings.kafka_bootstrap} does not answer",
        "检查 FENGQIAO_KAFKA_BOOTSTRAP；本机可用 make kafka · look at FENGQIAO_KAFKA_BOOTSTRAP; "
        "`make kafka` starts one here",
    )


async def _clock(settings: Settings) -> Finding:
    """The own clock against the database server's or the running gateway's, where there is one."""
    remedy = "请用 NTP 校时 · set the clock by NTP: terms and signatures depend on it"
    if datetime.now(UTC) < _RELEASED:
        return Finding("clock", "bad", f"{datetime.now(UTC):%F}", remedy)
    skew = await _database_skew(settings) if not settings.embedded else await _gateway_skew()
    if skew is not None and abs(skew) > MAX_SKEW:
        return Finding("clock", "bad", f"{skew:+.1f} s from the server", remedy)
    zone = time.strftime("%Z")
    told = "" if skew is None else f", {skew:+.1f} s from the server"
    return Finding("clock", "ok", f"{datetime.now(UTC):%F %T} UTC ({zone}){told}")


async def _database_skew(settings: Settings) -> float | None:
    """The largest difference to any of the databases that answer."""
    found = await asyncio.gather(*map(_skew_of, _places(settings)[0]))
    return max((skew for skew in found if skew is not None), key=abs, default=None)


async def _skew_of(url: str) -> float | None:
    database = Database(url, pool=1)
    try:
        async with asyncio.timeout(5), database.read() as connection:
            there: datetime = (await connection.execute(text("SELECT now()"))).scalar_one()
    except (SQLAlchemyError, OSError, TimeoutError):
        return None
    finally:
        await database.close()
    return (datetime.now(UTC) - there).total_seconds()


async def _gateway_skew() -> float | None:
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        try:
            response = await client.get(f"{remote.address()}/healthz")
        except httpx.TransportError:
            return None
    if "date" not in response.headers:
        return None
    there = parsedate_to_datetime(response.headers["date"])
    whole = (datetime.now(UTC) - there).total_seconds()
    return 0.0 if 0 <= whole < 2 else whole


async def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    nearest = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(nearest).free / 1e9
    remedy = "请清理或扩容 · free some space, or move FENGQIAO_DATA_DIR"
    state: State = "ok" if free >= LOW_DISK else "warn" if free >= NO_DISK else "bad"
    return Finding("disk", state, f"{free:.1f} GB free", "" if state == "ok" else remedy)
