"""How the caller's scope limits tables that are not about one case, or hang on one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select, true

from fengqiao_chassis.store import SYSTEM, Scope, visible
from fengqiao_contracts.facts import CaseRegistered

from ..domain.areas import prefixes
from .tables import cases


def in_area(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows of the registry in the caller's areas, and units of the areas above them."""
    if scope == SYSTEM:
        return true()
    path = table.c.area_path
    below = [path.startswith(area, autoescape=True) for area in scope.areas]
    above = {prefix for area in scope.areas for prefix in prefixes(area)}
    return or_(path.in_(sorted(above)), *below)


def of_case(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows that hang on a case the caller may see."""
    if scope == SYSTEM:
        return true()
    return table.c.case_id.in_(select(cases.c.case_id).where(visible(cases.c, scope)))


def access(fact: CaseRegistered) -> dict[str, Any]:
    """The access columns of a newly registered case."""
    system = fact.external_ref.system if fact.external_ref else None
    return {
        "area_path": fact.area_path,
        "reporter": fact.reporter,
        "mediator": None,
        "referrers": add_referrer(None, system) if system else "|",
        "case_ref": fact.case_id,
    }


def add_referrer(known: str | None, system: str) -> str:
    """The access column `referrers` with one more system: names between bars, `|a|b|`."""
    names = [name for name in (known or "").split("|") if name]
    return "|" + "|".join([*names, *([] if system in names else [system])]) + "|"
