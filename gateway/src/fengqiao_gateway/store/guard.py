"""Identity, webhooks and places belong to nobody's area: the gateway alone reads them."""

from __future__ import annotations

from fengqiao_chassis.store import SYSTEM, Scope


def own_only(scope: Scope) -> None:
    """Raises PermissionError for any scope but the gateway's own."""
    if scope != SYSTEM:
        raise PermissionError("the gateway reads these rows for itself only")
