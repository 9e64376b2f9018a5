"""The policies that a bureau brought in, and when each holds. Rules belong to the whole city: they
name no case, so whoever has an area of it may read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from fengqiao_chassis.store import ReadTx, Scope, Tx
from fengqiao_contracts.errors import Forbidden

from .tables import policies, policy_activations

_HEAD = (
    policies.c.version,
    policies.c.sha256,
    policies.c.note,
    policies.c.uploaded_by,
    policies.c.uploaded_at,
)


def _of_the_city(scope: Scope) -> None:
    """Raises Forbidden for a scope of single cases."""
    if not (scope.system or scope.areas):
        raise Forbidden(
            "no-area",
            "查看政策需要账户有管辖区域：请管理员为账户设置区域。",
            "Policies are for accounts with an area: let an administrator give the account one.",
        )


async def add_policy(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a version; none is ever changed."""
    await tx.run(insert(policies), row)


async def add_activation(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep from when a version holds."""
    await tx.run(insert(policy_activations), row)


async def next_activation(tx: Tx, scope: Scope) -> int:
    """The number of the next activation; two at once get the same, and one of them is refused."""
    _of_the_city(scope)
    last = await tx.scalar(select(func.max(policy_activations.c.number)))
    return int(last or 0) + 1


async def policy_heads(tx: ReadTx, scope: Scope) -> Sequence[Row[Any]]:
    """Every version brought in, without its text, the newest first."""
    _of_the_city(scope)
    return await tx.all(select(*_HEAD).order_by(policies.c.uploaded_at.desc(), policies.c.version))


async def policy_of(tx: ReadTx, scope: Scope, version: str) -> Row[Any] | None:
    """A version with its text."""
    _of_the_city(scope)
    return await tx.one(select(policies).where(policies.c.version == version))


async def activations(tx: ReadTx, scope: Scope) -> Sequence[Row[Any]]:
    """Every activation, in the order in which they were decided."""
    _of_the_city(scope)
    return await tx.all(select(policy_activations).order_by(policy_activations.c.number))


async def active_at(tx: ReadTx, scope: Scope, moment: datetime) -> Row[Any] | None:
    """The activation that holds at a moment, with its version's hash; None: that of the release.

    The one that begins last counts, and of two that begin together the one decided later.
    """
    _of_the_city(scope)
    stmt = (
        select(policy_activations.c.version, policies.c.sha256)
        .outerjoin(policies, policies.c.version == policy_activations.c.version)
        .where(policy_activations.c.active_from <= moment)
        .order_by(policy_activations.c.active_from.desc(), policy_activations.c.number.desc())
        .limit(1)
    )
    return await tx.one(stmt)
