"""What an operator asks of the stores: parked facts, audit chains, replay and refill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from fengqiao_contracts.errors import Busy, Conflict, NotFound

from .audit import verify
from .bus.refill import refill as bus_refill
from .bus.replay import Progress, Rebuilt, Replay, Target
from .runtime import Platform
from .service import Service
from .settings import Settings, SettingsError
from .store import tables as t


@dataclass(frozen=True)
class Parked:
    """A parked fact; carries no personal data."""

    group: str
    subject: str
    type: str
    source: str
    position: int
    reason: str
    parked_at: datetime


@dataclass(frozen=True)
class AuditCheck:
    """One service's audit chain: `problem` None = every sealed entry verifies."""

    service: str
    entries: int
    unsealed: int
    problem: str | None


@asynccontextmanager
async def _stores(settings: Settings, services: Sequence[Service]) -> AsyncIterator[Platform]:
    async with Platform.start(settings, services, work=False) as platform:
        yield platform


async def list_parked(settings: Settings, services: Sequence[Service]) -> list[Parked]:
    """Every parked fact of the given services' groups, oldest first."""
    found: list[Parked] = []
    async with _stores(settings, services) as platform:
        for name, context in platform.contexts.items():
            async with context.db.read() as tx:
                rows = await tx.all(
                    select(t.parked).where(t.parked.c.grp == name).order_by(t.parked.c.id)
                )
            found += [
                Parked(r.grp, r.subject, r.type, r.source, r.position, r.reason, r.parked_at)
                for r in rows
            ]
    return found


async def replay_parked(
    settings: Settings, services: Sequence[Service], group: str, subject: str | None = None
) -> int:
    """Apply a group's parked facts again, in order per subject; returns how many were applied.

    Raises NotFound for a group that no service has.
    """
    names = sorted(service.name for service in services)
    if group not in names:
        raise NotFound(
            "no-such-group",
            f"没有这个组：{group}；可用的组：{'、'.join(names)}",
            f"no such group: {group}; there are {', '.join(names)}",
            "group",
        )
    async with _stores(settings, services) as platform:
        again = platform.contexts[group].replay_parked
        return 0 if again is None else await again(subject)


async def verify_audit(settings: Settings, services: Sequence[Service]) -> list[AuditCheck]:
    """Recompute every service's audit chain."""
    checks: list[AuditCheck] = []
    async with _stores(settings, services) as platform:
        for name, context in platform.contexts.items():
            async with context.db.read() as tx:
                report = await verify(tx, name)
                unsealed = await tx.scalar(
                    select(func.count())
                    .select_from(t.audit)
                    .where(t.audit.c.service == name, t.audit.c.chain.is_(None))
                )
            problem = None if report.ok else f"chain broken at entry {report.broken_at}"
            checks.append(AuditCheck(name, report.entries, int(unsealed or 0), problem))
    return checks


async def refill(settings: Settings, services: Sequence[Service]) -> int:
    """Fill an empty broker from the outboxes; returns how many facts were written.

    Refused in the embedded mode, whose log is the outbox itself.
    """
    if settings.embedded:
        raise SettingsError(
            "内置日志无需回填。\nThe embedded log is the outbox itself: there is nothing to refill."
        )
    async with _stores(settings, services) as platform:
        first = {c.db.database.url: c.db for c in platform.contexts.values()}
        return await bus_refill(
            list(first.values()), settings.kafka_bootstrap, settings.topic_prefix
        )


async def replay_group(
    settings: Settings, services: Sequence[Service], group: str, progress: Progress
) -> Rebuilt:
    """Make a group's projections anew from the facts; the services may run meanwhile.

    Raises Conflict where no fact can tell a service's tables again, for a second run of the group
    and for a record that is not complete; Busy where the database took the exchange back.
    """
    async with _stores(settings, services) as platform:
        register = next(
            r for r in platform.running.values() if r.consumer and r.consumer.subscriptions.journal
        )
        doors = {r.context.db.database.url: r.context.db for r in platform.running.values()}
        replay = Replay(_target(platform, group), register.context.db, list(doors.values()))
        try:
            return await replay.run(progress)
        except DBAPIError as error:
            raise Busy(
                "replay-cut",
                f"数据库中断了交换（{type(error.orig).__name__}）：未做任何改动，请重新运行。",
                f"The database cut the exchange ({type(error.orig).__name__}): nothing was changed, "
                "run it again.",
            ) from error


def _target(platform: Platform, group: str) -> Target:
    running = platform.running[group]
    service = running.service
    if service.subscriptions is None or not service.projections:
        zh, en = service.irreplaceable
        raise Conflict(
            "not-replayable",
            f"{group} 的数据不能由事实重放得到：{zh}。未做任何改动。",
            f"The tables of {group} cannot be made from the facts: {en}. Nothing was changed.",
        )
    return Target(running.context.db, service.subscriptions, service.projections, service.scratch)
