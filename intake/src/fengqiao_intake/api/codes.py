"""The code tables, with their versions and sources."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from fengqiao_chassis.web import Who
from fengqiao_contracts import codes


class TableLine(BaseModel):
    """A code table's name, version and title."""

    name: str
    version: str
    title: str


def add_routes(r: APIRouter) -> None:
    """GET /codes and /codes/{table}."""

    @r.get("/codes", response_model=list[TableLine], tags=["codes"])
    async def get_tables(_: Who) -> list[TableLine]:
        """All code tables."""
        tables = [codes.table(name) for name in codes.names()]
        return [TableLine(name=t.name, version=t.version, title=t.title) for t in tables]

    @r.get("/codes/{table}", tags=["codes"])
    async def get_table(table: str, _: Who) -> dict[str, Any]:
        """A code table with its rows in Chinese and English, its version and its source."""
        return codes.table(table).as_json()
