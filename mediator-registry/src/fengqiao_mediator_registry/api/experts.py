"""Routes of experts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who

from ..handlers import experts as handlers
from ..handlers.inputs import NewExpert
from ..store import experts as store
from . import views
from .reading import ExpertFilter, reach


def add_routes(routes: APIRouter, ctx: Context) -> None:
    """`/experts`."""

    @routes.post("/experts", status_code=201, response_model=views.ExpertView)
    async def post_expert(body: NewExpert, request: Request, who: Who) -> Response:
        """Enrol an expert (专家智库)."""

        async def work(tx: Tx) -> views.ExpertView:
            entry = await handlers.enrol_expert(tx, ctx.areas, who, body)
            return views.expert(entry, ctx.keys)

        return await ctx.command(request, work, status=201)

    @routes.get("/experts", response_model=views.ExpertPage)
    async def list_experts(who: Who, wanted: Annotated[ExpertFilter, Query()]) -> views.ExpertPage:
        """Experts of an area and all below it, by subject; phones masked."""
        page, size = wanted.page, wanted.size
        async with ctx.db.read() as tx:
            total, rows = await store.page(tx, reach(who), wanted.columns(ctx.areas), page, size)
        items = [views.expert(row, ctx.keys) for row in rows]
        return views.ExpertPage(total=total, page=page, size=size, items=items)
