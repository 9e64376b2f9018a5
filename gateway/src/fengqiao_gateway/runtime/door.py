"""All that the gateway's routes and tasks share in one process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fengqiao_chassis.service import Context

from ..handlers.accounts import has_accounts
from ..handlers.facts import drop_old_facts
from ..handlers.housekeeping import drop_old_rows
from ..settings import Settings
from .console import Console
from .forwarder import Forwarder
from .gate import Gate
from .hub import Hub
from .limiter import Limiter
from .outbound import Outbound
from .sender import Sender
from .whole import Whole

_PRUNE_EVERY, _PRUNE_CHUNK = 600.0, 2000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Door:
    """The parts, built once from a Context."""

    ctx: Context
    settings: Settings
    gate: Gate
    limiter: Limiter
    hub: Hub
    sender: Sender
    outbound: Outbound
    forwarder: Forwarder
    whole: Whole
    console: Console


class Bells:
    """Rung by fact handlers after their commit; they are bound before the door exists."""

    def __init__(self) -> None:
        self.door: Door | None = None

    def ring(self) -> None:
        """There are new facts, and perhaps new deliveries."""
        if self.door is not None:
            self.door.hub.wake()
            self.door.sender.wake()


def build_door(ctx: Context, settings: Settings) -> Door:
    """Binds the parts to one another."""
    limiter = Limiter(settings)
    outbound = Outbound(settings.allowed_targets(), settings.webhook_timeout)
    if ctx.upstream is None:
        raise RuntimeError("the gateway needs a way to the services")
    forwarder = Forwarder(
        ctx.upstream, ctx.mint, ctx.settings.max_body_bytes, ctx.settings.max_import_bytes
    )
    return Door(
        ctx=ctx,
        settings=settings,
        gate=Gate(ctx.db.read, limiter, settings, ctx.now),
        limiter=limiter,
        hub=Hub(ctx.db.read, settings, ctx.now),
        sender=Sender(ctx.db, settings, outbound, ctx.now),
        outbound=outbound,
        forwarder=forwarder,
        whole=Whole(forwarder),
        console=Console(),
    )


@contextlib.asynccontextmanager
async def running(door: Door) -> AsyncIterator[None]:
    """The hub, the senders and the pruning, while the service runs."""
    async with door.ctx.db.read() as tx:
        if not await has_accounts(tx):
            log.warning("no_accounts", remedy="fengqiao account create --role admin <username>")
    tasks = [
        asyncio.create_task(door.hub.run(), name="gateway stream"),
        asyncio.create_task(door.sender.run(), name="gateway webhooks"),
        asyncio.create_task(_prune(door), name="gateway pruning"),
    ]
    try:
        yield
    finally:
        door.hub.close_all("stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await door.outbound.close()


async def _prune(door: Door) -> None:
    """Drops what is no longer kept, in small transactions."""
    keep_for = timedelta(days=door.settings.keep_facts_days)
    keep_sent = timedelta(days=door.settings.keep_deliveries_days)
    while True:
        try:
            dropped = _PRUNE_CHUNK
            while dropped == _PRUNE_CHUNK:
                dropped = await door.ctx.db.write(
                    lambda tx: drop_old_facts(tx, keep_for, door.settings.keep_facts, _PRUNE_CHUNK)
                )
            await door.ctx.db.write(lambda tx: drop_old_rows(tx, keep_sent))
        except Exception:
            log.exception("pruning.trouble")
        await asyncio.sleep(_PRUNE_EVERY)
