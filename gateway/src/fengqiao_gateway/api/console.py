"""The console's files, and its page for every path that a person may open."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from fengqiao_contracts.errors import NotFound

from ..runtime.console import POLICY, File
from .identity import The

router = APIRouter()


@router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def get_console(path: str, request: Request, door: The) -> Response:
    """A file of the console, or the console itself for a path that a browser opens as a page."""
    page = path != "v1" and "text/html" in request.headers.get("accept", "")
    found = door.console.find(path) or (door.console.find("index.html") if page else None)
    if found is not None:
        return _answer(found, request)
    if page and door.console.find("index.html") is None:
        raise NotFound(
            "console-not-built",
            "网页控制台尚未构建: 在代码目录运行 make console; 接口文档见 /docs",
            "The web console is not built: run `make console` in the checkout; the API is at /docs",
        )
    raise NotFound("no-such-path", "没有该接口，见 /docs。", "No such path; see /docs.")


def _answer(file: File, request: Request) -> Response:
    headers = {
        "etag": file.etag,
        "cache-control": file.cache,
        "content-security-policy": POLICY,
        "vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = file.packed, "gzip"
    return Response(body, media_type=None, headers=headers | {"content-type": file.kind})
