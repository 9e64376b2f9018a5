"""Between who may know of a case and its row of the chassis's access columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from ..domain.access import CaseAccess
from ..domain.visibility import Access


def to_row(access: CaseAccess) -> dict[str, Any]:
    """The row of a case's access."""
    return {
        "case_id": access.case_id,
        "area_path": access.area_path,
        "reporter": access.reporter,
        "mediator": access.mediator,
        "referrers": join_referrers(access.referrers),
        "case_ref": access.case_id,
    }


def from_row(row: Mapping[str, Any]) -> CaseAccess:
    """A case's access of its row."""
    return CaseAccess(
        case_id=row["case_id"],
        area_path=row["area_path"],
        reporter=row["reporter"],
        mediator=row["mediator"],
        referrers=split_referrers(row["referrers"]),
    )


def access_of(row: Row[Any]) -> Access:
    """What guards a kept fact: its case's access where it speaks of a case, else its area."""
    if row.case_id is None or row.access_case_id is None:
        return Access(row.area_path, row.case_id)
    return Access(
        area_path=row.access_area_path,
        case_id=row.case_id,
        mediator=row.access_mediator,
        reporter=row.access_reporter,
        referrers=split_referrers(row.access_referrers),
    )


def join_referrers(systems: tuple[str, ...]) -> str:
    """`|court|police|`, so that a system is found with its bars around it."""
    return f"|{'|'.join(systems)}|" if systems else ""


def split_referrers(text: str | None) -> tuple[str, ...]:
    """The systems of a row."""
    return tuple(part for part in (text or "").split("|") if part)
