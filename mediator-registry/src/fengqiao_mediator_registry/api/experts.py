"""Routes of experts."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who

from ..handlers import experts as handlers
from ..handlers.inputs import NewExpert
from ..store import experts as store
from . import views
from .reading import CodeFilter, PageNumber, PageSize, Words, reach


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
    async def list_experts(
        who: Who,
        area: CodeFilter = None,
        field: CodeFilter = None,
        q: Words = None,
        page: PageNumber = 1,
        size: PageSize = 20,
    ) -> views.ExpertPage:
        """Experts of an area and all below it, by subject; phones masked."""
        path = ctx.areas.path(area) if area else None
        filters = {"area_path": path, "field": field, "q": q}
        async with ctx.db.read() as tx:
            total, rows = await store.page(tx, reach(who), filters, page, size)
        items = [views.expert(row._mapping, ctx.keys) for row in rows]
        return views.ExpertPage(total=total, page=page, size=size, items=items)
