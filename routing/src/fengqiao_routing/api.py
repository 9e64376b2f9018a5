"""The routes of routing: a case's routing, the waiting list, a dispatcher's decision, a dry run."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import SYSTEM
from fengqiao_chassis.web import AreaCode, Body, Code, Text, Who
from fengqiao_contracts.values import Channel, Grade, Outlet, Suitability, WaitReason

from . import store
from .domain.human import Choice
from .domain.table import Dispute, Table
from .handlers.decide import decide_routing, view_of
from .handlers.explain import explain
from .views import Explanation, RoutingView, WaitingPage, waiting_page

DISPATCHERS = ("city", "district")
STAFF = ("city", "district", "clerk", "auditor")


class RoutingDecision(Body):
    """A dispatcher's decision. For mediation name a unit or a mediator, or neither: by the table."""

    outlet: Outlet
    reason: Annotated[str, Text(2, 500)]
    unit_id: Annotated[str, Text(1, 64)] | None = None
    mediator_id: Annotated[str, Text(1, 64)] | None = None


class RouteQuestion(Body):
    """A dispute in codes, for a dry run."""

    channel: Channel
    type: Code
    suitability: Suitability
    grade: Grade
    area: AreaCode


def router(table: Table, ctx: Context) -> APIRouter:
    """The routes, bound to a version of the decision table."""
    routes = APIRouter(tags=["routing"])
    _case_routes(routes, table, ctx)

    @routes.get("/waiting")
    async def get_waiting(
        who: Who,
        reason: WaitReason | None = None,
        unit_id: Annotated[str | None, Query(max_length=64)] = None,
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
        size: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> WaitingPage:
        """The cases that wait, in the order in which they will be served."""
        who.require(*STAFF)
        async with ctx.db.read() as tx:
            find = partial(store.waiting_list, tx, who.scope, reason=reason, unit_id=unit_id)
            total, rows = await find(limit=size, offset=(page - 1) * size)
            ids = {row.unit_id for row in rows if row.unit_id}
            units = await store.units_named(tx, SYSTEM, ids) if ids else {}
        return waiting_page(rows, units, total, page, size)

    @routes.post("/route", openapi_extra={"x-keyless": True})
    async def post_route(body: RouteQuestion, who: Who) -> Explanation:
        """What would be decided, by which rule, and who is free now; nothing is stored."""
        who.require(*STAFF)
        path = ctx.areas.path(body.area)
        dispute = Dispute(body.channel, body.type, body.suitability, body.grade)
        async with ctx.db.read() as tx:
            return await explain(table, tx, who.scope, dispute, path)

    return routes


def _case_routes(routes: APIRouter, table: Table, ctx: Context) -> None:
    @routes.get("/cases/{case_id}/routing")
    async def get_routing(case_id: str, request: Request, who: Who) -> RoutingView:
        """Where the case goes, why, what else could have been, and every earlier decision."""
        async with ctx.db.read() as tx:
            view = await view_of(table, tx, who.scope, case_id)
        if who.role not in DISPATCHERS:
            return view.without_notes()
        if view.has_notes():
            await ctx.audit_read(request, who, "routing.note.read", case_id, ("note",))
        return view

    @routes.post("/cases/{case_id}/routing", response_model=RoutingView)
    async def post_routing(
        case_id: str, body: RoutingDecision, request: Request, who: Who
    ) -> Response:
        """Decide in place of the table: for cases that wait for a human, and to reassign."""
        who.require(*DISPATCHERS)
        choice = Choice(body.outlet, body.reason, body.unit_id, body.mediator_id)
        return await ctx.command(
            request,
            lambda tx: decide_routing(table, tx, who.scope, who.id, case_id, choice),
            status=200,
        )
