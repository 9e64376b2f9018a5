"""The registry's routes; paths without the version, which the gateway adds."""

from __future__ import annotations

from fastapi import APIRouter

from fengqiao_chassis.service import Context

from ..domain import Policy
from . import areas, committees, experts, imports, mediators

__all__ = ["router"]


def router(policy: Policy, ctx: Context) -> APIRouter:
    """All routes of the service."""
    routes = APIRouter(tags=["registry"])
    areas.add_routes(routes, ctx)
    committees.add_routes(routes, ctx, policy)
    mediators.add_routes(routes, ctx, policy)
    experts.add_routes(routes, ctx)
    imports.add_routes(routes, ctx, policy)
    return routes
