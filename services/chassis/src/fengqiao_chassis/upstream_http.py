"""The gateway's way to services in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping

import aiohttp
from yarl import URL

from .upstream import TOTAL_SECONDS, Headers, UpstreamDown, UpstreamResponse

CONNECT_SECONDS = 2.0
CONNECTIONS = 200


class HttpUpstream:
    """Calls the services at `FENGQIAO_<SERVICE>_URL`; connections are kept and shared."""

    def __init__(
        self, urls: Mapping[str, str] | None = None, timeout: float = TOTAL_SECONDS
    ) -> None:
        self._urls = dict(urls or {})
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=CONNECT_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, service: str, method: str, path: str, query: str, headers: Headers, body: bytes
    ) -> UpstreamResponse:
        """The answer. Raises UpstreamDown when there is no address or no answer in time."""
        base = self._urls.get(service) or os.environ.get(variable(service), "")
        if not base:
            raise UpstreamDown(service)
        url = URL(base.rstrip("/") + path + (f"?{query}" if query else ""), encoded=True)
        try:
            async with self._open().request(
                method, url, headers=list(headers), data=body or None, allow_redirects=False
            ) as answer:
                given = [(k, v) for k, v in answer.headers.items()]
                return UpstreamResponse(answer.status, given, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UpstreamDown(service) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, limit_per_host=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Content-Type"),
            )
        return self._session


def variable(service: str) -> str:
    """The environment variable with a service's address: FENGQIAO_MEDIATOR_REGISTRY_URL."""
    return f"FENGQIAO_{service.upper().replace('-', '_')}_URL"
