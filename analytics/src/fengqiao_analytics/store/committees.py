"""The names of committees, as the registry stated them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, false, or_, select

from fengqiao_chassis.store import ReadTx, Scope, Tx, upsert
from fengqiao_chassis.store.sql import excluded
from fengqiao_contracts.facts import CommitteeRegistered

from .tables import committees

_NAME = upsert(
    committees,
    ["committee_id"],
    update=["revision", "name", "area_path"],
    where=excluded(committees, "revision") > committees.c.revision,
)


async def note_committees(tx: Tx, entries: Sequence[CommitteeRegistered]) -> None:
    """Keep the newest name of each committee."""
    columns = ("committee_id", "revision", "name", "area_path")
    if entries:
        await tx.run(_NAME, [{name: getattr(e, name) for name in columns} for e in entries])


async def committee_names(tx: ReadTx, scope: Scope) -> Mapping[str, str]:
    """The names by id of the committees in the scope's areas, and of those above them: a case of a
    street may lie with the district's or the city's committee.
    """
    statement = select(committees.c.committee_id, committees.c.name)
    if not scope.system:
        statement = statement.where(or_(false(), *map(_serves, scope.areas)))
    return {row.committee_id: row.name for row in await tx.all(statement)}


def _serves(path: str) -> ColumnElement[bool]:
    steps = path.split("/")
    above = ["/".join(steps[:n]) + "/" for n in range(2, len(steps))]
    area = committees.c.area_path
    return area.in_(above) | area.startswith(path, autoescape=True)
