"""Which facts the gateway hears: all of them, without their personal part."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fengqiao_chassis.bus import Received, Subscriptions
from fengqiao_chassis.store import Tx
from fengqiao_contracts.facts import Fact

from .handlers.facts import keep_facts
from .handlers.webhooks import queue_deliveries


def subscriptions(ring: Callable[[], None]) -> Subscriptions:
    """Every fact is kept, and owed to the webhooks; `ring` is called after each commit."""

    async def keep(tx: Tx, items: Sequence[Received[Fact]]) -> None:
        await keep_facts(tx, items)
        if tx.live:
            await queue_deliveries(tx, items)
        tx.after_commit(ring)

    return Subscriptions(every=keep, pii=False)
