"""What the registry answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from fengqiao_chassis.keys import Keyring
from fengqiao_contracts.values import CommitteeKind

from ..domain import (
    Outcomes,
    Policy,
    assignable,
    committee_warnings,
    mask_id,
    mask_phone,
)


class View(BaseModel):
    """Base of answers; made from rows."""

    model_config = ConfigDict(from_attributes=True)


class AreaView(View):
    """An area of the tree; `path` is what scope is compared with."""

    code: str
    name: str
    level: str
    parent: str
    path: str
    zone: str | None


class AreaList(View):
    """Areas, all of them."""

    total: int
    items: list[AreaView]


class OutcomeView(View):
    """Counts of cases by how their assignment went on."""

    assigned: int = 0
    withdrawn: int = 0
    accepted: int = 0
    refused: int = 0
    agreed: int = 0
    performed: int = 0
    terminated: int = 0
    closed: int = 0


class WarningView(View):
    """What the law asks and the entry does not show."""

    code: str
    zh: str
    en: str
    article: str


class CommitteeView(View):
    """A committee's entry; `warnings` never hinder anything."""

    id: str
    external_id: str | None
    revision: int
    name: str
    kind: CommitteeKind
    area: str
    area_path: str
    specialities: list[str]
    setter: str | None
    filing_number: str | None
    filed_on: date | None
    address: str | None
    phone: str | None
    members: int | None
    women: int | None
    term_ends_on: date | None
    active: bool
    created_at: datetime
    updated_at: datetime
    warnings: list[WarningView]
    outcomes: OutcomeView | None = None


class CommitteePage(View):
    """One page of committees (共 N 条)."""

    total: int
    page: int
    size: int
    items: list[CommitteeView]


class MediatorView(View):
    """A mediator's entry; id number and phone are masked wherever `masked` is true."""

    id: str
    external_id: str | None
    revision: int
    committee_id: str
    committee_name: str | None = None
    area_path: str
    name: str
    id_kind: str
    id_number: str
    phone: str | None
    masked: bool
    employment: str
    tags: list[str]
    specialities: list[str]
    grade: int
    capacity: int
    certificate_number: str | None
    certificate_expires_on: date | None
    state: str
    reason: str | None
    assignable: bool
    applied_at: datetime
    admitted_at: datetime | None
    updated_at: datetime


class StandingView(View):
    """One move of a mediator's standing."""

    number: int
    action: str
    state: str
    reason: str | None
    note: str | None
    actor: str
    at: datetime


class MediatorDetail(MediatorView):
    """A mediator with the counts of outcomes and the history of the standing."""

    outcomes: OutcomeView
    history: list[StandingView]


class MediatorPage(View):
    """One page of mediators (共 N 条), personal data masked."""

    total: int
    page: int
    size: int
    items: list[MediatorView]


class ExpertView(View):
    """An expert; the phone is masked in lists."""

    id: str
    external_id: str | None
    name: str
    title: str | None
    organisation: str | None
    fields: list[str]
    area: str
    area_path: str
    phone: str | None
    enrolled_at: datetime


class ExpertPage(View):
    """One page of experts (共 N 条)."""

    total: int
    page: int
    size: int
    items: list[ExpertView]


class LineErrorView(View):
    """A line that was not taken; lines count from 1 in the body that was sent."""

    line: int
    code: str
    field: str | None
    zh: str
    en: str


class ImportView(View):
    """What became of an import's lines; `received` = created + changed + unchanged + errors, less
    earlier lines of an external id that came twice.
    """

    received: int
    created: int
    changed: int
    unchanged: int
    errors: list[LineErrorView]


def committee(
    entry: Mapping[str, Any], policy: Policy, today: date, outcomes: Outcomes | None = None
) -> CommitteeView:
    """The answer for an entry."""
    found = committee_warnings(
        policy, entry["members"], entry["women"], entry["term_ends_on"], today
    )
    return CommitteeView.model_validate(
        dict(entry) | {"id": entry["committee_id"], "warnings": found, "outcomes": outcomes}
    )


def mediator(entry: Mapping[str, Any], keys: Keyring, *, clear: bool = False) -> MediatorView:
    """The answer for an entry, masked unless `clear`."""
    return MediatorView.model_validate(_mediator(entry, keys, clear=clear))


def mediator_detail(
    entry: Mapping[str, Any],
    keys: Keyring,
    outcomes: Outcomes,
    history: list[StandingView],
    *,
    clear: bool,
) -> MediatorDetail:
    """The long answer for an entry, masked unless `clear`."""
    more = {"outcomes": outcomes, "history": history}
    return MediatorDetail.model_validate(_mediator(entry, keys, clear=clear) | more)


def expert(entry: Mapping[str, Any], keys: Keyring) -> ExpertView:
    """The answer for an expert, the phone masked."""
    phone = _open(keys, "registry_experts", entry["expert_id"], entry["phone_sealed"])
    masked = mask_phone(phone) if phone else None
    return ExpertView.model_validate(dict(entry) | {"id": entry["expert_id"], "phone": masked})


def _mediator(entry: Mapping[str, Any], keys: Keyring, *, clear: bool) -> dict[str, Any]:
    row_id = entry["mediator_id"]
    number = _open(keys, "registry_mediators", row_id, entry["id_sealed"]) or ""
    phone = _open(keys, "registry_mediators", row_id, entry["phone_sealed"])
    shown = {
        "id": row_id,
        "id_number": number if clear else mask_id(number),
        "phone": phone if clear or phone is None else mask_phone(phone),
        "masked": not clear,
        "assignable": assignable(entry["state"]),
    }
    return dict(entry) | shown


def _open(keys: Keyring, table: str, row_id: str, sealed: str | None) -> str | None:
    return None if sealed is None else keys.open(table, row_id, sealed)
