"""Who stands at the door: from a request's proof to its caller, remembered for half a second."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime

from fastapi import Request

from fengqiao_chassis.store import ReadTx
from fengqiao_contracts.errors import Forbidden, Unauthorized

from ..domain.browsers import SAFE, from_elsewhere
from ..domain.secrets import digest, is_session_token, parse_partner_key, same
from ..handlers.callers import Caller, by_partner_key, by_session
from ..settings import Settings
from .limiter import Limiter

SESSION_COOKIE, CSRF_COOKIE, CSRF_HEADER = "fq_session", "fq_csrf", "x-csrf-token"
_REMEMBER, _MAX_REMEMBERED = 0.5, 10_000

Read = Callable[[], AbstractAsyncContextManager[ReadTx]]
Now = Callable[[], datetime]


class Gate:
    """Identifies callers. A revoked proof opens for half a second at most, here at once."""

    def __init__(self, read: Read, limiter: Limiter, settings: Settings, now: Now) -> None:
        self._read = read
        self._limiter = limiter
        self._proxies = settings.proxies()
        self._idle = settings.idle()
        self._now = now
        self._known: dict[str, tuple[Caller, float]] = {}

    async def admit(self, request: Request) -> None:
        """Counts the call for its address. Raises Refusal 429."""
        await self._limiter.count("address", self.address(request))

    async def identify(self, request: Request) -> Caller:
        """The caller, counted for its limits. Raises Unauthorized, Forbidden or Refusal 429."""
        token, from_cookie = _presented(request)
        caller = await self._caller(token)
        if caller is None:
            raise _nobody()
        if from_cookie:
            caller = replace(caller, by_cookie=True)
            if caller.idle(self._now(), self._idle):
                raise _idle()
            if request.method not in SAFE:
                check_origin(request)
                _check_csrf(caller, request.headers.get(CSRF_HEADER, ""))
        await self._limiter.count("partner" if caller.kind == "partner" else "user", caller.id)
        if caller.role == "party" and request.method not in SAFE:
            await self._limiter.count("party-write", caller.id)
        return caller

    def forget(self) -> None:
        """Somebody's right has changed: ask the store again for everybody."""
        self._known.clear()

    def address(self, request: Request) -> str:
        """The caller's address: the socket's, or what one of our own proxies says in its last hop."""
        peer = request.client.host if request.client else "unknown"
        if peer in self._proxies:
            hop = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            try:
                peer = str(ipaddress.ip_address(hop))
            except ValueError:
                return peer
        return peer

    async def _caller(self, token: str) -> Caller | None:
        proof, now = digest(token), time.monotonic()
        found = self._known.get(proof)
        if found is not None and found[1] > now:
            return found[0]
        caller = await self._ask(token)
        if caller is not None:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known[proof] = (caller, now + _REMEMBER)
        return caller

    async def _ask(self, token: str) -> Caller | None:
        key = parse_partner_key(token)
        if key is None and not is_session_token(token):
            return None
        async with self._read() as tx:
            return await (by_session(tx, token) if key is None else by_partner_key(tx, key))


def _presented(request: Request) -> tuple[str, bool]:
    """The proof of a request, and whether a browser sent it by itself."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _nobody()
        return token.strip(), False
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise _nobody()
    return cookie, True


def check_origin(request: Request) -> None:
    """Raises Forbidden where another site's page made the request."""
    if from_elsewhere(request.headers):
        raise Forbidden(
            "other-origin",
            "请求来自其他网站的页面, 已拒绝: 请在本系统页面内操作",
            "Another site's page made this request: act on this system's own pages",
        )


def _check_csrf(caller: Caller, token: str) -> None:
    if not caller.csrf_sha256 or not same(caller.csrf_sha256, digest(token)):
        raise Forbidden(
            "csrf-needed",
            "浏览器写操作须带 X-CSRF-Token (登录时返回的 csrf_token)",
            "Cookie-borne writes need X-CSRF-Token, the csrf_token of the login",
        )


def _idle() -> Unauthorized:
    return Unauthorized(
        "session-idle",
        "长时间未操作, 已自动退出: 请重新登录",
        "Nobody acted for too long and the session has ended: log in again",
    )


def _nobody() -> Unauthorized:
    return Unauthorized(
        "login-needed",
        "请先登录, 或提供有效的 Authorization: Bearer 凭据",
        "Log in, or send a valid Authorization: Bearer token",
    )
