"""Cases that stand parked: some group has held their facts back, visible in this database."""

from __future__ import annotations

from sqlalchemy import select

from fengqiao_chassis.store import ReadTx, Scope, visible
from fengqiao_chassis.store.tables import held
from fengqiao_contracts.life import bucket_of

from ..domain.counts import Line
from .lines import LINE, line_of
from .tables import cases


async def parked_lines(tx: ReadTx, scope: Scope) -> list[Line]:
    """The cases in the scope that are held and not ended."""
    statement = select(*LINE).where(cases.c.id.in_(select(held.c.subject)), visible(cases.c, scope))
    lines = [line_of(row) for row in await tx.all(statement)]
    return [line for line in lines if bucket_of(line.state.status) != "ended"]
