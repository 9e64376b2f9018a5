"""The overrides: what humans decided beside the policy, each kept with its reason and its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from fengqiao_chassis.store import ReadTx, Scope, Tx, visible

from .tables import cases, overrides


async def add_override(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep an override."""
    await tx.run(insert(overrides), row)


async def release_override(tx: Tx, override_id: str, values: Mapping[str, Any]) -> None:
    """Write when, by whom and why an override ended."""
    stmt = update(overrides).where(overrides.c.id == override_id, overrides.c.released_at.is_(None))
    await tx.run(stmt.values(**values))


async def overrides_of(tx: ReadTx, scope: Scope, case_id: str) -> Sequence[Row[Any]]:
    """Every override of a case, the newest first; none where the case is not seen here."""
    stmt = (
        select(overrides)
        .join(cases, cases.c.case_id == overrides.c.case_id)
        .where(overrides.c.case_id == case_id, visible(cases.c, scope))
        .order_by(overrides.c.revision.desc())
    )
    return await tx.all(stmt)


async def forget_reasons(tx: Tx, ids: Collection[str]) -> None:
    """Erase the words of these cases' overrides; who decided what and when stays."""
    stmt = update(overrides).where(
        overrides.c.case_id.in_(sorted(ids)),
        or_(overrides.c.reason.is_not(None), overrides.c.release_reason.is_not(None)),
    )
    await tx.run(stmt.values(reason=None, release_reason=None))
