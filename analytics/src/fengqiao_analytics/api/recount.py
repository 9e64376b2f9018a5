"""The recount: every number anew, and where the roll-ups differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from fengqiao_chassis.service import Context
from fengqiao_chassis.web import Who

from .. import store


class Difference(BaseModel):
    """A number that the roll-up holds otherwise than the recount."""

    what: str
    key: str
    held: int
    recounted: int


class Recount(BaseModel):
    """All counts anew from the lines of cases; `equal` = no difference anywhere."""

    as_of: datetime
    equal: bool
    registered: int
    buckets: dict[str, int]
    status: dict[str, int]
    type: dict[str, int]
    grade: dict[str, int]
    channel: dict[str, int]
    district: dict[str, int]
    unit: dict[str, int]
    differences: list[Difference]


def add_routes(r: APIRouter, ctx: Context) -> None:
    """GET /recount."""

    @r.get("/recount", response_model=Recount, tags=["statistics"])
    async def get_recount(who: Who) -> Recount:
        """Count every case anew and compare with the roll-ups that the numbers come from."""
        who.require("admin", "city", "auditor")
        async with ctx.db.read() as tx:
            counts, rollup, units = await store.recount(tx, who.scope)
        named = {"/".join(map(str, k)): n for k, n in rollup.items()}
        anew = {"/".join(map(str, k)): n for k, n in counts.rollup.items()}
        differences = _compare("rollup", named, anew) + _compare("unit", units, counts.unit)
        return Recount(
            as_of=ctx.now(),
            equal=not differences,
            registered=counts.registered,
            buckets=dict(counts.buckets),
            status=dict(counts.status),
            type=dict(counts.type),
            grade=dict(counts.grade),
            channel=dict(counts.channel),
            district=dict(counts.district),
            unit=dict(counts.unit),
            differences=differences,
        )


def _compare(what: str, held: Mapping[Any, int], recounted: Mapping[Any, int]) -> list[Difference]:
    return [
        Difference(what=what, key=str(key), held=held.get(key, 0), recounted=recounted.get(key, 0))
        for key in sorted({*held, *recounted}, key=str)
        if held.get(key, 0) != recounted.get(key, 0)
    ]
