"""Calling a webhook's receiver: resolved once, pinned to that address, no redirect, little read."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx

from fengqiao_contracts.errors import Invalid

from ..domain.deliveries import Answer
from ..domain.targets import Address, Target, check_resolved, parse_target

MAX_ANSWER = 16 * 1024
"""How much of an answer's body is read, to keep the connection; nothing of it is kept."""

MAX_LOOKING = 64
"""So many names may be looked up at once. A dead name server holds one place per name, and no
other work of the process: the loop's own threads are few, and shared."""

Resolver = Callable[[str, int], Awaitable[list[Address]]]
_threads = ThreadPoolExecutor(MAX_LOOKING, thread_name_prefix="names")


async def resolve(host: str, port: int) -> list[Address]:
    """All addresses of a host name; none where it does not resolve."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_threads, _look_up, host, port)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.ip_address(place) for place in found))


def _look_up(host: str, port: int) -> list[str]:
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in entries]


class Outbound:
    """Posts to receivers. `allowed` is the operator's list of inner `host:port` targets."""

    def __init__(
        self, allowed: frozenset[str], timeout: float, resolver: Resolver = resolve
    ) -> None:
        self._allowed = allowed
        self._timeout = timeout
        self._resolver = resolver
        self._looking: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}
        self._client: httpx.AsyncClient | None = None

    async def check(self, url: str) -> None:
        """Raises Invalid where the URL, or what it resolves to, may not be called."""
        await self._pin(parse_target(url, self._allowed))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt; every failure is an Answer without a status. Ends within the timeout."""
        try:
            async with asyncio.timeout(self._timeout):
                target = parse_target(url, self._allowed)
                address = await self._pin(target)
                return Answer(await self._send(target, address, headers, body))
        except TimeoutError:
            return Answer(None, "timeout")
        except Invalid:
            return Answer(None, "address-refused")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            return Answer(None, type(problem).__name__[:40])

    async def close(self) -> None:
        """Closes the connections, and waits for no name any more."""
        for looking in self._looking.values():
            looking.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _pin(self, target: Target) -> Address | str:
        """The one address to connect to. A second look-up could be answered otherwise."""
        if target.trusted:
            return target.host
        return check_resolved(await self._addresses(target.host, target.port))

    async def _addresses(self, host: str, port: int) -> list[Address]:
        """One look-up at a time of one name: those who ask meanwhile wait for the same answer."""
        looking = self._looking.get((host, port))
        if looking is None:

            async def look() -> list[Address]:
                try:
                    return await self._resolver(host, port)
                finally:
                    self._looking.pop((host, port), None)

            looking = self._looking[host, port] = asyncio.create_task(look())
        return await asyncio.shield(looking)  # who gives up takes the answer from nobody

    async def _send(
        self, target: Target, address: Address | str, headers: Mapping[str, str], body: bytes
    ) -> int:
        if self._client is None:
            # trust_env off: a proxy of the environment would resolve the name once more.
            # No common limit of connections: a few dead receivers would hold all of them. Each
            # webhook is limited by itself (webhook_parallel), and the webhooks of each partner.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
            self._client = httpx.AsyncClient(
                timeout=self._timeout, trust_env=False, follow_redirects=False, limits=limits
            )
        host = f"[{address}]" if isinstance(address, ipaddress.IPv6Address) else str(address)
        default = 443 if target.scheme == "https" else 80
        name = target.host if target.port == default else f"{target.host}:{target.port}"
        request = self._client.build_request(
            "POST",
            f"{target.scheme}://{host}:{target.port}{target.path}",
            headers={**headers, "host": name},
            content=body,
            extensions={"sni_hostname": target.host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            await _read_little(answer)
        finally:
            await answer.aclose()
        return answer.status_code


async def _read_little(answer: httpx.Response) -> None:
    seen = 0
    async for piece in answer.aiter_raw():
        seen += len(piece)
        if seen > MAX_ANSWER:
            return
