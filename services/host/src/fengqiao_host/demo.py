"""`fengqiao demo`: the platform with a synthetic city, on one file or on the real servers."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.runtime import migrate_all, serve_http
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.telemetry import configure_logging
from fengqiao_contracts.errors import Invalid
from fengqiao_gateway.domain.accounts import NewAccount, check_password

from . import local, lockfile, remote
from .demo_city import ACCOUNTS, DemoCity, Place
from .demo_text import welcome
from .problems import CliProblem
from .processes import Fleet
from .public_api import DriveError
from .services import build_all
from .starting import check_port, prepare, running

HOST = "127.0.0.1"
FOLDER = Path(".data/demo")
FOLDER_SERVERS = Path(".data/demo-kafka")
Say = Callable[[str], None]


async def run_demo(port: int, say: Say) -> None:
    """Serve the demo until a signal ends it; raises CliProblem."""
    began = time.monotonic()
    settings = _settings()
    password = _password()
    configure_logging("ERROR")
    with lockfile.hold(settings.data_dir):
        check_port(HOST, port)
        await _make_store(settings, password)
        serving = _serving_embedded if settings.embedded else _serving_processes
        async with serving(settings, port) as ended:
            filling = asyncio.create_task(_fill(settings, port, password, began, say))
            await asyncio.wait({filling, ended}, return_when=asyncio.FIRST_COMPLETED)
            if filling.done():
                await filling
                await ended
            filling.cancel()
            with suppress(asyncio.CancelledError):
                await filling


def _settings() -> Settings:
    settings = Settings().check()
    if "FENGQIAO_DATA_DIR" in os.environ:
        return settings
    folder = FOLDER if settings.embedded else FOLDER_SERVERS
    os.environ["FENGQIAO_DATA_DIR"] = str(folder.absolute())
    return Settings().check()


def _password() -> str:
    """FENGQIAO_DEMO_PASSWORD, or a random one; it must do for each of the accounts."""
    given = os.environ.get("FENGQIAO_DEMO_PASSWORD", "")
    while True:
        password = given or secrets.token_urlsafe(9)
        try:
            for name in ACCOUNTS:
                check_password(password, name)
        except Invalid as refused:
            if given:
                raise CliProblem(
                    f"FENGQIAO_DEMO_PASSWORD：{refused.zh}", f"FENGQIAO_DEMO_PASSWORD: {refused.en}"
                ) from refused
            continue
        return password


async def _make_store(settings: Settings, password: str) -> None:
    """Tables, keys and the account `city`, which makes everything else by the public API."""
    if settings.embedded:
        await prepare(settings)
    else:
        init_keys(settings.keys_path())
    await migrate_all(settings, build_all())
    async with local.gateway_store(settings) as db:
        new = NewAccount("city", ACCOUNTS["city"], "city", (settings.city,))
        await local.ensure_account(db, new, password)


@asynccontextmanager
async def _serving_embedded(settings: Settings, port: int) -> AsyncIterator[asyncio.Task[None]]:
    async with running(settings) as platform:
        task = asyncio.create_task(serve_http(platform.apps["gateway"], HOST, port))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _serving_processes(settings: Settings, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """Seven processes; ends when one of them ends or a signal asks for it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    fleet = Fleet(port, settings.data_dir / "logs", {"FENGQIAO_DEMO": "1"})
    fleet.start()
    watching = asyncio.create_task(_watch(fleet, stop))
    try:
        yield watching
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asyncio.to_thread(fleet.stop)


async def _watch(fleet: Fleet, stop: asyncio.Event) -> None:
    while not stop.is_set():
        fleet.check()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)


async def _fill(settings: Settings, port: int, password: str, began: float, say: Say) -> None:
    """Make the city by the public API; what comes first is what one looks at first."""
    base = f"http://{HOST}:{port}/v1"
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(
        base_url=base, timeout=60, trust_env=False, limits=limits
    ) as client:
        await remote.wait_ready(client)
        demo = DemoCity(client, password, Place(settings.data_dir))
        await demo.open(settings.city)
        await demo.first()
        seconds = time.monotonic() - began
        say(welcome(f"http://{HOST}:{port}", password, demo.example, seconds))
        try:
            say(await demo.rest())
        except (httpx.HTTPError, CliProblem, DriveError) as failed:
            await asyncio.sleep(1)  # a platform that is ending by itself ends this too
            say(
                f"后续案件未能全部登记：{failed}；重新运行 demo 会接着做 · the rest of the cases stopped: "
                "run the demo again, it goes on where it stopped"
            )
