"""One transaction as handlers see it: reads, writes, stated facts, audit entries and due work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from fengqiao_contracts.facts import Fact
from fengqiao_contracts.ids import new_id

from ..clock import Clock
from ..keys import Keyring
from .bulk import bulk_of
from .direct import execute, execute_many
from .sql import Upsert

if TYPE_CHECKING:
    from ..bus.received import Received

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True)
class Stated:
    """A fact waiting for the end of its transaction."""

    id: str
    fact: Fact
    area: str
    cause: Received[Any] | None
    actor: str


@dataclass(frozen=True)
class Due:
    """A change of the table of due work; `at` None removes it."""

    kind: str
    subject: str
    at: datetime | None
    data: Any = None


class ReadTx:
    """A read transaction: a snapshot of the moment."""

    def __init__(self, conn: AsyncConnection, service: str, keys: Keyring, now: datetime) -> None:
        self.conn = conn
        self.service = service
        self.keys = keys
        self.now = now
        self.dialect = conn.dialect.name

    async def all(self, stmt: Executable, params: Params = None) -> Sequence[Any]:
        """Every row."""
        return (await execute(self.conn, stmt, params)).all()

    async def one(self, stmt: Executable, params: Params = None) -> Row[Any] | None:
        """The first row or None."""
        return (await execute(self.conn, stmt, params)).first()

    async def scalar(self, stmt: Executable, params: Params = None) -> Any:
        """The first value of the first row or None."""
        return (await execute(self.conn, stmt, params)).scalar()


@dataclass
class Pending:
    """What a transaction will write at its end."""

    facts: list[Stated] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


class Tx(ReadTx):
    """A write transaction. May be run again from the start after a serialization failure or a
    deadlock: change nothing but it, await nothing but it.
    """

    def __init__(
        self,
        conn: AsyncConnection,
        service: str,
        keys: Keyring,
        clock: Clock,
        *,
        actor: str,
        correlation: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        super().__init__(conn, service, keys, clock.now())
        self.clock = clock
        self.actor = actor
        self.correlation = correlation
        self.traceparent = traceparent
        self.pending = Pending()
        self.live = True

    async def run(self, stmt: Executable | Upsert, params: Params = None) -> int:
        """Run a write; a list of dicts is an executemany. The row count of a single statement."""
        if isinstance(params, list) and not params:
            return 0
        native = stmt.native(self.dialect) if isinstance(stmt, Upsert) else stmt
        if isinstance(params, list) and (bulk := bulk_of(native, params, self.conn.dialect)):
            return await execute_many(self.conn, bulk.sql, bulk.tuples(params))
        return (await execute(self.conn, native, params)).rowcount

    def waited(self) -> None:
        """Read the clock again: the transaction waited for a lock, and what it does it does now.

        So the times of those who hold a lock one after another follow one another, too.
        """
        self.now = self.clock.now()

    def state(
        self,
        fact: Fact,
        *,
        area: str,
        cause: Received[Any] | None = None,
        actor: str | None = None,
    ) -> str:
        """State a fact; it leaves by the outbox when this transaction commits. Returns its id.

        `area` is the area path it concerns; `cause` the fact that led to it.
        """
        fact_id = new_id()
        self.pending.facts.append(Stated(fact_id, fact, area, cause, actor or self.actor))
        return fact_id

    def audit(
        self,
        action: str,
        subject: str,
        *,
        purpose: str | None = None,
        fields: Sequence[str] = (),
        actor: str | None = None,
    ) -> None:
        """Write one audit entry with this transaction. `fields` are names, never values."""
        self.pending.audits.append(
            {
                "service": self.service,
                "at": self.now,
                "actor": actor or self.actor,
                "action": action,
                "subject": subject,
                "purpose": purpose,
                "fields": list(fields),
            }
        )

    def due(self, kind: str, subject: str, at: datetime, data: Any = None) -> None:
        """Schedule `kind` for `subject` at `at` (replaces an earlier one)."""
        self.pending.dues.append(Due(kind, subject, at, data))

    def undue(self, kind: str, subject: str) -> None:
        """Take a scheduled `kind` of `subject` away."""
        self.pending.dues.append(Due(kind, subject, None))

    def after_commit(self, fn: Callable[[], None]) -> None:
        """Call `fn` once, after the commit."""
        self.pending.after.append(fn)
