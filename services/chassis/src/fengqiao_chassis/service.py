"""What a service gives the chassis, and what it gets at run time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from joserfc.jwk import OKPKey
from sqlalchemy import MetaData, Table

from fengqiao_contracts.areas import Areas, areas

from . import auth
from .bus.subscriptions import Subscriptions
from .clock import Clock
from .keys import Keyring
from .settings import Settings
from .store.projection import Projection
from .store.session import ServiceDb
from .store.tx import ReadTx, Tx

if TYPE_CHECKING:
    from fastapi import APIRouter, Request, Response

    from .upstream import Upstream

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Schedule:
    """The handler `(tx, subject, data)` of one kind of due work."""

    kind: str
    handler: Handler


@dataclass(frozen=True)
class Service:
    """A service: its tables, what it hears, what it answers, what it does on time.

    `projections` are what a replay makes anew; `scratch` tables that its handlers write beside them
    and that keep what they have; `irreplaceable` says (Chinese, English) what no fact can tell again.
    """

    name: str
    package: str
    metadata: MetaData
    router: Callable[[Context], APIRouter]
    subscriptions: Subscriptions | None = None
    schedules: tuple[Schedule, ...] = ()
    waiting: Callable[[ReadTx], Awaitable[int]] | None = None
    gauges: Callable[[ReadTx], Awaitable[Mapping[str, float]]] | None = None
    lifespan: Callable[[Context], AbstractAsyncContextManager[None]] | None = None
    startup: Callable[[Tx], Awaitable[None]] | None = None
    own_docs: bool = False
    projections: tuple[Projection, ...] = ()
    scratch: tuple[Table, ...] = ()
    irreplaceable: tuple[str, str] = ("", "")


@dataclass
class Context:
    """One service at run time."""

    name: str
    db: ServiceDb
    clock: Clock
    keys: Keyring
    settings: Settings
    verifier: auth.Verifier | None = None
    signer: OKPKey | None = None
    upstream: Upstream | None = None
    status: Callable[[], Awaitable[dict[str, Any]]] | None = None
    replay_parked: Callable[[str | None], Awaitable[int]] | None = None
    areas: Areas = field(default_factory=areas)

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return self.clock.now()

    def mint(self, who: auth.Principal, audience: str) -> str:
        """A token for another service; only the gateway has the key."""
        if self.signer is None:
            raise RuntimeError(f"{self.name} holds no signing key")
        return auth.mint(self.signer, who, audience)

    async def settled(self) -> dict[str, Any]:
        """`{settled, outbox, lag, parked, waiting}` of this service."""
        return await self.status() if self.status else {}

    async def command(
        self, request: Request, work: Callable[[Tx], Awaitable[Any]], *, status: int = 200
    ) -> Response:
        """Run a command with its Idempotency-Key in one transaction and answer as JSON."""
        from .web.command import run_command

        return await run_command(self, request, work, status)

    async def audit_read(
        self, request: Request, who: auth.Principal, action: str, subject: str, fields: Any = ()
    ) -> None:
        """Write the audit entry of a read of personal data."""
        from .web.command import audit_read

        await audit_read(self, request, who, action, subject, fields)
