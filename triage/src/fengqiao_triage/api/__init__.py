"""The routes of triage: a case's assessment, its replay, and a dry run for any text."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Body, Day, MoneyIn, Text, Who

from ..domain.case import Rules
from ..domain.text import MAX_CHARS
from ..handlers import reads
from ..handlers.in_force import rules_in_force
from ..sheet import dry_run
from ..views import Assessment, CaseAssessment, Replay
from .duplicates import add_duplicate_routes
from .life import add_life_routes
from .policies import add_policy_routes
from .roles import READERS, STAFF, VIEWERS


class Question(Body):
    """A text to be read and graded without becoming a case."""

    text: Annotated[str, Text(1, MAX_CHARS)]
    supplements: Annotated[list[Annotated[str, Text(1, MAX_CHARS)]], Field(max_length=20)] = []
    people_count: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    amount: MoneyIn | None = None
    occurred_on: Day | None = None


def router(rules: Rules, ctx: Context) -> APIRouter:
    """The routes, bound to the rules in force."""
    routes = APIRouter(tags=["triage"])
    add_duplicate_routes(rules, routes, ctx)
    add_life_routes(routes, rules, ctx)
    add_policy_routes(routes, rules, ctx)

    @routes.get("/cases/{case_id}/assessment")
    async def get_assessment(case_id: str, request: Request, who: Who) -> CaseAssessment:
        """What the dispute is, how dangerous, may it be mediated, why, and every earlier grade."""
        who.require(*VIEWERS)
        reads_text = who.role in READERS
        async with ctx.db.read() as tx:
            view = await reads.assessment_of(tx, who.scope, case_id, with_texts=reads_text)
        if reads_text:
            await ctx.audit_read(request, who, "assessment.read", case_id, ("narrative",))
        return view

    @routes.get("/cases/{case_id}/assessment/replay")
    async def get_replay(
        case_id: str,
        who: Who,
        revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    ) -> Replay:
        """Compute an assessment again from its stored inputs: is it the same?"""
        who.require(*STAFF, "auditor")
        async with ctx.db.read() as tx:
            return await reads.replay(tx, who.scope, case_id, revision)

    @routes.post("/analyze", openapi_extra={"x-keyless": True})
    async def post_analyze(body: Question, who: Who) -> Assessment:
        """The same for a text that is not a case; nothing is stored."""
        who.require(*STAFF)
        async with ctx.db.read() as tx:
            now = await rules_in_force(tx, rules)
        return dry_run(
            now,
            [body.text, *body.supplements],
            ctx.now(),
            people=body.people_count,
            amount=body.amount,
            since=body.occurred_on,
        )

    return routes
