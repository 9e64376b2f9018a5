"""Identifiers: time-ordered UUIDv7 (RFC 9562 §5.7), so that keys grow to the right of every index."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable

NewId = Callable[[], str]


def uuid7(unix_ms: int, random: bytes) -> str:
    """The UUIDv7 text for a time in milliseconds and 10 random bytes."""
    value = (unix_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def new_id() -> str:
    """A fresh UUIDv7 from the system clock and the system's randomness."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def derived_id(*parts: str) -> str:
    """The same id for the same parts (UUIDv5), for effects that must be stated once per cause."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "fengqiao:" + "\x1f".join(parts)))
