"""What intake answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row

from fengqiao_chassis.keys import Keyring
from fengqiao_contracts.values import ExternalRef, Money

from ..domain.identity import mask_name, mask_number
from ..domain.timeline import title
from ..handlers.planning import place


class Receipt(BaseModel):
    """The proof of filing, which interrupts limitation (SPC limitation rules art. 12).

    `sha256` is that of the RFC 8785 form of the JSON received. `code` opens the party's view; it
    is told once and null where the case was known before.
    """

    received_at: datetime
    sha256: str
    code: str | None


class CaseReceipt(BaseModel):
    """The answer to a registration."""

    id: str
    number: str
    status: str
    receipt: Receipt


class CaseLine(BaseModel):
    """A case as the register lists it: no personal data."""

    id: str
    number: str
    unit: str
    channel: str
    source: str
    area: str
    area_path: str
    occurred_on: date | None
    reported_at: datetime
    received_at: datetime
    people_count: int | None
    amount: Money | None
    external_ref: ExternalRef | None
    copy_of: str | None
    supplements: int
    status: str
    type: str | None
    risk: str | None
    suitability: str | None
    outlet: str | None
    committee_id: str | None
    mediator_id: str | None
    waiting_reason: str | None
    overdue: str | None
    dossier_number: str | None
    updated_at: datetime
    erased_at: datetime | None


class CasePage(BaseModel):
    """A page of the register; `total` is null when read by cursor, `next` when nothing follows."""

    items: list[CaseLine]
    total: int | None
    page: int | None
    size: int
    next: str | None


class PartyView(BaseModel):
    """A party; masked unless unmasking was asked for with a purpose."""

    id: str
    role: str
    kind: str
    name: str | None
    id_kind: str | None
    id_number: str | None
    phone: str | None
    address: str | None


class SupplementView(BaseModel):
    """A supplement with its words."""

    id: str
    number: int
    kind: str
    text: str | None
    people_count: int | None
    amount: Money | None
    received_at: datetime


class CaseView(CaseLine):
    """A case with its words and parties. `parked`: why its facts are held back, if they are."""

    narrative: str | None
    claims: list[str]
    parties: list[PartyView]
    supplement_list: list[SupplementView]
    masked: bool
    parked: str | None


class TimelineEntry(BaseModel):
    """A fact of the case, without personal data."""

    id: str
    name: str
    zh: str
    en: str
    source: str
    sequence: int
    at: datetime
    actor: str
    data: dict[str, Any]


class Timeline(BaseModel):
    """Facts in the register's order; `next` continues."""

    items: list[TimelineEntry]
    next: str | None


_DIRECT = set(CaseLine.model_fields) - {"external_ref", "risk", "mediator_id"}


def line_values(row: Row[Any]) -> dict[str, Any]:
    """The values of a CaseLine from the register's row."""
    values = {name: getattr(row, name) for name in _DIRECT}
    values |= {"risk": row.grade, "mediator_id": row.mediator, "external_ref": None}
    if row.external_system:
        ref = ExternalRef(system=row.external_system, number=row.external_number)
        values["external_ref"] = ref
    return values


def party_view(row: Row[Any], keys: Keyring, *, masked: bool) -> PartyView:
    """A party, opened; masked to what tells parties apart unless `masked` is off."""
    opened: dict[str, str | None] = {"name": row.name}
    for column in ("id_number", "phone", "address"):
        sealed = getattr(row, column)
        opened[column] = None if sealed is None else keys.open(place(column), row.id, sealed)
    if masked:
        opened = {k: None if v is None else _MASKS[k](v) for k, v in opened.items()}
    return PartyView(id=row.id, role=row.role, kind=row.kind, id_kind=row.id_kind, **opened)


def _mask_address(address: str) -> str:
    return address[:3] + "***"


_MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "id_number": mask_number,
    "phone": mask_number,
    "address": _mask_address,
}


def timeline_entry(row: Row[Any]) -> TimelineEntry:
    """A timeline row with the fact's words."""
    zh, en = title(row.name)
    return TimelineEntry(
        id=row.fact_id,
        name=row.name,
        zh=zh,
        en=en,
        source=row.source,
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        data=row.data,
    )
