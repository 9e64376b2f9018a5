"""Services running: databases, consumers, relays and schedulers, in one process or one each."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, override

import uvicorn
from sqlalchemy import func, select
from starlette.types import ASGIApp

from . import auth
from .audit import Sealer
from .bus.consumer import Consumer
from .bus.port import Reader, Relay
from .bus.relay import of_service
from .bus.sql import SqlReader
from .clock import Clock
from .keys import Keyring, init_keys, load_signer, load_verifiers
from .profile import sampled
from .schedule import Scheduler
from .schema import check_schema
from .service import Context, Service
from .settings import Settings
from .store import tables as t
from .store.database import Database
from .store.session import ServiceDb
from .telemetry import OUTBOX_AGE, OUTBOX_ROWS, WAITING
from .upstream import InProcessUpstream, Upstream
from .web.app import create_app

if TYPE_CHECKING:
    from .upstream_http import HttpUpstream

ENDING = (signal.SIGTERM, signal.SIGINT)


async def migrate_all(settings: Settings, services: Sequence[Service]) -> list[str]:
    """Bring every service's tables to this code's version; returns what was done."""
    from .migrate import migrate  # Alembic stays out of the memory of a serving process

    done: list[str] = []
    for url in dict.fromkeys(settings.database_for(s.name) for s in services):
        mine = [s for s in services if settings.database_for(s.name) == url]
        done += await migrate(url, [(s.name, s.package) for s in mine])
    if settings.kafka_bootstrap:
        from .bus.admin import create_topics

        await create_topics(settings.kafka_bootstrap, settings.topic_prefix)
    return done


@dataclass
class Running:
    """One running service."""

    service: Service
    context: Context
    consumer: Consumer | None
    relay: Relay | None
    scheduler: Scheduler


@dataclass
class Platform:
    """The services of this process."""

    settings: Settings
    clock: Clock
    running: dict[str, Running] = field(default_factory=dict)
    apps: dict[str, ASGIApp] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _http: HttpUpstream | None = None

    @property
    def contexts(self) -> dict[str, Context]:
        """Each service's context by name."""
        return {name: r.context for name, r in self.running.items()}

    def database(self, service: str) -> Database:
        """The database of a service."""
        return self.databases[self.settings.database_for(service)]

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        settings: Settings,
        services: Sequence[Service],
        *,
        clock: Clock | None = None,
        work: bool = True,
    ) -> AsyncIterator[Platform]:
        """Run services: one process on SQLite (all of them), or some on PostgreSQL and Kafka.

        `work=False` gives contexts only (for the CLI): no consumer, relay or scheduler.
        """
        settings.check()
        platform = cls(settings, clock or Clock())
        keys_path = settings.keys_path()
        if settings.embedded:
            init_keys(keys_path)
        keys = Keyring.load(keys_path / "pii.json")
        async with AsyncExitStack() as stack:
            stack.enter_context(sampled(settings.profile if work else None))
            await platform._check_schemas(services)
            for service in services:
                await platform._open(service, keys, stack)
            platform._connect(services)
            if work:
                await platform._work(stack)
            try:
                yield platform
            finally:
                await platform._stop()

    async def _check_schemas(self, services: Sequence[Service]) -> None:
        for url in dict.fromkeys(self.settings.database_for(s.name) for s in services):
            mine = [s for s in services if self.settings.database_for(s.name) == url]
            await check_schema(url, [(s.name, s.package) for s in mine])

    async def _open(self, service: Service, keys: Keyring, stack: AsyncExitStack) -> None:
        url = self.settings.database_for(service.name)
        if url not in self.databases:
            self.databases[url] = Database(url, queue=self.settings.command_queue)
            stack.push_async_callback(self.databases[url].close)
            await self.databases[url].open()
        db = ServiceDb(self.databases[url], service.name, keys, self.clock)
        verifiers = load_verifiers(self.settings.keys_path())
        context = Context(
            service.name,
            db,
            self.clock,
            keys,
            self.settings,
            verifier=auth.Verifier(verifiers, service.name),
            signer=load_signer(self.settings.keys_path()) if service.name == "gateway" else None,
        )
        consumer = None
        if service.subscriptions is not None:
            consumer = Consumer(
                db,
                self._reader(service, db),
                service.subscriptions,
                batch_size=self.settings.batch_size,
            )
            context.replay_parked = consumer.replay_parked
        scheduler = Scheduler(db, {s.kind: s.handler for s in service.schedules})
        self.running[service.name] = Running(service, context, consumer, self._relay(db), scheduler)
        context.status = lambda name=service.name: self.status(name)

    def _reader(self, service: Service, db: ServiceDb) -> Reader:
        topics = service.subscriptions.topics if service.subscriptions else ()
        if self.settings.embedded:
            return SqlReader(db.database, topics)
        from .bus.kafka import KafkaReader

        return KafkaReader(
            self.settings.kafka_bootstrap, service.name, topics, self.settings.topic_prefix
        )

    def _relay(self, db: ServiceDb) -> Relay | None:
        if self.settings.embedded:
            return None
        from .bus.kafka import KafkaPublisher
        from .bus.relay import KafkaRelay

        return KafkaRelay(
            db, KafkaPublisher(self.settings.kafka_bootstrap, self.settings.topic_prefix)
        )

    def _connect(self, services: Sequence[Service]) -> None:
        """Give the gateway its way to the services, and build the web applications."""
        if "gateway" in self.running:
            self.running["gateway"].context.upstream = self._upstream()
        for service in services:
            self.apps[service.name] = create_app(self.running[service.name].context, service)

    def _upstream(self) -> Upstream:
        if self.settings.embedded:
            return InProcessUpstream(self.apps)
        from .upstream_http import HttpUpstream  # only the gateway's process holds an HTTP client

        self._http = HttpUpstream()
        return self._http

    async def _work(self, stack: AsyncExitStack) -> None:
        if self.settings.kafka_bootstrap:
            from .bus.admin import check_topics

            await check_topics(self.settings.kafka_bootstrap, self.settings.topic_prefix)
        for running in self.running.values():
            startup = running.service.startup
            if startup is not None:
                await running.context.db.batch(startup)
            if running.consumer is not None:
                await running.consumer.start()
                self._spawn(running.consumer.run())
            if running.relay is not None:
                self._spawn(running.relay.run())
            self._spawn(running.scheduler.run())
            self._spawn(Sealer(running.context.db).run())
            if running.service.lifespan is not None:
                await stack.enter_async_context(running.service.lifespan(running.context))

    def _spawn(self, work: Any) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def _stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for running in self.running.values():
            if running.consumer is not None:
                await running.consumer.reader.close()
            if running.relay is not None:
                await running.relay.close()
        if self._http is not None:
            await self._http.close()

    async def status(self, name: str) -> dict[str, Any]:
        """`{settled, outbox, lag, parked, waiting}` of one service; also refreshes its gauges."""
        running = self.running[name]
        group = (
            await running.consumer.status()
            if running.consumer is not None
            else {"lag": 0, "parked": 0, "stopped": ""}
        )
        async with running.context.db.read() as tx:
            outbox = 0 if running.relay is None else await _unsent(tx, running.context)
            waiting = await running.service.waiting(tx) if running.service.waiting else 0
        WAITING.labels(service=name).set(waiting)
        return {
            "settled": outbox == 0 and group["lag"] == 0,
            "outbox": outbox,
            "lag": group["lag"],
            "parked": group["parked"],
            "waiting": waiting,
            "stopped": group["stopped"],
            "ready": running.consumer.ready if running.consumer else True,
        }


async def _unsent(tx: Any, context: Context) -> int:
    """Facts of a service above `acked`, and the age of the oldest."""
    own = of_service(t.positions.c.source, context.name)
    rows = await tx.scalar(
        select(func.coalesce(func.sum(t.positions.c.position - t.positions.c.acked), 0)).where(own)
    )
    OUTBOX_ROWS.labels(service=context.name).set(int(rows))
    if not rows:
        OUTBOX_AGE.labels(service=context.name).set(0)
    return int(rows)


class _Server(uvicorn.Server):
    """Ends the serving at SIGTERM or SIGINT, and not the process.

    uvicorn raises the signal again when it has stopped: no member would leave its group, no lease
    would be let go, and others would wait for the end of both.
    """

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in ENDING}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


async def serve_http(
    app: ASGIApp, host: str, port: int, *, ready: asyncio.Event | None = None
) -> None:
    """Serve until SIGTERM, SIGINT or cancellation; forwarded headers are never believed here."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while ready is not None and not server.started and not task.done():
        await asyncio.sleep(0.02)
    if ready is not None:
        ready.set()
    await task
