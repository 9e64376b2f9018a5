"""Second looks: what could not be settled in the transaction that noticed it."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.store import Tx

from ..domain.table import Table
from .again import look_again
from .desk import Desk
from .registry import look_in_area as look


async def look_second(table: Table, tx: Tx, subject: str, _: Any = None) -> None:
    """A case found no unit: one may have been entered by another process at the same moment."""
    desk = Desk(tx, table)
    await look_again(desk, [subject], {})
    await desk.save()


async def look_in_area(table: Table, tx: Tx, subject: str, data: Any = None) -> None:
    """The rest of an area's waiting cases look at a new unit."""
    await look(table, tx, subject, (data or {}).get("after", ""))
