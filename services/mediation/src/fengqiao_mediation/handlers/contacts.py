"""Who the parties are and how to reach them: the one place that opens class 1 personal data."""

from __future__ import annotations

import json
from typing import Any

from fengqiao_chassis.store import ReadTx, Scope

from .. import store
from ..shapes import ContactView

_TABLE = "mediation_parties"


async def read_contacts(tx: ReadTx, case_id: str, scope: Scope) -> list[ContactView]:
    """The parties of a case within the scope, in clear; empty where the scope sees no such case."""
    known = await store.identities(tx, [case_id], scope)
    return [
        ContactView(
            party_id=party_id, name=identity.name, **_opened(tx, case_id, party_id, identity)
        )
        for (_, party_id), identity in sorted(known.items())
    ]


def _opened(tx: ReadTx, case_id: str, party_id: str, identity: store.Identity) -> dict[str, Any]:
    if identity.sealed is None:
        return {}
    found: dict[str, Any] = json.loads(
        tx.keys.open(_TABLE, f"{case_id}/{party_id}", identity.sealed)
    )
    return found
