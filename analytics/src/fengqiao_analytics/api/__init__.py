"""The routes of the statistics."""

from __future__ import annotations

from fastapi import APIRouter

from fengqiao_chassis.service import Context

from . import recount, reports, stats


def router(ctx: Context) -> APIRouter:
    """All routes, without the version, which the gateway adds."""
    whole = APIRouter()
    stats.add_routes(whole, ctx)
    reports.add_routes(whole, ctx)
    recount.add_routes(whole, ctx)
    return whole


__all__ = ["router"]
