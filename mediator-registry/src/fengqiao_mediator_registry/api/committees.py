"""Routes of committees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from fengqiao_chassis.clock import business_date
from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who

from ..domain import Outcomes, Policy
from ..handlers import committees as handlers
from ..handlers.inputs import NewCommittee, PatchCommittee, PutCommittee
from ..handlers.revisions import etag, expected
from ..store import committees as store
from ..store import outcomes
from . import views
from .reading import CommitteeFilter, IfMatch, reach


def add_routes(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    """`/committees`."""
    _add_reads(routes, ctx, policy)
    _add_commands(routes, ctx, policy)


def _add_reads(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    @routes.get("/committees", response_model=views.CommitteePage)
    async def list_committees(
        who: Who, wanted: Annotated[CommitteeFilter, Query()]
    ) -> views.CommitteePage:
        """Committees of an area and all below it, by kind, dispute type and part of the name."""
        page, size = wanted.page, wanted.size
        async with ctx.db.read() as tx:
            total, rows = await store.page(tx, reach(who), wanted.columns(ctx.areas), page, size)
        today = business_date(ctx.now())
        items = [views.committee(row, policy, today) for row in rows]
        return views.CommitteePage(total=total, page=page, size=size, items=items)

    @routes.get("/committees/{committee_id}", response_model=views.CommitteeView)
    async def get_committee(committee_id: str, who: Who, response: Response) -> views.CommitteeView:
        """A committee with what the law warns about and how its cases went on."""
        async with ctx.db.read() as tx:
            row = await store.get(tx, reach(who), committee_id)
            if row is None:
                raise handlers.unknown_committee()
            counts = await outcomes.counts(tx, reach(who), "committee_id", [committee_id])
        response.headers["ETag"] = etag(row["revision"])
        today = business_date(ctx.now())
        return views.committee(row, policy, today, counts.get(committee_id, Outcomes()))


def _add_commands(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    def answer(entry: Mapping[str, Any]) -> views.CommitteeView:
        return views.committee(entry, policy, business_date(ctx.now()))

    async def change(
        request: Request, who: Who, committee_id: str, if_match: str | None, values: dict[str, Any]
    ) -> Response:
        revision, desk = expected(if_match), handlers.Desk(who, ctx.areas)

        async def work(tx: Tx) -> views.CommitteeView:
            return answer(await handlers.change_committee(tx, desk, committee_id, revision, values))

        response = await ctx.command(request, work)
        response.headers["ETag"] = etag(revision + 1)
        return response

    @routes.post("/committees", status_code=201, response_model=views.CommitteeView)
    async def post_committee(body: NewCommittee, request: Request, who: Who) -> Response:
        """File a committee (备案); what the law asks and is missing comes back as warnings."""

        async def work(tx: Tx) -> views.CommitteeView:
            desk = handlers.Desk(who, ctx.areas)
            return answer(await handlers.register_committee(tx, desk, body))

        return await ctx.command(request, work, status=201)

    @routes.put("/committees/{committee_id}", response_model=views.CommitteeView)
    async def put_committee(
        committee_id: str, body: PutCommittee, request: Request, who: Who, if_match: IfMatch = None
    ) -> Response:
        """The whole entry anew; needs If-Match with the ETag that was read."""
        return await change(request, who, committee_id, if_match, body.model_dump())

    @routes.patch("/committees/{committee_id}", response_model=views.CommitteeView)
    async def patch_committee(
        committee_id: str,
        body: PatchCommittee,
        request: Request,
        who: Who,
        if_match: IfMatch = None,
    ) -> Response:
        """Some fields; what is left out stays; needs If-Match with the ETag that was read."""
        values = body.model_dump(exclude_unset=True, exclude_none=True)
        return await change(request, who, committee_id, if_match, values)
