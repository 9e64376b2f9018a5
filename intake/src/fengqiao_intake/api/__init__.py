"""The routes of intake."""

from __future__ import annotations

from fastapi import APIRouter

from fengqiao_chassis.service import Context

from ..settings import IntakeSettings
from . import codes, commands, imports, referrals, register


def router(ctx: Context, *, settings: IntakeSettings) -> APIRouter:
    """All routes, without the version, which the gateway adds."""
    whole = APIRouter()
    commands.add_routes(whole, ctx)
    register.add_routes(whole, ctx, settings)
    imports.add_routes(whole, ctx)
    referrals.add_routes(whole, ctx)
    codes.add_routes(whole)
    return whole


__all__ = ["router"]
