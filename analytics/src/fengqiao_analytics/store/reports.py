"""Issued products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from fengqiao_chassis.store import ReadTx, Scope, Tx

from .tables import reports


async def last_report(
    tx: ReadTx, kind: str, area: str, period: str, scope: Scope
) -> Row[Any] | None:
    """The latest issue for an area and period. Reports hold counts of an area: the caller has
    checked that the scope covers it; a scope of no area sees none.
    """
    if not (scope.system or scope.areas):
        return None
    statement = select(reports).where(
        reports.c.kind == kind, reports.c.area == area, reports.c.period == period
    )
    row: Row[Any] | None = await tx.one(statement.order_by(reports.c.issue.desc()).limit(1))
    return row


async def issues_of(
    tx: ReadTx, kind: str, area: str, period: str, scope: Scope
) -> Sequence[Row[Any]]:
    """All issues for an area and period, the first first."""
    if not (scope.system or scope.areas):
        return []
    statement = select(reports).where(
        reports.c.kind == kind, reports.c.area == area, reports.c.period == period
    )
    return await tx.all(statement.order_by(reports.c.issue))


async def add_report(tx: Tx, row: dict[str, Any]) -> None:
    """Write an issue."""
    await tx.run(insert(reports), row)
