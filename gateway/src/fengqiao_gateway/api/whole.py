"""The platform as one: OpenAPI, readable documentation, whether all has settled, and forwarding."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from fengqiao_chassis.web.problems import no_such_method, problem

from ..docs.page import render
from ..domain.documents import methods_of
from .identity import The, Who

router = APIRouter()

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_CSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request, door: The) -> JSONResponse:
    """One OpenAPI 3.1 document of the whole."""
    return JSONResponse(await door.whole.openapi(request.app.openapi()))


@router.get("/docs", include_in_schema=False)
async def get_docs(
    request: Request, door: The, lang: Annotated[str, Query(pattern="^(zh|en)$")] = "zh"
) -> HTMLResponse:
    """The document for people; needs no script and no other host."""
    document = await door.whole.openapi(request.app.openapi())
    return HTMLResponse(render(document, lang), headers={"content-security-policy": _CSP})


@router.get("/docs/style.css", include_in_schema=False)
async def get_style() -> Response:
    """The style of the documentation."""
    text = (resources.files("fengqiao_gateway") / "docs" / "style.css").read_bytes()
    return Response(text, media_type="text/css", headers={"cache-control": "max-age=3600"})


@router.get("/v1/ops/settled", summary="是否已全部处理完", openapi_extra={"x-open": True})
async def get_settled(door: The) -> dict[str, Any]:
    """Whether every service has nothing left to do: counts only, so it needs no login."""
    return await door.whole.settled(door.ctx.settled)


@router.api_route("/v1/{path:path}", methods=_METHODS, include_in_schema=False)
async def forward(path: str, request: Request, door: The, who: Who) -> Response:
    """Everything else of /v1 goes to the service that owns it; an own path lacks the method."""
    own = methods_of(request.app.openapi(), f"/v1/{path}")
    if own:
        refused = problem(no_such_method())
        refused.headers["allow"] = ", ".join(own)
        return refused
    return await door.forwarder.forward(path, request, who)
