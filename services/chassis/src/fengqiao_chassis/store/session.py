"""A service's door to its database: opens transactions and writes their facts, audit and due work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import and_, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ..bus import outbox
from ..clock import Clock
from ..keys import Keyring
from ..profile import STAGE
from . import tables as t
from .database import BATCH, COMMAND, Database
from .sql import upsert
from .tx import ReadTx, Tx


class ServiceDb:
    """Transactions of one service. Nobody else opens or commits one."""

    def __init__(self, database: Database, service: str, keys: Keyring, clock: Clock) -> None:
        self.database = database
        self.service = service
        self.source = outbox.source_of(service)
        self.keys = keys
        self.clock = clock

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        """A read transaction."""
        async with self.database.read() as conn:
            yield ReadTx(conn, self.service, self.keys, self.clock.now())

    async def command[T](
        self,
        work: Callable[[Tx], Awaitable[T]],
        *,
        actor: str,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> T:
        """Run a person's command; it goes before batches."""
        return await self._write(work, COMMAND, actor, correlation, traceparent)

    async def batch[T](self, work: Callable[[Tx], Awaitable[T]], *, actor: str | None = None) -> T:
        """Run a batch of facts or scheduled work."""
        return await self._write(work, BATCH, actor or self.service, None, None)

    async def write[T](self, work: Callable[[Tx], Awaitable[T]], *, actor: str | None = None) -> T:
        """Run the service's own write outside a command and outside a batch."""
        return await self._write(work, COMMAND, actor or self.service, None, None)

    async def _write[T](
        self,
        work: Callable[[Tx], Awaitable[T]],
        priority: int,
        actor: str,
        correlation: str | None,
        traceparent: str | None,
    ) -> T:
        after: list[Callable[[], None]] = []
        stated = 0

        stage = f"{self.service}: {'commands' if priority == COMMAND else 'facts'}"

        async def inside(conn: AsyncConnection) -> Any:
            STAGE.set(stage)  # the embedded store's writer is a task of its own
            tx = Tx(
                conn,
                self.service,
                self.keys,
                self.clock,
                actor=actor,
                correlation=correlation,
                traceparent=traceparent,
            )
            result = await work(tx)
            nonlocal stated
            stated = await self.finish(tx)
            after[:] = tx.pending.after
            return result

        result: T = await self.database.write(inside, priority=priority)
        if stated:
            self.database.notify()
        for fn in after:
            fn()
        return result

    async def finish(self, tx: Tx) -> int:
        """Write what a transaction gathered: due work, audit entries and, last, its facts.

        Returns the number of facts.
        """
        pending = tx.pending
        if pending.dues:
            await _write_dues(tx)
        if pending.audits:
            await tx.run(insert(t.audit), pending.audits)
        return await outbox.flush(tx, self.source)


async def _write_dues(tx: Tx) -> None:
    last = {(d.kind, d.subject): d for d in tx.pending.dues}
    rows = [
        {
            "service": tx.service,
            "kind": d.kind,
            "subject": d.subject,
            "due_at": d.at,
            "data": d.data,
        }
        for d in last.values()
        if d.at is not None
    ]
    keys = ("service", "kind", "subject")
    await tx.run(upsert(t.due, keys, update=("due_at", "data")), rows)
    for gone in (d for d in last.values() if d.at is None):
        await tx.run(
            delete(t.due).where(
                and_(
                    t.due.c.service == tx.service,
                    t.due.c.kind == gone.kind,
                    t.due.c.subject == gone.subject,
                )
            )
        )
