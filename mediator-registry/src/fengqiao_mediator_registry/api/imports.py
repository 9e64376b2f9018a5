"""The route of the bulk load."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import Tx
from fengqiao_chassis.web import Who
from fengqiao_contracts.errors import TooLarge

from ..domain import Policy
from ..handlers.committees import Desk
from ..handlers.imports import IMPORTERS, MAX_LINES, LineError, Numbered, import_records
from ..handlers.inputs import ImportRecord
from . import views

_RECORD: TypeAdapter[ImportRecord] = TypeAdapter(ImportRecord)

_BODY = {
    "requestBody": {
        "required": True,
        "description": f"JSON lines in UTF-8, at most {MAX_LINES}; committees before their mediators",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


def add_routes(routes: APIRouter, ctx: Context, policy: Policy) -> None:
    """`/registry/imports`."""

    @routes.post("/registry/imports", response_model=views.ImportView, openapi_extra=_BODY)
    async def post_import(request: Request, who: Who) -> Response:
        """Load committees, mediators (admitted at once) and experts; safe to repeat: an external id
        that is known changes its entry. Bad lines are reported, the others taken.
        """
        who.require(*IMPORTERS)
        lines = _lines(await request.body())
        if len(lines) > MAX_LINES:
            raise _too_many()
        records, errors = _parse(lines)

        async def work(tx: Tx) -> views.ImportView:
            tally = await import_records(tx, policy, Desk(who, ctx.areas), records)
            bad = sorted([*errors, *tally.errors], key=lambda error: error.line)
            return views.ImportView(
                received=len(lines),
                created=tally.created,
                changed=tally.changed,
                unchanged=tally.unchanged,
                errors=[views.LineErrorView.model_validate(error) for error in bad],
            )

        return await ctx.command(request, work)


def _lines(body: bytes) -> list[tuple[int, bytes]]:
    """The lines that hold something, with their numbers."""
    numbered = enumerate(body.split(b"\n"), start=1)
    return [(number, line) for number, line in numbered if line.strip()]


def _parse(lines: list[tuple[int, bytes]]) -> tuple[list[Numbered], list[LineError]]:
    records: list[Numbered] = []
    errors: list[LineError] = []
    for number, line in lines:
        try:
            records.append((number, _RECORD.validate_json(line)))
        except ValidationError as why:
            errors.append(_bad_line(number, why))
    return records, errors


def _bad_line(number: int, why: ValidationError) -> LineError:
    """The first fault of a line; its value is not repeated, it may be personal data."""
    first = why.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"][1:]) or None
    return LineError(
        number,
        "invalid-record",
        where,
        "这一行不符合格式：请按字段说明改正",
        f"the line does not fit its schema: {first['type']}",
    )


def _too_many() -> TooLarge:
    return TooLarge(
        "too-many-lines",
        f"一次最多 {MAX_LINES} 行：请分批导入",
        f"at most {MAX_LINES} lines at once: send several requests",
        "body",
    )
