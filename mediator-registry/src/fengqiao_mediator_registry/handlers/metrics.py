"""The registry's numbers for the metrics."""

from __future__ import annotations

from fengqiao_chassis.store import SYSTEM, ReadTx

from ..domain import State
from ..store import mediators


async def gauges(tx: ReadTx) -> dict[str, float]:
    """Mediators by state, zero where there is none."""
    found = await mediators.count_by_state(tx, SYSTEM)
    return {f"mediators_{state.value}": float(found.get(state.value, 0)) for state in State}
