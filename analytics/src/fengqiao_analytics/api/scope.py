"""Whom the statistics are for, and of which area."""

from __future__ import annotations

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Principal
from fengqiao_contracts.areas import Area
from fengqiao_contracts.errors import Forbidden

CODE = r"^[0-9A-Za-z_-]+$"
ROLES = ("admin", "city", "district", "clerk", "auditor")


def area_for(ctx: Context, who: Principal, code: str | None) -> Area:
    """The area asked for, or the caller's own; Invalid when unknown, Forbidden when foreign."""
    who.require(*ROLES)
    if code is None:
        return _own(ctx, who)
    area = ctx.areas.get(code)
    if not who.scope.covers(area.path):
        raise Forbidden(
            "foreign-area",
            "该区划不在您的辖区内：请改正 area",
            "the area is outside your scope: correct area",
            "area",
        )
    return area


def _own(ctx: Context, who: Principal) -> Area:
    """The one area of the caller; the city for who sees all (the path `/` too), or several areas."""
    paths = who.scope.areas
    if who.scope.system or len(paths) != 1 or paths[0] == "/":
        return ctx.areas.city
    return ctx.areas.get(paths[0].rstrip("/").rpartition("/")[2])
