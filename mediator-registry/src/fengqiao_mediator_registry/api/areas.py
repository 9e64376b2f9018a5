"""Routes of the area tree."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import AreaCode, Who
from fengqiao_contracts.areas import Area
from fengqiao_contracts.errors import Invalid, NotFound

from .reading import Words
from .views import AreaList, AreaView

Level = Literal["city", "district", "zone", "street", "community"]


def add_routes(routes: APIRouter, ctx: Context) -> None:
    """`GET /areas`, `/areas/{code}`, `/areas/{code}/children`."""

    @routes.get("/areas", response_model=AreaList)
    async def list_areas(
        _: Who,
        level: Annotated[Level | None, Query()] = None,
        parent: AreaCode | None = None,
        q: Words = None,
    ) -> AreaList:
        """Areas by level, parent and part of the name; without a filter what is right below the city."""
        top = ctx.areas.city if parent is None else _named(ctx, parent)
        if level is None and q is None:
            return _list(ctx.areas.children(top.code))
        found = [
            area
            for area in ctx.areas.all()
            if area.path.startswith(top.path)
            and (level is None or area.level == level)
            and (q is None or q in area.name)
        ]
        return _list(found)

    @routes.get("/areas/{code}", response_model=AreaView)
    async def get_area(code: str, _: Who) -> Area:
        """One area."""
        return _get(ctx, code)

    @routes.get("/areas/{code}/children", response_model=AreaList)
    async def list_children(code: str, _: Who) -> AreaList:
        """What is right below an area: a functional zone's streets are below the zone."""
        return _list(ctx.areas.children(_get(ctx, code).code))


def _named(ctx: Context, parent: str) -> Area:
    try:
        return ctx.areas.get(parent)
    except Invalid as why:
        raise Invalid(why.code, why.zh, why.en, "parent") from None


def _get(ctx: Context, code: str) -> Area:
    try:
        return ctx.areas.get(code)
    except Invalid as why:
        raise NotFound(why.code, why.zh, why.en, "code") from None


def _list(found: tuple[Area, ...] | list[Area]) -> AreaList:
    items = [AreaView.model_validate(area) for area in found]
    return AreaList(total=len(items), items=items)
