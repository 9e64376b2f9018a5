"""Forgetting what has run out: sessions, tries, old keys, old deliveries."""

from __future__ import annotations

from datetime import timedelta

from fengqiao_chassis.store import Tx

from ..store import accounts, partners, webhooks

_TRIES_KEPT = timedelta(days=1)


async def drop_old_rows(tx: Tx, keep_deliveries: timedelta) -> None:
    """Deletes rows that open nothing and owe nothing any more."""
    await accounts.drop_old_sessions(tx, tx.now)
    await accounts.drop_old_tries(tx, tx.now - _TRIES_KEPT)
    await partners.drop_old_keys(tx, tx.now)
    await webhooks.drop_old_deliveries(tx, tx.now - keep_deliveries)
