"""The register's projection: every fact moves status columns and is added to the timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import CASES, Fact
from fengqiao_contracts.life import CHANGING, CaseState, advance

from .. import store
from ..domain.timeline import brief


async def project_timeline(tx: Tx, items: Sequence[Received[Fact]]) -> None:
    """Keep the status of each case and its timeline, by facts of every service, ours included.

    A fact of a case that is not here (a foreign deployment's, an erased journal's) is kept on the
    timeline and changes nothing else.
    """
    items = [item for item in items if item.envelope.topic == CASES]
    moving = [item for item in items if type(item.fact) in CHANGING]
    states = await store.load_states(tx, {item.envelope.subject for item in moving}, SYSTEM)
    moved: dict[str, CaseState] = {}
    for item in moving:
        case_id = item.envelope.subject
        state = moved.get(case_id) or states.get(case_id)
        if state is not None:
            after = advance(state, item.fact)
            if after != state:
                moved[case_id] = after
    await store.save_states(tx, moved)
    await store.add_timeline(tx, [_entry(item) for item in items])


def _entry(item: Received[Fact]) -> dict[str, Any]:
    envelope = item.envelope
    return {
        "case_id": envelope.subject,
        "fact_id": envelope.id,
        "name": envelope.name,
        "source": envelope.source,
        "sequence": envelope.sequence,
        "at": envelope.time,
        "actor": envelope.actor,
        "data": brief(json.loads(envelope.data)),
    }
