"""Reading the register: pages, one case, its timeline."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row

from fengqiao_chassis.service import Context
from fengqiao_chassis.store import ReadTx
from fengqiao_chassis.web import Principal, Who
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

_STAFF = ("admin", "city", "district", "clerk", "mediator", "partner", "party")


def add_routes(r: APIRouter, ctx: Context, settings: IntakeSettings) -> None:
    """GET /cases, /cases/{id}, /cases/{id}/timeline."""

    @r.get("/cases", response_model=CasePage, tags=["cases"])
    async def get_cases(
        who: Who,
        status: Status | None = None,
        risk: Grade | None = None,
        type: Annotated[str | None, Query(max_length=8)] = None,
        channel: Channel | None = None,
        area: Annotated[str | None, Query(max_length=20)] = None,
        unit: Annotated[str | None, Query(max_length=64)] = None,
        overdue: bool | None = None,
        q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
        size: Annotated[int, Query(ge=1, le=1000)] = 20,
        cursor: Annotated[str | None, Query(max_length=100)] = None,
    ) -> CasePage:
        """The register: by page, newest first with a total; or by cursor, in the order of
        registration (begin with an empty cursor). `q` finds words of two characters and more in
        the texts, names, and numbers."""
        who.require(*_STAFF)
        wanted = store.CaseFilter(
            status=status,
            risk=risk,
            type=type,
            channel=channel,
            area_path=ctx.areas.path(area) if area else None,
            unit=unit,
            overdue=overdue,
            q=q,
            blind=_blind(ctx, q) if q else None,
        )
        size = min(size, settings.page_max)
        async with ctx.db.read() as tx:
            if cursor is not None:
                return await _after(tx, who, wanted, size, cursor)
            return await _page(tx, who, wanted, size, page)

    @r.get("/cases/{case_id}", response_model=CaseView, tags=["cases"])
    async def get_case(
        case_id: str, request: Request, who: Who, unmask: bool = False
    ) -> CaseView:
        """A case with its words and parties. Parties are masked; `unmask=true` shows them to who
        states a purpose. Every such reading is recorded."""
        who.require(*_STAFF)
        if unmask and not who.purpose:
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
        await ctx.audit_read(request, who, "case.unmask" if unmask else "case.read", case_id, fields)
        return view

    @r.get("/cases/{case_id}/timeline", response_model=Timeline, tags=["cases"])
    async def get_timeline(
        case_id: str,
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
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Invalid(
            "bad-cursor",
            "游标不对：请用上一页的 next，或以空游标从头开始",
            "not a cursor: use `next` of the page before, or begin with an empty one",
            "cursor",
        ) from None


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
        parked=None,
    )
