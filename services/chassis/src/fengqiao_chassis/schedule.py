"""Scheduled work: claims rows of `bus_due` and runs their handlers, each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select, update

from .store import tables as t
from .store.session import ServiceDb
from .store.tx import ReadTx, Tx
from .telemetry import logger

Handler = Callable[[Tx, str, Any], Awaitable[None]]
"""`handler(tx, subject, data)`; may run twice, of which one is rolled back: it changes nothing but `tx`."""

CHUNK = 50
ROUNDS = 200
LONGEST_PAUSE = timedelta(minutes=5)


class Scheduler:
    """Runs due work of one service. Several may run beside each other: a row is claimed by its delete."""

    def __init__(
        self, db: ServiceDb, schedules: Mapping[str, Handler], *, interval: float = 0.5
    ) -> None:
        """`interval` is in seconds; kinds without a handler are left alone."""
        self.db = db
        self.schedules = dict(schedules)
        self.interval = interval
        self._failures: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """Look for due work until cancelled."""
        while self.schedules:
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001 - a lost database must not end the loop
                logger(self.db.service).warning("schedule-failed", error=type(error).__name__)
            await asyncio.sleep(self.interval)

    async def tick(self) -> int:
        """Do all that is due now; returns how many handlers ran and committed."""
        done = 0
        for _ in range(ROUNDS):
            async with self.db.read() as tx:
                rows = await tx.all(_due(tx, self.schedules))
            if not rows:
                break
            done += await self._chunk(rows)
            if len(rows) < CHUNK:
                break
        return done

    async def _chunk(self, rows: Sequence[Row[Any]]) -> int:
        """One transaction for all; when one fails, one transaction each, so it takes only itself back."""
        try:
            done = await self.db.batch(self._claim)
        except Exception:  # noqa: BLE001 - found again, and logged, one by one
            return sum([await self._alone(row) for row in rows])
        for row in rows:
            self._failures.pop((row.kind, row.subject), None)
        return done

    async def _claim(self, tx: Tx) -> int:
        return await self._perform(tx, await tx.all(_due(tx, self.schedules, lock=True)))

    async def _alone(self, row: Row[Any]) -> int:
        async def work(tx: Tx) -> int:
            return await self._perform(tx, [row])

        try:
            done = await self.db.batch(work)
        except Exception as error:  # noqa: BLE001 - any failure: keep the row, later again
            await self._push(row, error)
            return 0
        self._failures.pop((row.kind, row.subject), None)
        return done

    async def _perform(self, tx: Tx, rows: Sequence[Row[Any]]) -> int:
        done = 0
        for row in rows:
            if _overruled(tx, row) or not await tx.run(delete(t.due).where(_same(tx, row))):
                continue
            await self.schedules[row.kind](tx, row.subject, row.data)
            done += 1
        return done

    async def _push(self, row: Row[Any], error: Exception) -> None:
        """Put a failed row off: 1 s, 2 s, 4 s ... at most 5 min."""
        key = (row.kind, row.subject)
        count = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(timedelta(seconds=2 ** min(count - 1, 20)), LONGEST_PAUSE)
        logger(self.db.service).warning(
            "schedule-handler-failed",
            kind=row.kind,
            error=type(error).__name__,
            attempt=count,
            again_in_s=pause.total_seconds(),
        )

        async def work(tx: Tx) -> int:
            return await tx.run(
                update(t.due).where(_same(tx, row)).values(due_at=max(tx.now, row.due_at) + pause)
            )

        await self.db.batch(work)


def _due(tx: ReadTx, kinds: Mapping[str, Handler], *, lock: bool = False) -> Any:
    found = (
        select(t.due.c.kind, t.due.c.subject, t.due.c.due_at, t.due.c.data)
        .where(t.due.c.service == tx.service, t.due.c.kind.in_(list(kinds)), _until(tx.now))
        .order_by(t.due.c.due_at, t.due.c.kind, t.due.c.subject)
        .limit(CHUNK)
    )
    return found.with_for_update(skip_locked=True) if lock else found


def _until(now: datetime) -> ColumnElement[bool]:
    return t.due.c.due_at <= now


def _same(tx: ReadTx, row: Row[Any]) -> ColumnElement[bool]:
    """The row as it was seen: one that was put off or replaced since is another."""
    return and_(
        t.due.c.service == tx.service,
        t.due.c.kind == row.kind,
        t.due.c.subject == row.subject,
        t.due.c.due_at == row.due_at,
    )


def _overruled(tx: Tx, row: Row[Any]) -> bool:
    """Whether an earlier handler of this transaction replaced this row or took it away."""
    return any((d.kind, d.subject) == (row.kind, row.subject) for d in tx.pending.dues)
