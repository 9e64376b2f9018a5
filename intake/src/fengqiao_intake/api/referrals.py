"""The partner contract: refer, follow, sign for, give back."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Answer, Principal, Who
from fengqiao_contracts.errors import Invalid

from .. import store
from ..handlers import referrals
from ..handlers.access import check_area
from ..handlers.bodies import NewReferral, ReferralReturn
from ..handlers.planning import PlannedCase
from .commands import planner
from .params import Id

View = referrals.ReferralView


def add_routes(r: APIRouter, ctx: Context) -> None:
    """POST /referrals, GET /referrals/{id}, POST /referrals/{id}/ack and /return."""
    _post_referral(r, ctx)
    _get_referral(r, ctx)
    _post_ack(r, ctx)
    _post_return(r, ctx)


def _post_referral(r: APIRouter, ctx: Context) -> None:
    @r.post("/referrals", status_code=201, response_model=View, tags=["referrals"])
    async def post_referral(body: NewReferral, request: Request, who: Who) -> Response:
        """Refer a dispute: link your number to a case, or register the case with it. The same
        number again gives the same referral (200).
        """
        who.require("admin", "city", "district", "clerk", "partner")
        received = json.loads(await request.body())
        plan = _plan(ctx, who, body, received)

        async def work(tx: Tx) -> Answer:
            view, new = await referrals.refer_case(tx, who, body, plan, received)
            return Answer(view, status=201 if new else 200)

        return await ctx.command(request, work, status=201)


def _get_referral(r: APIRouter, ctx: Context) -> None:
    @r.get("/referrals/{referral_id}", response_model=View, tags=["referrals"])
    async def get_referral(referral_id: Id, who: Who) -> View:
        """Where a referral stands: our case, its status and outlet, and our answer."""
        async with ctx.db.read() as tx:
            row = await store.find_referral(tx, referral_id, who.scope)
        if row is None:
            raise referrals.no_such_referral()
        return referrals.view(row)


def _post_ack(r: APIRouter, ctx: Context) -> None:
    @r.post("/referrals/{referral_id}/ack", response_model=View, tags=["referrals"])
    async def post_ack(referral_id: Id, request: Request, who: Who) -> Response:
        """Sign for a referral (签收)."""
        return await ctx.command(
            request, lambda tx: referrals.acknowledge_referral(tx, who, referral_id)
        )


def _post_return(r: APIRouter, ctx: Context) -> None:
    @r.post("/referrals/{referral_id}/return", response_model=View, tags=["referrals"])
    async def post_return(
        referral_id: Id, body: ReferralReturn, request: Request, who: Who
    ) -> Response:
        """Give a referral back (退回) with its reason and, where known, who should have it."""
        return await ctx.command(
            request, lambda tx: referrals.return_referral(tx, who, referral_id, body)
        )


def _plan(
    ctx: Context, who: Principal, body: NewReferral, received: dict[str, object]
) -> PlannedCase | None:
    """The plan of the case that comes with a referral; its reference is the referral's."""
    if body.case is None:
        return None
    inner = body.case.external_ref
    if inner is not None and inner != body.external_ref:
        raise Invalid(
            "two-references",
            "来文号只填在 external_ref：请删去 case.external_ref",
            "give the number in external_ref only: remove case.external_ref",
            "case.external_ref",
        )
    check_area(who, ctx.areas.path(body.case.area))
    case = body.case.model_copy(update={"external_ref": body.external_ref})
    return planner(ctx, who).case(case, received["case"])
