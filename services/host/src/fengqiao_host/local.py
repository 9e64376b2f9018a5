"""The gateway's store at hand, for the first account and a partner's key when no server runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fengqiao_chassis.keys import KeyProblem
from fengqiao_chassis.runtime import Platform
from fengqiao_chassis.settings import Settings
from fengqiao_chassis.store import SYSTEM
from fengqiao_chassis.store.session import ServiceDb
from fengqiao_contracts.errors import Conflict, Refusal
from fengqiao_gateway.domain.accounts import NewAccount, check_account, check_password
from fengqiao_gateway.handlers import accounts, partners
from fengqiao_gateway.handlers.accounts import OPERATOR, Account
from fengqiao_gateway.handlers.partners import IssuedKey
from fengqiao_gateway.handlers.passwords import hash_password
from fengqiao_gateway.store import accounts as account_rows

from .problems import CliProblem
from .services import build_one

ACTOR = "operator"


def has_store(settings: Settings) -> bool:
    """Whether the SQLite file of the one process was made."""
    return Path(settings.database_for("gateway").partition("///")[2]).exists()


@asynccontextmanager
async def gateway_store(settings: Settings) -> AsyncIterator[ServiceDb]:
    """The gateway's database; raises CliProblem where it was never made."""
    if settings.embedded and not has_store(settings):
        raise _never_made()
    try:
        async with Platform.start(settings, [build_one("gateway")], work=False) as platform:
            yield platform.contexts["gateway"].db
    except KeyProblem as missing:
        raise _never_made() from missing
    except Refusal as refusal:
        raise CliProblem(refusal.zh, refusal.en) from refusal


async def make_account(db: ServiceDb, new: NewAccount, password: str) -> Account:
    """Make an account as the operator of this machine."""
    check_account(new)
    check_password(password, new.username)
    hashed = await hash_password(password)
    return await db.write(
        lambda tx: accounts.create_account(tx, OPERATOR, new, hashed), actor=ACTOR
    )


async def ensure_account(db: ServiceDb, new: NewAccount, password: str) -> None:
    """Make the account, or give an existing one this password."""
    try:
        await make_account(db, new, password)
    except Conflict:
        hashed = await hash_password(password)
        async with db.read() as tx:
            row = await account_rows.account_named(tx, SYSTEM, new.username)
        if row is None:
            raise
        await db.write(
            lambda tx: accounts.change_account(tx, OPERATOR, row.id, {"unlock": True}, hashed),
            actor=ACTOR,
        )


async def make_partner(
    db: ServiceDb, *, system: str, name: str, channel: str, areas: list[str]
) -> IssuedKey:
    """Make a partner system with its first key."""
    return await db.write(
        lambda tx: partners.create_partner(
            tx, OPERATOR, system=system, name=name, channel=channel, areas=areas
        ),
        actor=ACTOR,
    )


async def rotate_partner(db: ServiceDb, system: str) -> IssuedKey:
    """Give a partner system a new key; the old one opens for a day more."""
    async with db.read() as tx:
        found = await partners.partner_named(tx, system)
    return await db.write(lambda tx: partners.rotate_partner(tx, OPERATOR, found.id), actor=ACTOR)


def _never_made() -> CliProblem:
    return CliProblem(
        "还没有数据库或密钥：请先运行 fengqiao migrate --init-keys",
        "there is no database or no key yet: run `fengqiao migrate --init-keys` first",
    )
