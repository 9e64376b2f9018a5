"""Sending webhooks: one task per webhook, so that a dead receiver delays no other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from standardwebhooks import Webhook as Signer

from fengqiao_chassis.crash import crash_point
from fengqiao_chassis.store import SYSTEM, ReadTx, Tx

from ..handlers.webhooks import Sending, due_sendings, note_answer
from ..settings import Settings
from ..store import webhooks as store
from .outbound import Outbound

LEASE = timedelta(seconds=10)
"""So long the deliveries of a sender that was killed wait for the next."""
_IDLE, _LETTING_GO = 1.0, 2.0
log = structlog.get_logger()


class Database(Protocol):
    """What the sender needs of the store."""

    def read(self) -> AbstractAsyncContextManager[ReadTx]: ...

    async def write[T](self, work: Callable[[Tx], Awaitable[T]]) -> T: ...


class Sender:
    """Keeps a task for every active webhook; the tasks share nothing but the store."""

    def __init__(
        self, db: Database, settings: Settings, outbound: Outbound, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._settings = settings
        self._outbound = outbound
        self._clock = clock
        self._name = f"{os.getpid()}-{random.getrandbits(48):012x}"
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There may be something to send."""
        self._news.set()
        for event in self._wakes.values():
            event.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _IDLE)
                self._news.clear()
                try:
                    await self._match_tasks()
                except Exception:
                    log.exception("webhooks.trouble")
                    await asyncio.sleep(_IDLE)
        finally:
            await self._stop(list(self._tasks))

    async def _match_tasks(self) -> None:
        async with self._db.read() as tx:
            active = {row.id for row in await store.active_webhooks(tx, SYSTEM)}
        await self._stop([hook for hook in self._tasks if hook not in active])
        for hook in active - self._tasks.keys():
            self._wakes[hook] = asyncio.Event()
            self._tasks[hook] = asyncio.create_task(self._serve(hook), name=f"webhook {hook}")

    async def _stop(self, hooks: list[str]) -> None:
        tasks = [self._tasks.pop(hook) for hook in hooks]
        for hook in hooks:
            self._wakes.pop(hook, None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, hook: str) -> None:
        """Sends one webhook's deliveries, some cases at a time, while this process has its lease."""
        wake, running = self._wakes[hook], dict[int, asyncio.Task[None]]()
        lease_ends = datetime.min.replace(tzinfo=UTC)
        try:
            while True:
                wake.clear()
                try:
                    if lease_ends - self._clock() < LEASE / 2:
                        lease_ends = await self._take_lease(hook)
                    if lease_ends > self._clock():
                        await self._start_due(hook, running)
                except Exception:
                    log.exception("webhook.trouble", webhook=hook)
                    await asyncio.sleep(_IDLE)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), _IDLE)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)
            await self._drop_lease(hook)

    async def _drop_lease(self, hook: str) -> None:
        """Let the next sender begin at once; where that fails it begins when the lease has ended."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_LETTING_GO):
                await self._db.write(lambda tx: store.drop_lease(tx, hook, self._name))

    async def _take_lease(self, hook: str) -> datetime:
        until = self._clock() + LEASE
        taken = await self._db.write(lambda tx: store.take_lease(tx, hook, self._name, until))
        return until if taken else datetime.min.replace(tzinfo=UTC)

    async def _start_due(self, hook: str, running: dict[int, asyncio.Task[None]]) -> None:
        free = self._settings.webhook_parallel - len(running)
        if free <= 0:
            return
        busy = set(running)  # as it was before the read: what ends meanwhile looks pending in it
        async with self._db.read() as tx:
            due = await due_sendings(tx, hook, self._settings.webhook_parallel + len(busy))
        for sending in [s for s in due if s.seq not in busy][:free]:
            task = asyncio.create_task(self._attempt(hook, sending))
            running[sending.seq] = task
            task.add_done_callback(partial(self._ended, hook, running, sending.seq))

    def _ended(
        self, hook: str, running: dict[int, asyncio.Task[None]], seq: int, task: asyncio.Task[None]
    ) -> None:
        running.pop(seq, None)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("webhook.unmarked", webhook=hook, problem=type(problem).__name__)
        elif hook in self._wakes:
            self._wakes[hook].set()

    async def _attempt(self, hook: str, sending: Sending) -> None:
        headers = sign(sending, datetime.now(UTC))
        answer = await self._outbound.post(sending.url, headers, sending.payload.encode())
        if answer.status is not None and 200 <= answer.status < 300:
            crash_point("webhook.after_2xx", "gateway")
        pauses, jitter = self._settings.webhook_pauses, random.random()  # noqa: S311 -- spreads load
        await self._db.write(lambda tx: note_answer(tx, hook, sending, answer, pauses, jitter))


def sign(sending: Sending, now: datetime) -> dict[str, str]:
    """The Standard Webhooks headers of an attempt, with a signature by each living secret."""
    signatures = [
        Signer(secret).sign(sending.id, now, sending.payload) for secret in sending.secrets
    ]
    return {
        "content-type": "application/json",
        "user-agent": "fengqiao-webhooks/1",
        "webhook-id": sending.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
