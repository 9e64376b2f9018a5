"""Which addresses a webhook may call: never our own network (OWASP API7, server-side request forgery)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from fengqiao_contracts.errors import Invalid

MAX_URL = 2000
PORTS = frozenset({443, 8443})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TUNNELS = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64; Python calls it global
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2002::/16",  # 6to4; Python calls it global
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in ("0.0.0.0/8", "100.64.0.0/10", "192.88.99.0/24", "224.0.0.0/3")
)
_CLOSED_NAMES = (
    "localhost",
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".lan",
    ".home.arpa",
    ".onion",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's address in parts; `trusted` where the operator listed host:port as allowed."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool


def parse_target(url: str, trusted: frozenset[str] = frozenset()) -> Target:
    """The parts of a webhook URL. Raises Invalid naming `url` and what to change.

    `trusted` holds `host:port` texts which may be plain http and inside (demo and tests only).
    """
    if len(url) > MAX_URL or not url.isascii() or any(c <= " " or c in '\\"<>^`{|}' for c in url):
        raise _refused(
            "请使用 2000 字符以内的 ASCII 网址",
            "Use an ASCII URL of at most 2000 characters",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("网址格式错误", "This is not a URL") from None
    if "@" in parts.netloc or parts.fragment or "#" in url:
        raise _refused("网址不能含用户名、密码或片段", "No user, password or fragment in the URL")
    host = (parts.hostname or "").rstrip(".")
    number = port if port is not None else (80 if parts.scheme == "http" else 443)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if f"{host}:{number}" in trusted and parts.scheme in ("http", "https"):
        return Target(parts.scheme, host, number, path, trusted=True)
    if parts.scheme != "https":
        raise _refused("请使用 https 网址", "Use an https URL")
    if number not in PORTS:
        raise _refused("端口只能是 443 或 8443", "The port must be 443 or 8443")
    _check_host(host)
    return Target("https", host, number, path, trusted=False)


def _check_host(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        _check_name(host)
    else:
        if not reachable(address):
            raise _refused("不能使用内部或保留地址", "Internal and reserved addresses are refused")


def _check_name(host: str) -> None:
    closed = any(host == n.lstrip(".") or (n[0] == "." and host.endswith(n)) for n in _CLOSED_NAMES)
    labels = host.split(".")
    well_formed = all(0 < len(label) <= 63 and _is_label(label) for label in labels)
    # a last label that begins with a digit is a disguised IPv4 number (127.1, 0x7f000001, 0177.1)
    numeric = bool(labels[-1]) and labels[-1][0].isdigit()
    if closed or not well_formed or numeric or len(labels) < 2 or len(host) > 253:
        raise _refused("请使用公开的完整域名", "Use a public, fully qualified host name")


def _is_label(label: str) -> bool:
    return label.replace("-", "a").replace("_", "a").isalnum() and label[0] != "-"


def reachable(address: Address) -> bool:
    """Whether an address is a public unicast one, also after unwrapping IPv4 inside IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        mapped = address.ipv4_mapped
        if mapped is not None:
            return reachable(mapped)
        if any(address in net for net in _TUNNELS):
            return False
    elif any(address in net for net in _CLOSED_V4):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_loopback
        and not address.is_link_local
        and not address.is_private
    )


def check_resolved(addresses: list[Address]) -> Address:
    """The address to pin. Raises Invalid where there is none, or any of them is not public.

    All must be public: a name with one inner address is an attempt to choose it later.
    """
    if not addresses:
        raise _refused("无法解析该域名", "The host name does not resolve")
    if not all(reachable(a) for a in addresses):
        raise _refused(
            "该域名指向内部或保留地址",
            "The name points to an internal or reserved address",
        )
    return addresses[0]


def _refused(zh: str, en: str) -> Invalid:
    return Invalid("webhook-url-refused", zh, en, "url")
