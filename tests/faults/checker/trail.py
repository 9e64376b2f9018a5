"""I7 audit: the chain verifies; a change or a read of personal data has one entry."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from .model import Entry, Evidence, Judgement, RowDict, Violation, by, judge

CHANGES: Mapping[str, tuple[str, ...]] = {
    "case.registered": ("intake/case.register",),
    "case.supplemented": ("intake/case.supplement",),
    "personal_data.erased": ("intake/case.erase",),
    "case.accepted": ("mediation/mediation.accept",),
    "consent.given": ("mediation/mediation.give_consent",),
    "consent.refused": ("mediation/mediation.refuse_consent",),
    "session.held": ("mediation/mediation.hold_session",),
    "agreement.reached": ("mediation/mediation.reach_agreement",),
    "agreement.signed": ("mediation/mediation.sign",),
    "obligation.performed": ("mediation/mediation.perform",),
    "obligation.breached": ("mediation/mediation.breach",),
    "case.closed": ("mediation/mediation.close",),
    "case.archived": ("mediation/mediation.archive",),
    "deadline.missed": ("mediation/mediation.deadline_missed",),
    "mediator.suspended": ("mediator-registry/mediator.suspend",),
    "mediator.reinstated": ("mediator-registry/mediator.reinstate",),
    "mediator.retired": ("mediator-registry/mediator.retire",),
}
"""Facts that state one change each, and the action under which it is entered."""

READS = (
    (re.compile(r"/cases/([^/]+)"), ("intake/case.read", "intake/case.unmask")),
    (re.compile(r"/cases/([^/]+)/assessment"), ("triage/assessment.read",)),
    (re.compile(r"/cases/([^/]+)/casework"), ("mediation/casework.read",)),
    (re.compile(r"/cases/([^/]+)/casework/parties"), ("mediation/parties.read",)),
)
"""The paths that show personal data, and the actions under which a reading is entered."""
TEXT_READERS = frozenset({"city", "district", "clerk", "mediator"})
"""Roles to which an assessment shows the words that it rests on."""
MACHINES = frozenset({"schedule", "system"})
_START = "0" * 64


def chains_verify(e: Evidence) -> Iterator[Judgement]:
    """`fengqiao audit verify` finds every service's chain sound, and so does this walk along it."""
    entries = by(lambda r: r["service"], sorted(e.rows["bus_audit"], key=lambda r: r["chain"] or 0))
    for service in sorted({*e.chains, *entries}):
        problem = e.chains.get(service)
        yield judge(problem is None, "I7", service, f"audit verify: {problem}")
        number, head = 0, _START
        for row in entries.get(service, ()):
            if row["chain"] is None:
                yield Violation("I7", service, f"entry {row['id']} was never sealed")
                continue
            number += 1
            right = row["chain"] == number and row["hash"] == digest(head, row)
            yield judge(right, "I7", service, f"the chain breaks at entry {number}")
            head = str(row["hash"])


def digest(before: str, row: RowDict) -> str:
    """SHA-256 of the hash before, a newline, and the entry as canonical JSON."""
    names = ("id", "chain", "service", "actor", "action", "subject", "purpose", "fields")
    entry: dict[str, Any] = {name: row[name] for name in names}
    entry["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(before.encode() + b"\n" + text.encode()).hexdigest()


def chains_keep_their_past(e: Evidence) -> Iterator[Judgement]:
    """The entries sealed before a fault are the beginning of the chain after it."""
    now = {(r["service"], r["chain"]): r["hash"] for r in e.rows["bus_audit"]}
    for row in e.earlier.rows["bus_audit"] if e.earlier else ():
        if row["chain"] is not None:
            same = now.get((row["service"], row["chain"])) == row["hash"]
            yield judge(same, "I7", row["service"], f"entry {row['chain']} is not that of before")


def _entered(e: Evidence) -> Counter[tuple[str, str]]:
    return Counter((f"{r['service']}/{r['action']}", r["subject"]) for r in e.rows["bus_audit"])


def a_change_is_an_entry(e: Evidence) -> Iterator[Judgement]:
    """As many entries of an action about a subject as facts that state such a change."""
    entered = _entered(e)
    for name, actions in CHANGES.items():
        stated = Counter(f.subject for f in e.named(name))
        subjects = {s for (action, s) in entered if action in actions} | set(stated)
        for subject in sorted(subjects):
            found = sum(entered[action, subject] for action in actions)
            words = f"{stated[subject]} {name}, {found} entries {' or '.join(actions)}"
            yield judge(found == stated[subject], "I7", subject, words)


def commands_are_entered_with_their_facts(e: Evidence) -> Iterator[Judgement]:
    """What a person's command stated was entered in the same transaction, under his name.

    About one subject at least: a command may move other cases and mediators along with its own.
    """
    entries = {(r["service"], r["at"], r["actor"]) for r in e.rows["bus_audit"]}
    services = {f.service for f in e.facts}
    for fact in e.facts:
        if fact.causation_id is None and fact.actor not in services | MACHINES:
            words = f"{fact.name} by {fact.actor} has no entry of its transaction"
            right = (fact.service, fact.time, fact.actor) in entries
            yield judge(right, "I7", fact.subject, words)


def dispatchers_are_entered(e: Evidence) -> Iterator[Judgement]:
    """Each decision of a dispatcher, which may state no fact at all, has its entry."""
    entered = _entered(e)
    decided = Counter(r["case_id"] for r in e.rows["routing_decisions"] if r["actor"] is not None)
    subjects = {s for (action, s) in entered if action == "routing/routing.decide"}
    for case_id in sorted(subjects | set(decided)):
        found = entered["routing/routing.decide", case_id]
        words = f"{decided[case_id]} decisions by people, {found} entries"
        yield judge(found == decided[case_id], "I7", case_id, words)


def a_read_is_an_entry(e: Evidence) -> Iterator[Judgement]:
    """As many entries as readings of a case's personal data: all that were answered, and at most
    those that nobody knows of beside them.
    """
    entered = _entered(e)
    read: dict[tuple[tuple[str, ...], str], list[Entry]] = {}
    for entry in e.history:
        if (found := _reading(entry)) is not None:
            read.setdefault(found, []).append(entry)
    for (actions, case_id), asked in read.items():
        entries = sum(entered[action, case_id] for action in actions)
        sure = sum(x.outcome == "ok" for x in asked)
        maybe = sum(x.unknown for x in asked)
        words = (
            f"{sure} readings answered, {maybe} unknown, {entries} entries {' or '.join(actions)}"
        )
        most = sure + maybe if e.whole_history else entries
        yield judge(sure <= entries <= most, "I7", case_id, words)


def _reading(entry: Entry) -> tuple[tuple[str, ...], str] | None:
    """The actions and the case of a request that may have shown personal data."""
    if entry.method != "GET" or not (entry.outcome == "ok" or entry.unknown):
        return None
    for path, actions in READS:
        if found := path.fullmatch(entry.path):
            hidden = actions[0].startswith("triage") and entry.reader.role not in TEXT_READERS
            return None if hidden else (actions, found[1])
    return None


TRAIL = (
    chains_verify,
    chains_keep_their_past,
    a_change_is_an_entry,
    commands_are_entered_with_their_facts,
    dispatchers_are_entered,
    a_read_is_an_entry,
)
