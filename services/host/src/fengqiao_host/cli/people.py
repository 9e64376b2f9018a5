"""Who may use the platform: `login`, `account create`, `partner create`, `partner rotate`."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from typing import Annotated, Any

import typer

from fengqiao_chassis.settings import Settings
from fengqiao_gateway.domain.accounts import NewAccount, username_of

from .. import local, lockfile, remote
from ..problems import CliProblem
from .console import err, out, run

account = typer.Typer(no_args_is_help=True, help="Accounts of people (账户).")
partner = typer.Typer(no_args_is_help=True, help="Partner systems and their keys (协作系统).")
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="An area code, for example 510104; repeatable.")
]


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command("login")(login)
    app.add_typer(account, name="account")
    app.add_typer(partner, name="partner")


def login(username: Annotated[str, typer.Argument(help="Your username.")]) -> None:
    """Print an access token for the other commands; FENGQIAO_PASSWORD spares the question.

    Example: export FENGQIAO_TOKEN=$(fengqiao login city)
    """
    password = os.environ.get("FENGQIAO_PASSWORD") or _ask(f"{username} 的密码 / password: ")

    async def work() -> str:
        async with remote.opened() as client:
            return await remote.log_in(client, username, password)

    sys.stdout.write(run(work()) + "\n")


@account.command("create")
def create_account(
    username: Annotated[str, typer.Argument(help="2-64 lower-case letters, digits, . _ -")],
    role: Annotated[
        str,
        typer.Option(help="admin city district clerk mediator partner party auditor"),
    ],
    name: Annotated[str, typer.Option(help="The person's name or duty, as others see it.")],
    area: Areas = None,
    person: Annotated[
        str | None, typer.Option(help="A mediator's id in the registry (role mediator).")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="The partner system, for example court (role partner).")
    ] = None,
) -> None:
    """Make an account; the password is asked for, or taken from FENGQIAO_NEW_PASSWORD.

    Works on the store itself when no server runs (the first account), else by the running server
    with FENGQIAO_TOKEN. Example: fengqiao account create chen --role district --name 陈主任 --area 510104
    """
    password = os.environ.get("FENGQIAO_NEW_PASSWORD") or _ask_twice()
    new = NewAccount(username_of(username), name, role, tuple(area or ()), person, system)
    settings = Settings().check()
    if _by_http(settings):
        body = {k: getattr(new, k) for k in NewAccount.__slots__ if getattr(new, k) is not None}
        body |= {"areas": list(new.areas), "password": password}
        run(_post("/accounts", body))
    else:
        run(_make_account(settings, new, password))
    out.print(f"账户已建立 · account made: {new.username} ({new.role})", markup=False)


@partner.command("create")
def create_partner(
    system: Annotated[str, typer.Argument(help="Its short name: what external_ref.system says.")],
    name: Annotated[str, typer.Option(help="Its full name.")],
    channel: Annotated[str, typer.Option(help="Its channel: court police petition traffic …")],
    area: Areas = None,
) -> None:
    """Register a partner system and print its key, this once.

    Example: fengqiao partner create court --name 成都市中级人民法院 --channel court --area 510100
    """
    settings = Settings().check()
    areas = area or [settings.city]
    body = {"system": system, "name": name, "channel": channel, "areas": areas}
    if _by_http(settings):
        key = str(run(_post("/partners", body))["key"])
    else:
        key = run(_make_partner(settings, system, name, channel, areas))
    _show_key(key)


@partner.command("rotate")
def rotate_partner(
    system: Annotated[str, typer.Argument(help="The partner system's short name.")],
) -> None:
    """Give a partner system a new key; the old one opens for 24 hours more.

    Example: fengqiao partner rotate court
    """
    settings = Settings().check()
    if _by_http(settings):
        key = run(_rotate_by_http(system))
    else:
        key = run(_rotate_here(settings, system))
    _show_key(key)


def _by_http(settings: Settings) -> bool:
    """A running embedded server is the only writer of its file; PostgreSQL takes us beside it."""
    if settings.embedded:
        return "FENGQIAO_URL" in os.environ or lockfile.held(settings.data_dir)
    return False


async def _post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    async with remote.operator() as client:
        answer: dict[str, Any] = remote.checked(await client.post(path, json=body))
        return answer


async def _make_account(settings: Settings, new: NewAccount, password: str) -> None:
    async with local.gateway_store(settings) as db:
        await local.make_account(db, new, password)


async def _make_partner(
    settings: Settings, system: str, name: str, channel: str, areas: list[str]
) -> str:
    async with local.gateway_store(settings) as db:
        made = await local.make_partner(db, system=system, name=name, channel=channel, areas=areas)
    return made.key


async def _rotate_here(settings: Settings, system: str) -> str:
    async with local.gateway_store(settings) as db:
        return (await local.rotate_partner(db, system)).key


async def _rotate_by_http(system: str) -> str:
    async with remote.operator() as client:
        found = remote.checked(await client.get("/partners"))
        ids = [p["id"] for p in found if p["system"] == system]
        if not ids:
            raise CliProblem(
                f"没有协作系统 {system}：先用 fengqiao partner create 登记",
                f"no partner system {system}: register it with `fengqiao partner create`",
            )
        answer = remote.checked(await client.post(f"/partners/{ids[0]}/rotate", json={}))
        return str(answer["key"])


def _show_key(key: str) -> None:
    err.print("密钥只显示这一次 · the key is shown this once; use it as Authorization: Bearer …")
    sys.stdout.write(key + "\n")


def _ask_twice() -> str:
    first = _ask("新密码 / new password (10+): ")
    if first != _ask("再输一次 / once more: "):
        raise CliProblem("两次输入不同：请重新运行", "the two differ: run the command again")
    return first


def _ask(text: str) -> str:
    if not sys.stdin.isatty():
        raise CliProblem(
            "没有终端可以询问密码：请设置 FENGQIAO_PASSWORD 或 FENGQIAO_NEW_PASSWORD",
            "there is no terminal to ask for the password: set FENGQIAO_PASSWORD (login) or "
            "FENGQIAO_NEW_PASSWORD (account create)",
        )
    return getpass(text)
