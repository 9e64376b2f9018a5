"""Starting every service in one process: the lock, the first start, the first account."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fengqiao_chassis.keys import init_keys
from fengqiao_chassis.runtime import Platform, migrate_all, serve_http
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.telemetry import configure_logging
from fengqiao_gateway.handlers.accounts import has_accounts

from . import lockfile
from .local import has_store
from .problems import CliProblem
from .services import build_all

Say = Callable[[str], None]


async def serve_embedded(settings: Settings, host: str, port: int, say: Say) -> None:
    """Serve the platform until a signal ends it; raises CliProblem for a taken port or folder."""
    configure_logging(settings.log_level)
    with lockfile.hold(settings.data_dir):
        check_port(host, port)
        async with running(settings) as platform:
            await _say_first_account(platform, say)
            say(f"枫桥 · Fengqiao: http://{host}:{port}  docs: http://{host}:{port}/docs")
            await serve_http(platform.apps["gateway"], host, port)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Platform]:
    """The platform on one SQLite file; a store that is not there yet is made first."""
    await prepare(settings)
    async with Platform.start(settings, build_all()) as platform:
        yield platform


async def prepare(settings: Settings) -> None:
    """Make keys and store of a new data folder; an existing store is left as it is."""
    if has_store(settings):
        return
    init_keys(settings.keys_path())
    await migrate_all(settings, build_all())


def check_port(host: str, port: int) -> None:
    """Raise CliProblem where the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CliProblem(
                f"端口 {port} 不可用：请停止占用它的程序，或用 --port 换一个",
                f"port {port} of {host} cannot be had ({error.strerror}): stop what uses it, "
                "or choose another with --port",
            ) from error


async def _say_first_account(platform: Platform, say: Say) -> None:
    async with platform.contexts["gateway"].db.read() as tx:
        if await has_accounts(tx):
            return
    say(
        "还没有账户。请停止后运行 · there is no account yet; stop this and run\n"
        "  fengqiao account create admin --role admin --name 管理员\n"
    )
