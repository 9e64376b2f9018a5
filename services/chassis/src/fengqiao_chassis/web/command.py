"""Commands over HTTP: one transaction with its Idempotency-Key, and the audit of reads."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson
from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import and_, select, update

from fengqiao_contracts.errors import Conflict, Invalid

from ..auth import Principal
from ..store.sql import upsert
from ..store.tables import idempotency
from ..store.tx import Tx
from .identity import caller

if TYPE_CHECKING:
    from ..service import Context

KEY_MAX, PURPOSE_MAX = 200, 200
_CLAIMED = 0


@dataclass(frozen=True)
class Answer:
    """What a command answers when it chooses its status itself."""

    model: Any
    status: int = 200


@dataclass(frozen=True)
class _Kept:
    status: int
    body: bytes
    again: bool = False


async def run_command(
    ctx: Context, request: Request, work: Callable[[Tx], Awaitable[Any]], status: int = 200
) -> Response:
    """Run `work(tx)` in one transaction and answer its model as JSON.

    With an `Idempotency-Key` (1-200 printable ASCII characters) the answer is kept, sealed, in the
    same transaction: the same key with the same request gets the same answer, any other request
    with it is refused (409). A refused command keeps nothing.
    """
    who = await caller(request)
    key = _key_of(ctx, request)
    fingerprint = await _fingerprint(ctx, request) if key else ""

    async def inside(tx: Tx) -> _Kept:
        if not key:
            return _answer(await work(tx), status)
        place = _Place(ctx, who.id, key, fingerprint)
        if not await place.claim(tx):
            return await place.recall(tx)
        kept = _answer(await work(tx), status)
        await place.keep(tx, kept)
        return kept

    kept = await ctx.db.command(
        inside,
        actor=who.id,
        correlation=getattr(request.state, "request_id", None),
        traceparent=getattr(request.state, "traceparent", None),
    )
    response = Response(kept.body or None, kept.status)
    if kept.body:
        response.headers["content-type"] = "application/json"
    if kept.again:
        response.headers["idempotency-replayed"] = "true"
    return response


async def audit_read(
    ctx: Context,
    request: Request,
    who: Principal,
    action: str,
    subject: str,
    fields: Iterable[str] = (),
) -> None:
    """Write the audit entry of a read of personal data: who, what, which fields, for what purpose.

    `fields` are names, never values. The purpose is the token's, else the header `X-Purpose`
    (percent-encoded UTF-8).
    """
    said = unquote(request.headers.get("x-purpose", ""))
    purpose = who.purpose or "".join(c for c in said if c.isprintable())[:PURPOSE_MAX] or None
    names = tuple(fields)

    async def work(tx: Tx) -> None:
        tx.audit(action, subject, purpose=purpose, fields=names)

    await ctx.db.write(work, actor=who.id)


@dataclass(frozen=True)
class _Place:
    """The row of one key of one caller."""

    ctx: Context
    actor: str
    key: str
    fingerprint: str

    @property
    def bound(self) -> str:
        return f"bus_idempotency/{self.ctx.name}/{self.actor}/{self.key}"

    @property
    def here(self) -> Any:
        c = idempotency.c
        return and_(c.service == self.ctx.name, c.actor == self.actor, c.key == self.key)

    async def claim(self, tx: Tx) -> bool:
        """Take the key; waits for another transaction that holds it. False: it is used."""
        row = {
            "service": self.ctx.name,
            "actor": self.actor,
            "key": self.key,
            "request_sha256": self.fingerprint,
            "status": _CLAIMED,
            "response": "",
            "created_at": tx.now,
        }
        return await tx.run(upsert(idempotency, ("service", "actor", "key")), row) == 1

    async def recall(self, tx: Tx) -> _Kept:
        """The kept answer. Raises Conflict when it answered another request."""
        row = await tx.one(select(idempotency).where(self.here))
        if row is None or row.request_sha256 != self.fingerprint:
            raise Conflict(
                "idempotency-key-reused",
                "该 Idempotency-Key 已用于其他请求，请换一个新的。",
                "This Idempotency-Key was used for another request; use a new one.",
                field="Idempotency-Key",
            )
        body = self.ctx.keys.decrypt(row.response, self.bound)
        return _Kept(row.status, body, again=True)

    async def keep(self, tx: Tx, kept: _Kept) -> None:
        """Keep the answer, sealed: it may hold a receipt code or a secret."""
        sealed = self.ctx.keys.encrypt(kept.body, self.bound)
        values = {"status": kept.status, "response": sealed}
        await tx.run(update(idempotency).where(self.here).values(values))


def _answer(result: Any, status: int) -> _Kept:
    if isinstance(result, Answer):
        result, status = result.model, result.status
    if result is None:
        return _Kept(status, b"" if status == 204 else b"null")
    if isinstance(result, BaseModel):
        return _Kept(status, result.model_dump_json(by_alias=True).encode())
    return _Kept(status, orjson.dumps(result, default=_plain))


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _key_of(ctx: Context, request: Request) -> str:
    """The blind index of the key: callers make keys of whatever they have, phones too."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not 1 <= len(key) <= KEY_MAX or not (key.isascii() and key.isprintable()):
        raise Invalid(
            "bad-idempotency-key",
            f"Idempotency-Key 应为 1–{KEY_MAX} 个可打印的 ASCII 字符。",
            f"Idempotency-Key must be 1-{KEY_MAX} printable ASCII characters.",
            field="Idempotency-Key",
        )
    return ctx.keys.blind("idempotency-key", key)


async def _fingerprint(ctx: Context, request: Request) -> str:
    """A keyed digest of method, path, query and body: bodies hold passwords and personal data."""
    digest = hashlib.sha256(await request.body()).hexdigest()
    url = request.url
    return ctx.keys.blind("request", f"{request.method}\n{url.path}?{url.query}\n{digest}")
