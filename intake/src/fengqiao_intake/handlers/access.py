"""Who may register where, and who else may see a case."""

from __future__ import annotations

from fengqiao_chassis.web import Principal
from fengqiao_contracts.errors import Forbidden

_OF_AN_AREA = frozenset({"admin", "city", "district", "clerk"})


def check_area(who: Principal, area_path: str) -> None:
    """Staff register in their own areas, a mediator in those he has; parties and partner systems
    report disputes of the whole city. Raises Forbidden naming `area`.
    """
    bound = who.role in _OF_AN_AREA or (who.role == "mediator" and who.areas)
    if bound and not any(area_path.startswith(own) for own in who.areas):
        raise Forbidden(
            "foreign-area",
            "该区划不在您的辖区内：请改正 area，或由上级登记",
            "the area is outside your scope: correct it, or let the city register",
            "area",
        )


def with_referrer(referrers: str, system: str) -> str:
    """The referrers' column (`|court|petition|`) with one more system."""
    known = [name for name in referrers.split("|") if name]
    return "|" + "|".join(sorted({*known, system})) + "|"
