"""Limits per user, partner and address: a counter of a sliding window each, in this process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from fengqiao_contracts.errors import Refusal

from ..settings import Settings


class Limiter:
    """Counts calls by kind and key; with several gateway processes each counts its own."""

    def __init__(self, settings: Settings) -> None:
        self._strategy = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem | None] = {
            "user": _item(settings.limit_user),
            "partner": _item(settings.limit_partner),
            "address": _item(settings.limit_address),
            "login": _item(settings.limit_login),
            "party-write": _item(settings.limit_party_writes),
        }

    async def count(self, kind: str, key: str) -> None:
        """Counts one call. Raises Refusal 429 with Retry-After where the limit is reached."""
        item = self._items[kind]
        if item is None or await self._strategy.hit(item, kind, key):
            return
        stats = await self._strategy.get_window_stats(item, kind, key)
        wait = max(1, min(math.ceil(stats.reset_time - time.time()), item.get_expiry()))
        raise Refusal(
            "too-many-requests",
            f"请求过多, 请在 {wait} 秒后重试",
            f"Too many requests: try again in {wait} s",
            status=429,
            retry_after=wait,
        )


def _item(text: str) -> RateLimitItem | None:
    return parse(text) if text.strip() else None
