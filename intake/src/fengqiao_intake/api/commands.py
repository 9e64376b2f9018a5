"""Commands on cases: register, supplement, erase, and the party's key."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Answer, Principal, Who

from ..handlers import erase, party, supplement
from ..handlers.access import check_area
from ..handlers.bodies import Erasure, NewAnswers, NewCase, NewSupplement, PartyCheck
from ..handlers.planning import PlannedCase, Planner
from ..handlers.register import register_case
from .models import CaseReceipt, Receipt
from .params import Id

_REGISTRARS = ("admin", "city", "district", "clerk", "mediator", "partner", "party")


def add_routes(r: APIRouter, ctx: Context) -> None:
    """POST /cases, /cases/{id}/supplements|answers|erasure, /internal/party-check."""
    _post_case(r, ctx)
    _post_supplement(r, ctx)
    _post_answers(r, ctx)
    _post_erasure(r, ctx)
    _post_party_check(r, ctx)


def _post_case(r: APIRouter, ctx: Context) -> None:
    @r.post(
        "/cases",
        status_code=201,
        response_model=CaseReceipt,
        responses={200: {"model": CaseReceipt, "description": "The same external_ref again"}},
        tags=["cases"],
    )
    async def post_case(body: NewCase, request: Request, who: Who) -> Response:
        """Register a dispute (受理登记): number, receipt with time and hash, code for the party."""
        who.require(*_REGISTRARS)
        check_area(who, ctx.areas.path(body.area))
        received = json.loads(await request.body())
        plan = planner(ctx, who).case(body, received)
        return await ctx.command(request, lambda tx: _register(tx, who, plan), status=201)


def _post_supplement(r: APIRouter, ctx: Context) -> None:
    @r.post(
        "/cases/{case_id}/supplements",
        status_code=201,
        response_model=supplement.SupplementReceipt,
        tags=["cases"],
    )
    async def post_supplement(
        case_id: Id, body: NewSupplement, request: Request, who: Who
    ) -> Response:
        """Add later facts, a correction or an answer; triage looks at the case again."""
        who.require(*_REGISTRARS)
        received = json.loads(await request.body())
        plans = planner(ctx, who)
        return await ctx.command(
            request,
            lambda tx: supplement.supplement_case(tx, who, plans, case_id, body, received),
            status=201,
        )


def _post_answers(r: APIRouter, ctx: Context) -> None:
    @r.post(
        "/cases/{case_id}/answers",
        status_code=201,
        response_model=supplement.SupplementReceipt,
        tags=["cases"],
    )
    async def post_answers(case_id: Id, body: NewAnswers, request: Request, who: Who) -> Response:
        """Answer questions of GET /v1/cases/{id}/questions; the case is assessed again."""
        who.require(*_REGISTRARS)
        received = json.loads(await request.body())
        return await ctx.command(
            request,
            lambda tx: supplement.answer_questions(tx, who, case_id, body, received),
            status=201,
        )


def _post_erasure(r: APIRouter, ctx: Context) -> None:
    @r.post("/cases/{case_id}/erasure", response_model=erase.ErasureReceipt, tags=["cases"])
    async def post_erasure(case_id: Id, body: Erasure, request: Request, who: Who) -> Response:
        """Erase the personal data of a case everywhere; number, dates and status stay."""
        return await ctx.command(
            request, lambda tx: erase.erase_case(tx, who, case_id, body.reason)
        )


def _post_party_check(r: APIRouter, ctx: Context) -> None:
    @r.post("/internal/party-check", response_model=party.PartyAnswer, include_in_schema=False)
    async def post_party_check(body: PartyCheck, request: Request, who: Who) -> Response:
        """Whether a receipt's code opens its case; asked by the gateway only."""
        who.require("gateway")

        async def work(tx: Tx) -> Answer:
            answer = await party.check_party(tx, body)
            return Answer(answer, status=200 if answer.ok else 404)

        return await ctx.command(request, work)


def planner(ctx: Context, who: Principal) -> Planner:
    """A planner for the caller, now."""
    return Planner(ctx.keys, ctx.areas, who, ctx.now())


async def _register(tx: Tx, who: Principal, plan: PlannedCase) -> Answer:
    result = await register_case(tx, who, plan)
    receipt = Receipt(
        received_at=plan.received_at,
        sha256=plan.sha256,
        code=None if result.known else plan.code,
    )
    case = CaseReceipt(
        id=result.case_id, number=result.number, status=result.status, receipt=receipt
    )
    return Answer(case, status=200 if result.known else 201)
