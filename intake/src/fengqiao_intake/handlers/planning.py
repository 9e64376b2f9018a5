"""Planning a registration before its transaction: checks, hashes, sealed columns, search words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from fengqiao_chassis.keys import Keyring
from fengqiao_chassis.web import Principal
from fengqiao_contracts.areas import Area, Areas
from fengqiao_contracts.facts import CasePii
from fengqiao_contracts.ids import new_id
from fengqiao_contracts.values import PartyIdentity, PartyRef

from ..domain import identity, registration
from ..store import search
from .access import with_referrer
from .bodies import NewCase, NewParty

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedParty:
    """A party as the table, the fact and the personal part take it."""

    row: Values
    ref: PartyRef
    who: PartyIdentity


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """Everything about a new case but its number. `code` is told once and stored hashed."""

    id: str
    body: NewCase
    area: Area
    unit: str
    year: int
    received_at: datetime
    reported_at: datetime
    sha256: str
    words_hash: str | None
    code: str
    code_hash: str
    parties: Sequence[PlannedParty]
    words: str
    names: str | None
    pii: CasePii

    @property
    def reference(self) -> tuple[str, str] | None:
        """The referrer's (system, number), if it has one."""
        ref = self.body.external_ref
        return (ref.system, ref.number) if ref else None


class Planner:
    """Plans registrations for one caller at one moment; raises Invalid or Forbidden."""

    def __init__(self, keys: Keyring, areas: Areas, who: Principal, now: datetime) -> None:
        self._keys, self._areas, self._who, self._now = keys, areas, who, now

    def case(self, body: NewCase, received: Any) -> PlannedCase:
        """The plan of one case; `received` is the JSON as it arrived, for the receipt's hash."""
        now = self._now
        area = self._areas.get(body.area)
        registration.check_occurred_on(body.occurred_on, now)
        registration.check_amount(body.amount)
        reported_at = registration.check_reported_at(body.reported_at, now)
        if body.external_ref:
            system = body.external_ref.system
            registration.check_system(self._who.system, self._who.role, system)
        case_id = new_id()
        parties = self.parties(case_id, body.parties)
        names = " ".join(party.who.name for party in parties) or None
        code = registration.access_code(os.urandom(8))
        return PlannedCase(
            id=case_id,
            body=body,
            area=area,
            unit=self._areas.district(body.area).code,
            year=registration.business_year(now),
            received_at=now,
            reported_at=reported_at,
            sha256=receipt_hash(received),
            words_hash=registration.words_hash(body.narrative),
            code=code,
            code_hash=self._keys.blind("party-code", f"{case_id}:{code}"),
            parties=parties,
            words=search.words_of(body.narrative, names),
            names=names,
            pii=CasePii.model_construct(
                narrative=body.narrative,
                parties=tuple(party.who for party in parties),
                claims=tuple(body.claims),
            ),
        )

    def parties(
        self, case_id: str, parties: Sequence[NewParty], start: int = 0
    ) -> list[PlannedParty]:
        """Parties with ids, checked numbers and sealed columns; positions from `start`."""
        return [
            self._party(case_id, position, f"parties.{position - start}", party)
            for position, party in enumerate(parties, start)
        ]

    def _party(self, case_id: str, position: int, field: str, party: NewParty) -> PlannedParty:
        party_id = new_id()
        number = phone = id_kind = None
        if party.id_number is not None:
            id_kind = identity.id_kind_of(party.kind, party.id_kind)
            number = identity.clean_id_number(id_kind, party.id_number, f"{field}.id_number")
        if party.phone is not None:
            phone = identity.clean_phone(party.phone, f"{field}.phone")
        who = PartyIdentity.model_construct(
            party_id=party_id,
            name=party.name,
            id_kind=id_kind or party.id_kind,
            id_number=number,
            phone=phone,
            address=party.address,
        )
        row = {
            "id": party_id,
            "case_id": case_id,
            "position": position,
            "role": party.role,
            "kind": party.kind,
            "name": party.name,
            "id_kind": id_kind or party.id_kind,
            "address": self._sealed("address", party_id, party.address),
            "id_number": self._sealed("id_number", party_id, number),
            "id_blind": self._keys.blind("id_number", number) if number else None,
            "phone": self._sealed("phone", party_id, phone),
            "phone_blind": self._keys.blind("phone", phone) if phone else None,
        }
        ref = PartyRef.model_construct(party_id=party_id, role=party.role, kind=party.kind)
        return PlannedParty(row, ref, who)

    def _sealed(self, column: str, party_id: str, value: str | None) -> str | None:
        return None if value is None else self._keys.seal(place(column), party_id, value)


def place(column: str) -> str:
    """Where a sealed column stands: a ciphertext moved to another column does not open."""
    return f"intake_parties.{column}"


def receipt_hash(received: Any) -> str:
    """SHA-256 of the RFC 8785 form of the JSON received: anyone can compute it again."""
    return hashlib.sha256(rfc8785.dumps(received)).hexdigest()


def case_row(plan: PlannedCase, number: str, reporter: str, copy_of: str | None) -> Values:
    """The row of a newly registered case."""
    body, ref = plan.body, plan.reference
    return {
        "id": plan.id,
        "number": number,
        "unit": plan.unit,
        "channel": body.channel,
        "source": registration.source_of(body.channel),
        "area": plan.area.code,
        "occurred_on": body.occurred_on,
        "reported_at": plan.reported_at,
        "received_at": plan.received_at,
        "people_count": body.people_count,
        "amount": body.amount,
        "claims": body.claims or None,
        "external_system": ref[0] if ref else None,
        "external_number": ref[1] if ref else None,
        "words_hash": plan.words_hash,
        "copy_of": copy_of,
        "receipt_sha256": plan.sha256,
        "code_hash": plan.code_hash,
        "code_tries": 0,
        "supplements": 0,
        "status": "registered",
        "updated_at": plan.received_at,
        **access_values(plan, reporter),
    }


def access_values(plan: PlannedCase, reporter: str) -> Mapping[str, Any]:
    """Who may see the case from the first moment on."""
    return {
        "area_path": plan.area.path,
        "reporter": reporter,
        "referrers": with_referrer("|", plan.reference[0]) if plan.reference else "|",
        "case_ref": plan.id,
    }
