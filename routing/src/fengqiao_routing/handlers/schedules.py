"""Second looks: what could not be settled in the transaction that noticed it."""

from __future__ import annotations

from typing import Any

from fengqiao_chassis.store import SYSTEM, Tx

from .. import store
from ..domain.table import Table
from .again import look_again
from .desk import Desk
from .registry import look_in_area as look
from .registry import move_on as move


async def look_second(table: Table, tx: Tx, subject: str, _: Any = None) -> None:
    """A case found no unit: one may have been entered by another process at the same moment."""
    desk = Desk(tx, table)
    await look_again(desk, [subject], {})
    await desk.save()


async def look_in_area(table: Table, tx: Tx, subject: str, data: Any = None) -> None:
    """The rest of an area's waiting cases look at a new unit."""
    await look(table, tx, subject, (data or {}).get("after", ""))


async def move_on(table: Table, tx: Tx, subject: str, data: Any = None) -> None:
    """The cases that a mediator was still given while he left."""
    known = await store.known_mediators(tx, SYSTEM, [subject])
    if subject in known and not known[subject].assignable:
        await move(table, tx, {subject: None}, data["reason"], lambda _: {})
