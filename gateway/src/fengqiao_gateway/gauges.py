"""What the gateway's metrics show of its tables."""

from __future__ import annotations

from fengqiao_chassis.store import SYSTEM, ReadTx

from .store import facts, webhooks


async def gauges(tx: ReadTx) -> dict[str, float]:
    """Kept facts, and deliveries that are pending or have failed."""
    owed = await webhooks.count_deliveries(tx, SYSTEM)
    return {
        "gateway_facts_kept": await facts.kept_facts(tx, SYSTEM),
        "gateway_deliveries_pending": owed.get("pending", 0),
        "gateway_deliveries_failed": owed.get("failed", 0),
    }
