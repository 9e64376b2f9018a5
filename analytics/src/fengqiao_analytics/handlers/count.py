"""Counting: every fact moves the line of its case and, with it, the roll-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fengqiao_chassis.bus import Received
from fengqiao_chassis.store import SYSTEM, Tx
from fengqiao_contracts.facts import CaseRegistered, CommitteeRegistered, Fact

from .. import store
from ..domain.counts import COUNTED, Key, Line, begin, follow, key_of, unit_of


async def count_cases(tx: Tx, items: Sequence[Received[Fact]]) -> None:
    """Move lines and roll-ups by a batch of facts, in one transaction with the batch itself; what
    the registry enters gives the bodies their names.

    A case whose registration is not here is not counted: the sum names registered cases only.
    """
    entered = [item.fact for item in items if isinstance(item.fact, CommitteeRegistered)]
    await store.note_committees(tx, entered)
    about = [item for item in items if type(item.fact) in COUNTED]
    if not about:
        return
    before = await store.load_lines(tx, {item.envelope.subject for item in about}, SYSTEM)
    after = dict(before)
    registered: dict[str, CaseRegistered] = {}
    for item in about:
        case_id, fact = item.envelope.subject, item.fact
        if case_id in after:
            after[case_id] = follow(after[case_id], fact, item.envelope.time)
        elif isinstance(fact, CaseRegistered):
            registered[case_id] = fact
            after[case_id] = begin(fact)
    new = [after[case_id] for case_id in registered]
    moved = [line for case_id, line in after.items() if line is not before.get(case_id, line)]
    await store.save_lines(tx, list(zip(registered.values(), new, strict=True)), moved)
    await store.add_counts(tx, *_deltas(new, moved, before))


def _deltas(
    new: Sequence[Line], moved: Sequence[Line], before: dict[str, Line]
) -> tuple[Counter[Key], Counter[tuple[str, str, str]]]:
    counts: Counter[Key] = Counter()
    units: Counter[tuple[str, str, str]] = Counter()
    for sign, lines in ((1, [*new, *moved]), (-1, [before[line.case_id] for line in moved])):
        for line in lines:
            counts[key_of(line)] += sign
            units[line.district, unit_of(line), line.state.status] += sign
    return counts, units
