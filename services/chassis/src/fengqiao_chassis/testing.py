"""A harness for tests: services on a temporary file or on real servers, driven without sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from starlette.types import ASGIApp

from fengqiao_contracts.areas import areas
from fengqiao_contracts.facts import Fact

from . import auth
from .bus import codec
from .bus.received import Received
from .bus.stored import envelope_of
from .clock import SetClock
from .keys import init_keys, load_signer
from .runtime import Platform, migrate_all
from .service import Context, Service
from .settings import Settings
from .store import tables as t
from .store.session import ServiceDb
from .store.tx import Tx

_migrated: dict[tuple[str, ...], bytes] = {}
"""A migrated, empty SQLite file by the services in it: each test begins with a copy."""


class Harness:
    """Running services with a settable clock."""

    def __init__(self, platform: Platform, clock: SetClock) -> None:
        self.platform = platform
        self.clock = clock
        self.signer = load_signer(platform.settings.keys_path())
        self._clients: list[httpx.AsyncClient] = []

    @classmethod
    @asynccontextmanager
    async def embedded(
        cls,
        folder: Path,
        services: Sequence[Service],
        *,
        database_url: str = "",
        kafka: str = "",
        work: bool = True,
        **settings: Any,
    ) -> AsyncIterator[Harness]:
        """Services on SQLite in `folder`, or on PostgreSQL and Kafka where both are given."""
        chosen = Settings(
            data_dir=folder,
            database_url=database_url,
            kafka_bootstrap=kafka,
            test_mode=True,
            **settings,
        )
        init_keys(chosen.keys_path())
        await _migrate(chosen, services)
        clock = SetClock()
        async with Platform.start(chosen, services, clock=clock, work=work) as platform:
            harness = cls(platform, clock)
            try:
                yield harness
            finally:
                for client in harness._clients:
                    await client.aclose()

    def context(self, service: str) -> Context:
        """A service's context."""
        return self.platform.contexts[service]

    def app(self, service: str) -> ASGIApp:
        """A service's web application."""
        return self.platform.apps[service]

    def client(
        self,
        service: str,
        *,
        role: str = "city",
        areas: Sequence[str] = ("510100",),
        id: str | None = None,
        system: str | None = None,
        person: str | None = None,
        purpose: str | None = None,
        token: str | None = None,
    ) -> httpx.AsyncClient:
        """An HTTP client of a service with a token of the given caller (areas by code)."""
        paths = tuple(_path(a) for a in areas)
        who = auth.Principal(id or f"{role}-1", role, paths, system, person, purpose)
        proof = token or auth.mint(self.signer, who, service, int(time.time()) + 3600)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app(service), raise_app_exceptions=False),
            base_url=f"http://{service}",
            headers={"Authorization": f"Bearer {proof}"},
            timeout=60,
        )
        self._clients.append(client)
        return client

    async def state(self, service: str, fact: Fact, *, area: str = "/510100/") -> str:
        """State a fact as a service, whether it runs here or not."""
        db = self._db(service)

        async def work(tx: Tx) -> str:
            return tx.state(fact, area=area)

        return await db.batch(work)

    async def write[T](self, service: str, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run work in one transaction of a service, as a handler has it."""
        return await self._db(service).batch(work)

    def read(self, service: str) -> Any:
        """A read transaction of a service: `async with h.read("intake") as tx`."""
        return self._db(service).read()

    def _db(self, service: str) -> ServiceDb:
        if service in self.platform.running:
            return self.platform.running[service].context.db
        any_db = next(iter(self.platform.running.values())).context.db
        return ServiceDb(any_db.database, service, any_db.keys, self.clock)

    async def settle(self, seconds: float = 60) -> None:
        """Until every outbox is empty and every group is at the end, twice in a row."""
        deadline = time.monotonic() + seconds
        calm = 0
        while True:
            states = [await self.platform.status(name) for name in self.platform.running]
            calm = calm + 1 if all(s["settled"] for s in states) else 0
            if calm == 2:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"not settled: {states}")
            await asyncio.sleep(0.005 if calm else 0.03)

    async def tick(self) -> int:
        """Run everything that is due now; returns how many handlers ran."""
        return sum([await r.scheduler.tick() for r in self.platform.running.values()])

    async def facts(self, topic: str | None = None, *, pii: bool = True) -> list[Received[Any]]:
        """Every stated fact of the databases in use, in partition order, by log position."""
        found: list[Received[Any]] = []
        for database in self.platform.databases.values():
            async with database.read() as conn:
                query = select(t.outbox).order_by(t.outbox.c.partition, t.outbox.c.id)
                if topic is not None:
                    query = query.where(t.outbox.c.topic == topic)
                rows = (await conn.execute(query)).all()
            keys = next(iter(self.platform.running.values())).context.keys
            found += [codec.receive(envelope_of(row), keys, pii=pii) for row in rows]
        return found


async def _migrate(settings: Settings, services: Sequence[Service]) -> None:
    """`migrate_all`; a new SQLite file is a copy of the one that the same services migrated first."""
    address = settings.database_for(services[0].name)
    file = Path(address.removeprefix("sqlite+aiosqlite:///"))
    if not settings.embedded or file.exists():
        await migrate_all(settings, services)
        return
    key = tuple(service.package for service in services)
    if key in _migrated:
        file.write_bytes(_migrated[key])
        return
    await migrate_all(settings, services)
    _migrated[key] = file.read_bytes()


def _path(code: str) -> str:
    return code if code.startswith("/") else areas().path(code)
