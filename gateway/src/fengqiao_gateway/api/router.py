"""All routes of the gateway in one router; forwarding and the console, which take any path, stand last."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from ..runtime.door import Door
from . import accounts, console, facts, partners, sessions, webhooks, whole


def build_router(door: Door) -> APIRouter:
    """The router of one door. Every call is counted for its address first."""

    async def enter(request: Request) -> None:
        request.state.door = door
        await door.gate.admit(request)

    router = APIRouter(dependencies=[Depends(enter)])
    for part in (sessions, accounts, partners, webhooks, facts, whole, console):
        router.include_router(part.router)
    return router
