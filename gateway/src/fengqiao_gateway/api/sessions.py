"""Logging in and out, the own account, the own password."""

from __future__ import annotations

import os
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from fengqiao_chassis.web import Body
from fengqiao_contracts.errors import Forbidden

from ..domain.accounts import check_password, username_of
from ..domain.browsers import on_loopback
from ..domain.secrets import session_token
from ..handlers import sessions as handlers
from ..handlers.accounts import change_own_password, get_account
from ..handlers.passwords import fits, hash_password
from ..runtime.door import Door
from ..runtime.gate import CSRF_COOKIE, SESSION_COOKIE, check_origin
from ..runtime.party import case_of_receipt
from .fields import Code, NewPassword, Password, Username
from .identity import The, Who

router = APIRouter(prefix="/v1/auth")


class Login(Body):
    """用户名与密码 · Username and password."""

    username: Username
    password: Password


class PartyLogin(Body):
    """案件编号与回执码 · The case number and the code of the receipt."""

    number: Code
    code: Code


class PasswordChange(Body):
    """旧密码与新密码 · The old and the new password."""

    old: Password
    new: NewPassword


class Self(BaseModel):
    """The own account: name, role and area codes."""

    name: str
    role: str
    areas: list[str]
    system: str | None = None
    case_id: str | None = None
    idle_minutes: float = Field(description="浏览器无操作多久后退出 · 0 = never")


class LoggedIn(BaseModel):
    """The token is shown this once; browsers get it as an HttpOnly cookie too."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 -- the name of the scheme
    expires_in: int = Field(description="秒 · seconds")
    csrf_token: str = Field(description="浏览器写操作放入 X-CSRF-Token · for cookie-borne writes")
    account: Self


@router.post("/login", summary="登录", openapi_extra={"x-open": True})
async def log_in(body: Login, request: Request, response: Response, door: The) -> LoggedIn:
    """Log in with a local account. After 5 wrong passwords the account is locked for 15 minutes.

    The answer to a wrong name, a wrong password and a locked account is the same.
    """
    check_origin(request)
    username = username_of(body.username)
    await door.limiter.count("login", door.gate.address(request))
    async with door.ctx.db.read() as tx:
        known = await handlers.look_up(tx, username)
    right = await fits(body.password, known.password_hash)
    new = _new_session(door)
    row = await door.ctx.db.write(lambda tx: handlers.log_in(tx, known, new, right=right))
    if row is None:
        raise handlers.refused()
    me = Self(
        name=row.name,
        role=row.role,
        areas=list(row.areas),
        system=row.system,
        idle_minutes=door.settings.idle_minutes,
    )
    return _opened(door, request, response, new, me)


@router.post("/party", summary="当事人凭回执登录", openapi_extra={"x-open": True})
async def log_in_party(
    body: PartyLogin, request: Request, response: Response, door: The
) -> LoggedIn:
    """A party opens its own case with the case number and the code of its receipt; tries are limited."""
    check_origin(request)
    await door.limiter.count("login", door.gate.address(request))
    async with door.ctx.db.read() as tx:
        may_try = await handlers.party_may_try(tx, body.number)
    if not may_try:
        raise handlers.refused()
    case_id = await case_of_receipt(door.forwarder, body.number, body.code)
    new = _new_session(door)
    let_in = await door.ctx.db.write(
        lambda tx: handlers.log_in_party(tx, body.number, case_id, new)
    )
    if not let_in:
        raise handlers.refused()
    idle_minutes = door.settings.idle_minutes
    me = Self(name="当事人", role="party", areas=[], case_id=case_id, idle_minutes=idle_minutes)
    return _opened(door, request, response, new, me)


@router.post("/logout", status_code=204, summary="退出", openapi_extra={"x-keyless": True})
async def log_out(response: Response, door: The, who: Who) -> None:
    """End this session at once; its streams close within a second."""
    if who.kind == "session":
        await door.ctx.db.write(lambda tx: handlers.log_out(tx, who.proof, who.id))
        rights_changed(door)
    for name in (SESSION_COOKIE, CSRF_COOKIE):
        response.delete_cookie(name, path="/")


@router.post("/activity", status_code=204, summary="仍在使用", openapi_extra={"x-keyless": True})
async def stay(door: The, who: Who) -> None:
    """Somebody acts in this browser: its idle time begins anew. A token has no idle time."""
    if who.by_cookie:
        await door.ctx.db.write(lambda tx: handlers.stay(tx, who.proof))
        door.gate.forget()


@router.get("/me", summary="当前账户")
async def get_me(door: The, who: Who) -> Self:
    """Who the presented token is."""
    return Self(
        name=who.name,
        role=who.role,
        areas=list(who.areas),
        system=who.system,
        case_id=who.case_id,
        idle_minutes=door.settings.idle_minutes,
    )


@router.post(
    "/password", status_code=204, summary="修改自己的密码", openapi_extra={"x-keyless": True}
)
async def change_password(body: PasswordChange, request: Request, door: The, who: Who) -> None:
    """Change the own password; the account's other sessions end."""
    await door.limiter.count("login", door.gate.address(request))
    if who.kind != "session" or who.case_id is not None:
        raise Forbidden("no-password", "该身份没有密码", "This identity has no password")
    async with door.ctx.db.read() as tx:
        account = await get_account(tx, who.id)
        known = await handlers.look_up(tx, account.username)
    check_password(body.new, account.username)
    right = await fits(body.old, known.password_hash)
    if not await door.ctx.db.write(lambda tx: handlers.proved_again(tx, known, right=right)):
        raise handlers.refused()
    new_hash = await hash_password(body.new)
    await door.ctx.db.write(lambda tx: change_own_password(tx, who.id, new_hash, who.proof))
    rights_changed(door)


def rights_changed(door: Door) -> None:
    """Somebody's right may have ended: nobody is remembered, streams are looked at."""
    door.gate.forget()
    door.hub.wake()


def _new_session(door: Door) -> handlers.NewSession:
    life = timedelta(hours=door.settings.session_hours)
    return handlers.NewSession(session_token(os.urandom(32)), os.urandom(24).hex(), life)


def _opened(
    door: Door, request: Request, response: Response, new: handlers.NewSession, me: Self
) -> LoggedIn:
    seconds = int(new.life.total_seconds())
    secure = door.settings.cookie_secure
    if secure is None:
        plain = door.ctx.settings.demo or door.ctx.settings.test_mode
        secure = not (plain or on_loopback(request.headers.get("host", "")))
    for name, value, hidden in (
        (SESSION_COOKIE, new.token, True),
        (CSRF_COOKIE, new.csrf, False),
    ):
        response.set_cookie(
            name, value, seconds, path="/", secure=secure, httponly=hidden, samesite="strict"
        )
    response.headers["cache-control"] = "no-store"
    return LoggedIn(access_token=new.token, expires_in=seconds, csrf_token=new.csrf, account=me)
