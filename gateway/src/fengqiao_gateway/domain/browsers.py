"""What a browser says of a request that the page's own script cannot forge."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""
_OWN = frozenset({"same-origin", "none"})


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether another site's page made the request.

    `Sec-Fetch-Site` where the browser sends it (https and loopback); else `Origin` against `Host`. A
    caller without either is no browser.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


def on_loopback(host: str) -> bool:
    """Whether a `Host` header names this machine, where plain http is safe."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
