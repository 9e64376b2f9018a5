"""Who calls: from a session's or a partner key's row to the caller, and to what a reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from fengqiao_chassis.store import SYSTEM, ReadTx

from ..domain.secrets import PartnerKey, digest, same
from ..domain.visibility import Viewer
from ..store import accounts as account_store
from ..store import partners as partner_store
from .accounts import Manager, area_paths


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven caller. `proof` is the session's hash or the key's id; it never leaves the gateway.

    `subject` is whom a mediator's rights hang on (its id in the registry), `case_id` what a party by
    receipt is bound to.
    """

    id: str
    kind: str
    role: str
    name: str
    proof: str
    areas: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    subject: str | None = None
    system: str | None = None
    channel: str | None = None
    case_id: str | None = None
    csrf_sha256: str | None = None
    until: datetime | None = None
    active_at: datetime | None = None
    by_cookie: bool = False

    def viewer(self) -> Viewer:
        """What decides which facts it sees."""
        return Viewer(self.role, self.paths, self.subject, self.system, self.case_id, self.id)

    def idle(self, now: datetime, limit: timedelta) -> bool:
        """Whether a browser's session was left alone for longer than `limit`; zero is no limit."""
        if not self.by_cookie or not limit or self.active_at is None:
            return False
        return now - self.active_at > limit

    def manager(self) -> Manager:
        """What decides which accounts it may manage."""
        return Manager(self.role, self.paths)


async def by_session(tx: ReadTx, token: str) -> Caller | None:
    """The caller of a session token, while the session and its account live."""
    row = await account_store.session(tx, SYSTEM, digest(token), tx.now)
    return None if row is None else _of_session(row)


async def by_partner_key(tx: ReadTx, key: PartnerKey) -> Caller | None:
    """The caller of a partner key, while key and partner live."""
    rows = await partner_store.keys(tx, SYSTEM, [key.key_id], tx.now)
    expected = rows[0].secret_sha256 if rows else digest("")
    if not same(expected, digest(key.secret)) or not rows:
        return None
    return _of_key(rows[0])


async def still_live(
    tx: ReadTx, session_proofs: Sequence[str], key_proofs: Sequence[str]
) -> dict[str, Caller]:
    """By their proofs, those of the callers who still are callers, as they are now."""
    found: dict[str, Caller] = {}
    if session_proofs:
        for row in await account_store.live_sessions(tx, SYSTEM, session_proofs, tx.now):
            found[row.token_sha256] = _of_session(row)
    if key_proofs:
        for row in await partner_store.keys(tx, SYSTEM, key_proofs, tx.now):
            found[row.key_id] = _of_key(row)
    return found


def _of_session(row: Row[Any]) -> Caller:
    if row.account_id is None:
        return Caller(
            id=f"party:{row.case_id}",
            kind="session",
            role="party",
            name="当事人",
            proof=row.token_sha256,
            case_id=row.case_id,
            csrf_sha256=row.csrf_sha256,
            until=row.expires_at,
            active_at=row.active_at,
        )
    codes = tuple(row.areas)
    return Caller(
        id=row.account_id,
        kind="session",
        role=row.role,
        name=row.name,
        proof=row.token_sha256,
        areas=codes,
        paths=_paths(row.role, codes),
        subject=row.person_id,
        system=row.system,
        csrf_sha256=row.csrf_sha256,
        until=row.expires_at,
        active_at=row.active_at,
    )


def _of_key(row: Row[Any]) -> Caller:
    codes = tuple(row.areas)
    return Caller(
        id=f"partner:{row.system}",
        kind="partner",
        role="partner",
        name=row.name,
        proof=row.key_id,
        areas=codes,
        paths=_paths("partner", codes),
        system=row.system,
        channel=row.channel,
        until=row.expires_at,
    )


def _paths(role: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    if role in ("admin", "auditor") and not codes:
        return ("/",)
    return tuple(area_paths(codes))
