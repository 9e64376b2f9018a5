"""How a caller's scope narrows a query of the registry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Text, false, or_, true, type_coerce

from fengqiao_chassis.store import SYSTEM, Scope


def within(area_path: Column[Any], scope: Scope) -> ColumnElement[bool]:
    """Rows whose area lies in one of the scope's areas; all for the whole city."""
    if scope is SYSTEM:
        return true()
    return or_(false(), *(area_path.startswith(path, autoescape=True) for path in scope.areas))


def holds(column: Column[Any], code: str) -> ColumnElement[bool]:
    """Rows whose JSON list of codes has the code."""
    return type_coerce(column, Text).contains(f'"{code}"', autoescape=True)


def says(column: Column[Any], words: str) -> ColumnElement[bool]:
    """Rows whose text holds the words."""
    return column.contains(words, autoescape=True)
