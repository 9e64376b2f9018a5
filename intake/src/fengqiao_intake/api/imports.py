"""Bulk registration: chunks of rows as JSON or as JSON lines, and the import's progress."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import AreaCode, Text, Who
from fengqiao_contracts.errors import Invalid, NotFound
from fengqiao_contracts.values import Channel

from .. import store
from ..handlers.imports import (
    ImportChunk,
    ImportRows,
    RowError,
    import_cases,
    plan_import,
)
from .commands import planner
from .params import Id

_ROWS = {"schema": ImportRows.model_json_schema()}
_LINES = {"schema": {"type": "string", "description": "one case per line; defaults in the query"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": _ROWS, "application/x-ndjson": _LINES},
    }
}


class ImportView(BaseModel):
    """How far an import is; `last_line` is the last line received, `next` continues the errors."""

    id: str
    import_key: str
    registered: int
    rejected: int
    last_line: int
    created_at: datetime
    updated_at: datetime
    errors: list[RowError]
    next: str | None


def add_routes(r: APIRouter, ctx: Context) -> None:
    """POST /imports and GET /imports/{id}."""
    _post_import(r, ctx)
    _get_import(r, ctx)


def _post_import(r: APIRouter, ctx: Context) -> None:
    @r.post(
        "/imports",
        status_code=201,
        response_model=ImportChunk,
        openapi_extra=_BODY,
        tags=["imports"],
    )
    async def post_import(
        request: Request,
        who: Who,
        channel: Channel | None = None,
        area: AreaCode | None = None,
        import_key: Annotated[str, Text(1, 128)] | None = None,
        first_line: Annotated[int, Query(ge=1, le=1_000_000_000)] = 1,
    ) -> Response:
        """Register up to 500 rows at once: good rows are registered, bad ones answered by line
        with field and reason. Sending a chunk again changes nothing.
        """
        raw = await request.body()
        if "ndjson" in request.headers.get("content-type", ""):
            named = {"channel": channel, "area": area, "import_key": import_key}
            data: Any = {k: v for k, v in named.items() if v is not None}
            data |= {"rows": _lines(raw), "first_line": first_line}
        else:
            data = _json(raw)
        body = _validated(data)
        planned = plan_import(planner(ctx, who), ctx.areas, who, body)
        return await ctx.command(request, lambda tx: import_cases(tx, who, planned), status=201)


def _get_import(r: APIRouter, ctx: Context) -> None:
    @r.get("/imports/{import_id}", response_model=ImportView, tags=["imports"])
    async def get_import(
        import_id: Id,
        who: Who,
        after: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    ) -> ImportView:
        """The progress of an import and the rows that stand refused, by line."""
        async with ctx.db.read() as tx:
            row = await store.find_import(tx, import_id, who.scope)
            if row is None:
                raise NotFound(
                    "no-such-import",
                    "没有这次导入，或不是您的导入",
                    "there is no such import of yours",
                    "import_id",
                )
            rejected = await store.count_errors(tx, import_id, who.scope)
            errors = await store.errors_of(tx, import_id, who.scope, limit=limit, after=after)
        same = ("id", "import_key", "registered", "last_line", "created_at", "updated_at")
        return ImportView(
            **{name: getattr(row, name) for name in same},
            rejected=rejected,
            errors=[
                RowError(line=e.line, field=e.field, code=e.code, zh=e.zh, en=e.en) for e in errors
            ],
            next=str(errors[-1].line) if len(errors) == limit else None,
        )


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise _bad_json(None) from None


def _lines(raw: bytes) -> list[Any]:
    rows = []
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            raise _bad_json(number) from None
    return rows


def _bad_json(line: int | None) -> Invalid:
    where, place = (f"（第 {line} 行）", f" (line {line})") if line else ("", "")
    return Invalid(
        "bad-json",
        f"请求体不是 UTF-8 编码的 JSON{where}：请检查编码与格式",
        f"the body is not JSON in UTF-8{place}: check encoding and form",
        "body" if line is None else f"rows.{line - 1}",
        status=400 if line is None else 422,
    )


def _validated(data: Any) -> ImportRows:
    try:
        return ImportRows.model_validate(data)
    except ValidationError as problem:
        errors = [{**e, "loc": ("body", *e["loc"])} for e in problem.errors(include_url=False)]
        raise RequestValidationError(errors) from None
