"""Who may read what of the registry."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.store import SYSTEM, Scope

PUBLIC = ("partner", "party", "mediator", "auditor", "admin")
"""Roles to which the directory of committees and mediators is open as it is to everybody: parties
may choose their mediator (People's Mediation Law art. 19). Personal data stay masked for them."""

CLEAR = ("city", "district")
"""Roles that see id numbers and phones in clear, each in its own areas, and each time audited."""

PageNumber = Annotated[int, Query(ge=1, le=10_000, description="counts from 1")]
PageSize = Annotated[int, Query(ge=1, le=200)]
Words = Annotated[str | None, Query(min_length=1, max_length=80, description="part of the name")]
CodeFilter = Annotated[str | None, Query(min_length=1, max_length=40)]


def reach(who: Principal) -> Scope:
    """What a caller may read: managers their areas, everybody else the whole directory."""
    return SYSTEM if who.role in PUBLIC else who.scope
