"""Reading the register: pages, one case, its timeline."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import ReadTx
from fengqiao_chassis.web import AreaCode, Principal, Who
from fengqiao_contracts.errors import Invalid
from fengqiao_contracts.values import Channel, Grade, Status

from .. import store
from ..handlers.supplement import no_such_case
from ..settings import IntakeSettings
from .models import (
    CaseLine,
    CasePage,
    CaseView,
    SupplementView,
    Timeline,
    line_values,
    party_view,
    timeline_entry,
)
from .params import CODE_PATTERN, WORD_PATTERN, Id


class CaseQuery(BaseModel):
    """What is asked of the register."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    risk: Grade | None = None
    type: str | None = Field(None, max_length=8, pattern=CODE_PATTERN)
    channel: Channel | None = None
    area: AreaCode | None = None
    unit: str | None = Field(None, max_length=64, pattern=CODE_PATTERN)
    overdue: bool | None = None
    parked: bool | None = None
    q: str | None = Field(None, max_length=100, pattern=WORD_PATTERN)
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(20, ge=1, le=1000)
    cursor: str | None = Field(
        None, max_length=100, json_schema_extra={"pattern": "^[0-9A-Za-z_=-]*$"}
    )


class CaseReading(BaseModel):
    """How a case is read."""

    model_config = ConfigDict(extra="forbid")

    unmask: bool = False


_CASE_ID = re.compile(r"[0-9a-f-]{36}")
_STAFF = ("admin", "city", "district", "clerk", "mediator", "partner", "party")


def add_routes(r: APIRouter, ctx: Context, settings: IntakeSettings) -> None:
    """GET /cases, /cases/{id}, /cases/{id}/timeline."""
    _get_cases(r, ctx, settings)
    _get_case(r, ctx)
    _get_timeline(r, ctx)


def _get_cases(r: APIRouter, ctx: Context, settings: IntakeSettings) -> None:
    @r.get("/cases", response_model=CasePage, tags=["cases"])
    async def get_cases(who: Who, asked: Annotated[CaseQuery, Query()]) -> CasePage:
        """The register: by page, newest first with a total; or by cursor, in the order of
        registration (begin with an empty cursor). `q` finds words of two characters and more in
        the texts, names, and numbers.
        """
        who.require(*_STAFF)
        wanted = _wanted(ctx, asked)
        size = min(asked.size, settings.page_max)
        async with ctx.db.read() as tx:
            if asked.cursor is not None:
                return await _after(tx, who, wanted, size, asked.cursor)
            return await _page(tx, who, wanted, size, asked.page)


def _get_case(r: APIRouter, ctx: Context) -> None:
    @r.get("/cases/{case_id}", response_model=CaseView, tags=["cases"])
    async def get_case(
        case_id: Id, request: Request, who: Who, how: Annotated[CaseReading, Query()]
    ) -> CaseView:
        """A case with its words and parties. Parties are masked; `unmask=true` shows them to who
        states a purpose. Every such reading is recorded.
        """
        who.require(*_STAFF)
        unmask = how.unmask
        if unmask and not (who.purpose or request.headers.get("x-purpose", "").strip()):
            raise Invalid(
                "purpose-needed",
                "查看完整个人信息须说明用途：请在请求头 X-Purpose 中填写",
                "to see personal data in full, state the purpose in the header X-Purpose",
                "purpose",
            )
        async with ctx.db.read() as tx:
            row = (await store.find_cases(tx, [case_id], who.scope)).get(case_id)
            if row is None:
                raise no_such_case()
            view = await _view(ctx, tx, who, row, masked=not unmask)
        fields = ["narrative", "parties"] if unmask else ["narrative"]
        await ctx.audit_read(
            request, who, "case.unmask" if unmask else "case.read", case_id, fields
        )
        return view


def _get_timeline(r: APIRouter, ctx: Context) -> None:
    @r.get("/cases/{case_id}/timeline", response_model=Timeline, tags=["cases"])
    async def get_timeline(
        case_id: Id,
        who: Who,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> Timeline:
        """All facts of a case in the register's order, without personal data."""
        who.require(*_STAFF, "auditor")
        async with ctx.db.read() as tx:
            if not await store.find_cases(tx, [case_id], who.scope):
                raise no_such_case()
            rows = await store.timeline_of(tx, case_id, who.scope, limit=limit, after=after)
        more = str(rows[-1].id) if len(rows) == limit else None
        return Timeline(items=[timeline_entry(row) for row in rows], next=more)


def _wanted(ctx: Context, asked: CaseQuery) -> store.CaseFilter:
    return store.CaseFilter(
        status=asked.status,
        risk=asked.risk,
        type=asked.type,
        channel=asked.channel,
        area_path=ctx.areas.path(asked.area) if asked.area is not None else None,
        unit=asked.unit,
        overdue=asked.overdue,
        parked=asked.parked,
        q=asked.q,
        blind=_blind(ctx, asked.q) if asked.q else None,
    )


def _blind(ctx: Context, q: str) -> tuple[str, str]:
    text = q.strip()
    return ctx.keys.blind("id_number", text.upper()), ctx.keys.blind("phone", text)


async def _page(
    tx: ReadTx, who: Principal, wanted: store.CaseFilter, size: int, page: int
) -> CasePage:
    offset = (page - 1) * size
    rows = await store.list_cases(tx, wanted, who.scope, limit=size, offset=offset)
    total = await store.count_cases(tx, wanted, who.scope)
    return CasePage(items=_lines(rows), total=total, page=page, size=size, next=None)


async def _after(
    tx: ReadTx, who: Principal, wanted: store.CaseFilter, size: int, cursor: str
) -> CasePage:
    after = _read_cursor(cursor)
    rows = await store.list_cases_after(tx, wanted, who.scope, limit=size, after=after)
    following = _cursor(rows[-1].id) if len(rows) == size else None
    return CasePage(items=_lines(rows), total=None, page=None, size=size, next=following)


def _lines(rows: Any) -> list[CaseLine]:
    return [CaseLine(**line_values(row)) for row in rows]


def _cursor(case_id: str) -> str:
    return base64.urlsafe_b64encode(case_id.encode()).decode()


def _read_cursor(cursor: str) -> str:
    try:
        after = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        after = "?"
    if after and not _CASE_ID.fullmatch(after):
        raise Invalid(
            "bad-cursor",
            "游标不对：请用上一页的 next，或以空游标从头开始",
            "not a cursor: use `next` of the page before, or begin with an empty one",
            "cursor",
        )
    return after


async def _view(
    ctx: Context, tx: ReadTx, who: Principal, row: Row[Any], *, masked: bool
) -> CaseView:
    texts = {t.part: t.text for t in await store.texts_of(tx, row.id, who.scope)}
    parties = await store.parties_of(tx, row.id, who.scope)
    return CaseView(
        **line_values(row),
        narrative=texts.get(0),
        claims=row.claims or [],
        parties=[party_view(party, ctx.keys, masked=masked) for party in parties],
        supplement_list=[
            SupplementView(
                id=s.id,
                number=s.number,
                kind=s.kind,
                text=texts.get(s.number),
                people_count=s.people_count,
                amount=s.amount,
                received_at=s.received_at,
            )
            for s in await store.supplements_of(tx, row.id, who.scope)
        ],
        masked=masked,
        parked=await store.parked_reason(tx, row.id, who.scope),
    )
