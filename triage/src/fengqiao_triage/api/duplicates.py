"""The routes of duplicate review: what a case is linked with; merge, link, unmerge."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Body, Text, Who

from ..domain.case import Rules
from ..handlers import duplicates
from ..same_views import Duplicates
from .roles import READERS

_DECIDE = ("city", "district", "clerk")
"""Roles that may say which cases are one, in their scope."""
_LOOK = (*_DECIDE, "auditor")
_Id = Annotated[str, Text(1, 64)]
_Note = Annotated[str, Text(1, 1000)] | None


class Merge(Body):
    """The case that is the same dispute as this one."""

    other_case_id: _Id
    note: _Note = None


class NewLink(Body):
    """A case that belongs with this one without being the same dispute."""

    other_case_id: _Id
    reason: Literal["same_parties", "same_counterpart", "human"] = "human"
    note: _Note = None


class Unmerge(Body):
    """The case that is not one with this; none named: this case leaves its dispute."""

    other_case_id: _Id | None = None
    note: _Note = None


def add_duplicate_routes(rules: Rules, routes: APIRouter, ctx: Context) -> None:
    """Add them to the service's routes."""
    _add_reads(routes, ctx)

    @routes.post("/cases/{case_id}/duplicates/merge", response_model=Duplicates)
    async def post_merge(case_id: str, body: Merge, request: Request, who: Who) -> Response:
        """Say that two cases are one dispute; no later run undoes it."""
        who.require(*_DECIDE)
        return await ctx.command(
            request,
            lambda tx: duplicates.merge(rules, tx, who, case_id, body.other_case_id, body.note),
        )

    @routes.post("/cases/{case_id}/duplicates/link", response_model=Duplicates)
    async def post_link(case_id: str, body: NewLink, request: Request, who: Who) -> Response:
        """Note that two cases belong together without being one dispute."""
        who.require(*_DECIDE)
        return await ctx.command(
            request,
            lambda tx: duplicates.link(
                tx, who, case_id, body.other_case_id, body.reason, body.note
            ),
        )

    @routes.post("/cases/{case_id}/duplicates/unmerge", response_model=Duplicates)
    async def post_unmerge(case_id: str, body: Unmerge, request: Request, who: Who) -> Response:
        """Part a case from its dispute, or refuse a suggestion; no later run undoes it."""
        who.require(*_DECIDE)
        return await ctx.command(
            request, lambda tx: duplicates.unmerge(tx, who, case_id, body.other_case_id, body.note)
        )


def _add_reads(routes: APIRouter, ctx: Context) -> None:
    @routes.get("/cases/{case_id}/duplicates")
    async def get_duplicates(case_id: str, request: Request, who: Who) -> Duplicates:
        """The dispute of a case, why its cases are one, and what else a human should look at."""
        who.require(*_LOOK)
        async with ctx.db.read() as tx:
            view = await duplicates.duplicates_of(
                tx, who.scope, case_id, with_notes=who.role in READERS
            )
        if any(link.note for link in view.links):
            await ctx.audit_read(request, who, "duplicates.read", case_id, ("note",))
        return view
