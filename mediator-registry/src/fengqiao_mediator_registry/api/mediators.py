"""Routes of mediators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from fengqiao_chassis.auth import Principal
from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who

from ..domain import Outcomes, Policy
from ..handlers import mediators as handlers
from ..handlers import standings
from ..handlers.inputs import (
    Admission,
    Application,
    PutMediator,
    Reinstatement,
    StandingChange,
)
from ..handlers.revisions import etag, expected
from ..store import mediators as store
from ..store import outcomes
from . import views
from .reading import CLEAR, IfMatch, MediatorFilter, reach

Entry = dict[str, Any]


def add_routes(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    """`/mediators`."""
    _add_reads(routes, ctx)
    _add_entry_commands(routes, ctx, policy)
    _add_standing_commands(routes, ctx, policy)


def _add_reads(routes: APIRouter, ctx: Context) -> None:
    @routes.get("/mediators", response_model=views.MediatorPage)
    async def list_mediators(
        who: Who, wanted: Annotated[MediatorFilter, Query()]
    ) -> views.MediatorPage:
        """Mediators of an area and all below it; personal data masked."""
        page, size = wanted.page, wanted.size
        async with ctx.db.read() as tx:
            total, rows = await store.page(tx, reach(who), wanted.columns(ctx.areas), page, size)
        items = [views.mediator(row, ctx.keys) for row in rows]
        return views.MediatorPage(total=total, page=page, size=size, items=items)

    @routes.get("/mediators/{mediator_id}", response_model=views.MediatorDetail)
    async def get_mediator(
        mediator_id: str, request: Request, who: Who, response: Response
    ) -> views.MediatorDetail:
        """A mediator with outcome counters and history; the registry's keepers see it in clear."""
        async with ctx.db.read() as tx:
            row = await store.get(tx, reach(who), mediator_id)
            if row is None:
                raise handlers.unknown_mediator()
            counts = await outcomes.counts(tx, reach(who), "mediator_id", [mediator_id])
            moves = await store.history(tx, reach(who), mediator_id)
        clear = who.role in CLEAR
        if clear:
            fields = ("id_number", "phone")
            await ctx.audit_read(request, who, "mediator.read", mediator_id, fields)
        response.headers["ETag"] = etag(row["revision"])
        history = [views.StandingView.model_validate(move) for move in moves]
        found = counts.get(mediator_id, Outcomes())
        return views.mediator_detail(row, ctx.keys, found, history, clear=clear)


def _add_entry_commands(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    @routes.post("/mediators", status_code=201, response_model=views.MediatorView)
    async def post_mediator(body: Application, request: Request, who: Who) -> Response:
        """Apply for admission; one person has one entry (the id number is compared, sealed)."""

        async def work(tx: Tx) -> views.MediatorView:
            return views.mediator(await handlers.apply(tx, policy, who, body), ctx.keys)

        return await ctx.command(request, work, status=201)

    @routes.put("/mediators/{mediator_id}", response_model=views.MediatorView)
    async def put_mediator(
        mediator_id: str,
        body: PutMediator,
        request: Request,
        who: Who,
        if_match: IfMatch = None,
    ) -> Response:
        """Committee, specialities, grade, capacity, contact, certificate: what is left out stays;
        needs If-Match with the ETag that was read.
        """
        revision = expected(if_match)

        async def work(tx: Tx) -> views.MediatorView:
            entry = await handlers.change_mediator(tx, who, mediator_id, revision, body)
            return views.mediator(entry, ctx.keys)

        response = await ctx.command(request, work)
        response.headers["ETag"] = etag(revision + 1)
        return response


Step = Callable[[Tx, Entry], Awaitable[Entry]]


def _add_standing_commands(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    async def act(request: Request, who: Principal, mediator_id: str, step: Step) -> Response:
        async def work(tx: Tx) -> views.MediatorView:
            entry = await handlers.reach(tx, who, mediator_id)
            return views.mediator(await step(tx, entry), ctx.keys)

        return await ctx.command(request, work)

    @routes.post("/mediators/{mediator_id}/admission", response_model=views.MediatorView)
    async def post_admission(
        mediator_id: str, body: Admission, request: Request, who: Who
    ) -> Response:
        """Decide an application (准入审核): approve, or deny with a reason."""
        step = partial(standings.decide_admission, policy=policy, who=who, body=body)
        return await act(request, who, mediator_id, step)

    @routes.post("/mediators/{mediator_id}/suspension", response_model=views.MediatorView)
    async def post_suspension(
        mediator_id: str, body: StandingChange, request: Request, who: Who
    ) -> Response:
        """Suspend from assignment, with a code of `suspension_reasons`."""
        step = partial(standings.suspend, who=who, body=body)
        return await act(request, who, mediator_id, step)

    @routes.post("/mediators/{mediator_id}/reinstatement", response_model=views.MediatorView)
    async def post_reinstatement(
        mediator_id: str, body: Reinstatement, request: Request, who: Who
    ) -> Response:
        """End a suspension; not while the certificate is expired."""
        step = partial(standings.reinstate, who=who, body=body)
        return await act(request, who, mediator_id, step)

    @routes.post("/mediators/{mediator_id}/retirement", response_model=views.MediatorView)
    async def post_retirement(
        mediator_id: str, body: StandingChange, request: Request, who: Who
    ) -> Response:
        """Leave for good (退出), with a code of `retirement_reasons`."""
        step = partial(standings.retire, who=who, body=body)
        return await act(request, who, mediator_id, step)
