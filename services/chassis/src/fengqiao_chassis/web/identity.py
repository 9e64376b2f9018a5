"""Who calls a service: the gateway's token, or the caller the gateway itself has proven."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from fengqiao_contracts.errors import Unauthorized

from ..auth import Principal

_SCHEME = "bearer "


async def caller(request: Request) -> Principal:
    """The proven caller of a request. Only the token counts: no other header names a person.

    Raises Unauthorized without a live token of the gateway for this service.
    """
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    header = request.headers.get("authorization", "")
    verifier = request.app.state.ctx.verifier
    if verifier is None or header[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthorized(
            "not-logged-in",
            "请先登录（Authorization: Bearer <令牌>）。",
            "Log in first (Authorization: Bearer <token>).",
        )
    who: Principal = verifier.verify(header[len(_SCHEME) :].strip())
    request.state.principal = who
    return who


Who = Annotated[Principal, Depends(caller)]
"""A parameter of a route: the proven caller."""
