"""The routes of an assessment's life: a human's word beside the policy's, and the questions to ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Body, Text, Who
from fengqiao_contracts.values import Grade, Suitability

from ..domain.case import Rules
from ..handlers import override, questions
from ..life_views import OverrideList, OverrideView, Questions
from .roles import ASKED, DECIDERS, READERS, VIEWERS

_Reason = Annotated[str, Text(5, 1000)]
_Revision = Annotated[int, Field(ge=1, le=1_000_000)]


class NewOverride(Body):
    """What is to hold instead of what the policy says, and why: at least one of risk, type and
    suitability. `revision` is the assessment you looked at: another one since then is a 409.
    """

    risk: Grade | None = None
    type: Annotated[str, Field(pattern=r"^[0-9]{2}$", examples=["04"])] | None = None
    suitability: Suitability | None = None
    reason: _Reason
    revision: _Revision | None = None


class Release(Body):
    """Why the override is to hold no longer."""

    reason: _Reason
    revision: _Revision | None = None


def add_life_routes(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    """Override, release, the list of overrides, and questions."""
    _override_routes(routes, rules, ctx)

    @routes.get("/cases/{case_id}/assessment/overrides")
    async def list_overrides(case_id: str, request: Request, who: Who) -> OverrideList:
        """Every time a human judged otherwise, the newest first, and how it ended."""
        who.require(*VIEWERS)
        reads_text = who.role in READERS
        async with ctx.db.read() as tx:
            found = await override.overrides_of(tx, who.scope, case_id, with_reasons=reads_text)
        if reads_text and found.items:
            await ctx.audit_read(request, who, "override.read", case_id, ("reason",))
        return found

    @routes.get("/cases/{case_id}/questions")
    async def get_questions(case_id: str, who: Who) -> Questions:
        """What is still to be asked, in plain words, and what was answered; answer by
        POST /v1/cases/{id}/answers.
        """
        who.require(*ASKED)
        async with ctx.db.read() as tx:
            return await questions.questions_of(tx, who.scope, case_id, staff=who.role != "party")


def _override_routes(routes: APIRouter, rules: Rules, ctx: Context) -> None:
    @routes.post(
        "/cases/{case_id}/assessment/override", status_code=201, response_model=OverrideView
    )
    async def post_override(
        case_id: str, body: NewOverride, request: Request, who: Who
    ) -> Response:
        """Judge otherwise than the policy (人工改判). Both are kept; later facts can only raise it."""
        who.require(*DECIDERS)
        wanted = override.Wanted(body.risk, body.type, body.suitability, body.reason, body.revision)
        return await ctx.command(
            request,
            lambda tx: override.override_assessment(rules, tx, who, case_id, wanted),
            status=201,
        )

    @routes.post("/cases/{case_id}/assessment/override/release", response_model=OverrideView)
    async def post_release(case_id: str, body: Release, request: Request, who: Who) -> Response:
        """Give the case back to the policy; a red is not left before its days are over."""
        who.require(*DECIDERS)
        return await ctx.command(
            request,
            lambda tx: override.release_override(
                rules, tx, who, case_id, body.reason, body.revision
            ),
        )
