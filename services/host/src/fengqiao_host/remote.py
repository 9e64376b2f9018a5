"""The running platform as the command line speaks to it: by HTTP, with the operator's token."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from getpass import getpass
from typing import Any

import httpx

from .problems import CliProblem

DEFAULT_URL = "http://127.0.0.1:8080"


def address() -> str:
    """Where the gateway is: FENGQIAO_URL, or port 8080 of this machine."""
    return os.environ.get("FENGQIAO_URL", DEFAULT_URL).rstrip("/")


@asynccontextmanager
async def opened(token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway, base address .../v1; a missing server is told with the remedy."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = f"{address()}/v1"
    async with httpx.AsyncClient(
        base_url=base, headers=headers, timeout=60, trust_env=False
    ) as client:
        try:
            yield client
        except httpx.TransportError as error:
            raise CliProblem(
                f"连不上 {address()}：请先运行 fengqiao up，或用 FENGQIAO_URL 指定地址",
                f"cannot reach {address()} ({type(error).__name__}): start it with `fengqiao up`, "
                "or say where it is with FENGQIAO_URL",
            ) from error


@asynccontextmanager
async def operator() -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token: FENGQIAO_TOKEN, or FENGQIAO_USER with a password, asked if need be."""
    token = os.environ.get("FENGQIAO_TOKEN") or await _logged_in()
    async with opened(token) as client:
        yield client


async def log_in(client: httpx.AsyncClient, username: str, password: str) -> str:
    """The access token of an account; raises CliProblem."""
    body = {"username": username, "password": password}
    answer = checked(await client.post("/auth/login", json=body))
    return str(answer["access_token"])


async def _logged_in() -> str:
    username = os.environ.get("FENGQIAO_USER", "")
    password = os.environ.get("FENGQIAO_PASSWORD", "")
    if username and not password and sys.stdin.isatty():
        password = await asyncio.to_thread(getpass, f"{username} 的密码 / password: ")
    if not (username and password):
        raise CliProblem(
            "需要登录：export FENGQIAO_TOKEN=$(fengqiao login 用户名)，"
            "或设置 FENGQIAO_USER 与 FENGQIAO_PASSWORD",
            "log in first: export FENGQIAO_TOKEN=$(fengqiao login USERNAME), "
            "or set FENGQIAO_USER and FENGQIAO_PASSWORD",
        )
    async with opened() as client:
        return await log_in(client, username, password)


def checked(response: httpx.Response) -> Any:
    """The JSON of a success; raises CliProblem with the problem's own words and what to do next."""
    if response.is_success:
        return response.json() if response.content else {}
    problem = _problem(response)
    words = [str(problem[k]) for k in ("detail", "field") if problem.get(k)]
    told = f"HTTP {response.status_code}: {' / '.join(words)}"
    zh, en = _NEXT.get(response.status_code, ("请按提示更正后重试", "correct it and try again"))
    raise CliProblem(f"{told}\n{zh}", en)


_NEXT = {
    401: (
        "请重新登录：export FENGQIAO_TOKEN=$(fengqiao login 用户名)",
        "log in again: export FENGQIAO_TOKEN=$(fengqiao login USERNAME)",
    ),
    403: ("请换用有此权限的账户（admin 或 city）", "use an account that may do this (admin, city)"),
    503: ("系统繁忙或正在启动：请稍后重试", "the platform is busy or starting: try again shortly"),
}


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def settled(client: httpx.AsyncClient) -> dict[str, Any]:
    """What `GET /v1/ops/settled` says."""
    answer: dict[str, Any] = checked(await client.get("/ops/settled"))
    return answer


async def wait_settled(
    client: httpx.AsyncClient, seconds: float, pause: float = 0.2
) -> dict[str, Any]:
    """Wait until all has settled; the last answer, settled or not, after `seconds` at the latest."""
    end = time.monotonic() + seconds
    while True:
        answer = await settled(client)
        if answer["settled"] or time.monotonic() > end:
            return answer
        await asyncio.sleep(pause)


async def wait_ready(client: httpx.AsyncClient, seconds: float = 60) -> None:
    """Wait until the gateway and all services answer; raises CliProblem after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            response = await client.get("/ops/settled")
            if response.is_success and all(response.json()["services"].values()):
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise CliProblem(
        f"{address()} 在 {seconds:.0f} 秒内没有就绪：请运行 fengqiao doctor",
        f"{address()} was not ready within {seconds:.0f} s: run `fengqiao doctor`",
    )
