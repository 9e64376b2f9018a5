"""The audit trail's seal: entries are chained by hash after their commit, and the chain is verified."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import rfc8785
from sqlalchemy import Row, bindparam, func, select, update

from .store import tables as t
from .store.session import ServiceDb
from .store.tx import ReadTx, Tx
from .telemetry import logger

CHUNK = 500
PAGE = 5000
START = "0" * 64
"""What stands for the hash before the first entry."""


@dataclass(frozen=True)
class AuditReport:
    """What a verification found. `broken_at` is the chain number of the first entry that does not fit.

    `head` is the hash of the last entry: kept outside together with `sealed`, it also proves that
    no entry was taken from the end and that the chain was not made anew.
    """

    ok: bool
    entries: int
    sealed: int
    broken_at: int | None
    head: str = START


async def seal(db: ServiceDb) -> int:
    """Chain this service's unsealed entries; returns how many. Sealers beside each other take turns."""
    total = 0
    while True:
        async with db.read() as tx:
            if await tx.one(_unsealed(tx.service, 1)) is None:
                return total
        total += await db.batch(_seal_chunk)


async def verify(tx: ReadTx, service: str, *, anchor: tuple[int, str] | None = None) -> AuditReport:
    """Walk the chain of a service: a changed, removed, inserted or reordered entry breaks it.

    `anchor` is (sealed, head) of an earlier report, kept outside the database.
    """
    entries = await tx.scalar(select(func.count()).where(t.audit.c.service == service))
    number, head = 0, START
    while page := await tx.all(_sealed(service, number)):
        for row in page:
            if row.chain != number + 1 or row.hash != digest(head, row, row.chain):
                return AuditReport(False, entries, number, number + 1, head)
            number, head = row.chain, row.hash
            if anchor and anchor[0] == number and anchor[1] != head:
                return AuditReport(False, entries, number, number, head)
    if anchor and anchor[0] > number:
        return AuditReport(False, entries, number, number + 1, head)
    return AuditReport(True, entries, number, None, head)


def digest(before: str, row: Row[Any], number: int) -> str:
    """SHA-256 (hex) of the hash before, a newline and the entry as canonical JSON (RFC 8785)."""
    entry = {
        "id": row.id,
        "chain": number,
        "service": row.service,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "purpose": row.purpose,
        "fields": row.fields,
    }
    return hashlib.sha256(before.encode() + b"\n" + rfc8785.dumps(entry)).hexdigest()


class Sealer:
    """Seals one service's entries every `interval` seconds."""

    def __init__(self, db: ServiceDb, *, interval: float = 1.0) -> None:
        self.db = db
        self.interval = interval

    async def run(self) -> None:
        """Seal until cancelled."""
        while True:
            try:
                await seal(self.db)
            except Exception as error:  # noqa: BLE001 - a lost database must not end the loop
                logger(self.db.service).warning("seal-failed", error=type(error).__name__)
            await asyncio.sleep(self.interval)


async def _seal_chunk(tx: Tx) -> int:
    if tx.dialect == "postgresql":  # SQLite has one writer
        await tx.all(select(func.pg_advisory_xact_lock(zlib.crc32(f"audit {tx.service}".encode()))))
    last = await tx.one(
        select(t.audit.c.chain, t.audit.c.hash)
        .where(t.audit.c.service == tx.service, t.audit.c.chain.is_not(None))
        .order_by(t.audit.c.chain.desc())
        .limit(1)
    )
    number, head = (last.chain, last.hash) if last else (0, START)
    marks = []
    for row in await tx.all(_unsealed(tx.service, CHUNK)):
        number += 1
        head = digest(head, row, number)
        marks.append({"row_id": row.id, "number": number, "digest": head})
    await tx.run(
        update(t.audit)
        .where(t.audit.c.id == bindparam("row_id"))
        .values(chain=bindparam("number"), hash=bindparam("digest")),
        marks,
    )
    return len(marks)


def _unsealed(service: str, limit: int) -> Any:
    # by (chain, id), not by id alone: the index of (service, chain) finds the few among millions
    return (
        select(t.audit)
        .where(t.audit.c.service == service, t.audit.c.chain.is_(None))
        .order_by(t.audit.c.chain, t.audit.c.id)
        .limit(limit)
    )


def _sealed(service: str, after: int) -> Any:
    found = select(t.audit).where(t.audit.c.service == service, t.audit.c.chain.is_not(None))
    if after:
        found = found.where(t.audit.c.chain > after)
    return found.order_by(t.audit.c.chain).limit(PAGE)
