"""Accounts, for admin and city."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from fengqiao_chassis.web import Body

from ..domain.accounts import (
    NewAccount,
    check_account,
    check_may_manage,
    check_password,
    username_of,
)
from ..handlers import accounts as handlers
from ..handlers.passwords import hash_password
from .fields import Areas, Id, Name, NewPassword, NewUsername, PersonId, Role, System
from .identity import The, Who
from .sessions import rights_changed

router = APIRouter(prefix="/v1/accounts")


class AccountBody(Body):
    """新账户 · A new account; `areas` are area codes, `person_id` a mediator of the registry."""

    username: NewUsername
    password: NewPassword
    name: Name
    role: Role
    areas: Areas = []
    person_id: PersonId | None = None
    system: System | None = None


class AccountChange(Body):
    """要修改的字段 · Only the fields that are given change."""

    name: Name | None = None
    role: Role | None = None
    areas: Areas | None = None
    person_id: PersonId | None = None
    system: System | None = None
    active: bool | None = None
    unlock: bool | None = None
    password: NewPassword | None = None


class AccountView(BaseModel):
    """An account without its password."""

    id: str
    username: str
    name: str
    role: str
    areas: list[str]
    person_id: str | None
    system: str | None
    active: bool
    locked: bool
    created_at: datetime


class AccountPage(BaseModel):
    """共 total 条 · One page."""

    total: int
    page: int
    size: int
    items: list[AccountView]


@router.post("", status_code=201, summary="新建账户", response_model=AccountView)
async def create_account(body: AccountBody, request: Request, door: The, who: Who) -> Response:
    """Make an account (roles admin and city; the city makes no admin and no auditor)."""
    new = NewAccount(
        username=username_of(body.username),
        name=body.name,
        role=body.role,
        areas=tuple(body.areas),
        person_id=body.person_id,
        system=body.system,
    )
    check_may_manage(who.role, new.role)
    check_account(new)
    check_password(body.password, new.username)
    password_hash = await hash_password(body.password)

    async def work(tx: Any) -> AccountView:
        made = await handlers.create_account(tx, who.manager(), new, password_hash)
        return _view(made)

    return await door.ctx.command(request, work, status=201)


@router.get("", summary="账户列表")
async def list_accounts(
    door: The,
    who: Who,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AccountPage:
    """The accounts you may manage, by username."""
    check_may_manage(who.role, "clerk")
    async with door.ctx.db.read() as tx:
        total, found = await handlers.list_accounts(tx, who.manager(), page, size)
    return AccountPage(total=total, page=page, size=size, items=[_view(a) for a in found])


@router.patch("/{account_id}", summary="修改账户", response_model=AccountView)
async def change_account(
    account_id: Id, body: AccountChange, request: Request, door: The, who: Who
) -> Response:
    """Change an account; a change of role, areas or password and a closing end its sessions."""
    check_may_manage(who.role, body.role or "clerk")
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    password = changes.pop("password", None)
    password_hash = None
    if password is not None:
        async with door.ctx.db.read() as tx:
            known = await handlers.get_managed(tx, who.manager(), account_id)
        check_password(password, known.username)
        password_hash = await hash_password(password)

    async def work(tx: Any) -> AccountView:
        changed = await handlers.change_account(
            tx, who.manager(), account_id, changes, password_hash
        )
        tx.after_commit(lambda: rights_changed(door))
        return _view(changed)

    return await door.ctx.command(request, work, status=200)


def _view(account: handlers.Account) -> AccountView:
    return AccountView.model_validate(asdict(account) | {"areas": list(account.areas)})
