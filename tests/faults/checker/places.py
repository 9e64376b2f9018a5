"""I2 not lost, I3 routed once, I5 capacity: where every case lies, and whose places it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from fengqiao_contracts.life import bucket_of

from .model import Evidence, Judgement, RowDict, Stated, by, judge

ENDS = ("case.refused", "case.terminated", "case.closed")
SLICES = {
    "triage": ("triage_cases", "case_id"),
    "routing": ("routing_cases", "case_id"),
    "mediation": ("mediation_cases", "case_id"),
    "analytics": ("analytics_cases", "id"),
    "gateway": ("gateway_case_access", "case_id"),
}
"""Where each service keeps its own row of a case."""


def cases_have_a_place(e: Evidence) -> Iterator[Judgement]:
    """Every registered case is with a mediator, sent on, ended, or waits or lies parked with a
    reason.
    """
    rows = {r["id"]: r for r in e.rows["intake_cases"]}
    for case_id in e.by_case:
        row = rows.get(case_id)
        if row is None:
            yield judge(case_id in rows, "I2", case_id, "not in the register")
            continue
        status, bucket = row["status"], bucket_of(row["status"])
        parked = case_id in e.parked_cases
        words = f"still {status}, neither waiting nor parked"
        yield judge(bucket != "pending" or parked, "I2", case_id, words)
        if status == "waiting" and not parked:
            yield judge(bool(row["waiting_reason"]), "I2", case_id, "waits without a reason")
            seen = e.waiting.get(case_id, {})
            right = seen.get("reason") == row["waiting_reason"]
            yield judge(right, "I2", case_id, f"waits, the waiting list says {seen.get('reason')}")


def waiting_list_is_true(e: Evidence) -> Iterator[Judgement]:
    """Who waits for a mediator stands in line at a unit at least, and nobody else does."""
    lines = {r["case_id"] for r in e.rows["routing_waits"]}
    for row in e.rows["routing_cases"]:
        case_id, state, reason = row["case_id"], row["state"], row["wait_reason"]
        in_line = state == "waiting" and reason == "no_mediator_free"
        words = f"{state} ({reason}), in line: {case_id in lines}"
        yield judge((case_id in lines) == in_line, "I2", case_id, words)
        words = f"{state}, on the waiting list: {case_id in e.waiting}"
        yield judge((case_id in e.waiting) == (state == "waiting"), "I2", case_id, words)


def services_know_the_case(e: Evidence) -> Iterator[Judgement]:
    """Every service has the cases whose registration it has not parked, and no other."""
    for group, (table, column) in SLICES.items():
        there = {r[column] for r in e.rows[table]}
        wanted = {f.subject for f in e.applied(group) if f.name == "case.registered"}
        for case_id in sorted(wanted | there):
            words = f"{group} has it: {case_id in there}, should: {case_id in wanted}"
            yield judge(case_id in there and case_id in wanted, "I2", case_id, words)


def parked_says_why(e: Evidence) -> Iterator[Judgement]:
    """A held subject has a parked fact with its reason, and a parked fact holds its subject."""
    reasons = by(lambda r: (r["grp"], r["subject"]), e.rows["bus_parked"])
    held = {(r["grp"], r["subject"]) for r in e.rows["bus_held"]}
    for group, subject in sorted({*held, *reasons}):
        found = reasons.get((group, subject), [])
        right = bool(found) and all(r["reason"] for r in found) and (group, subject) in held
        words = f"{group} holds it: {(group, subject) in held}, {len(found)} parked facts"
        yield judge(right, "I2", subject, words)


def one_live_place(e: Evidence) -> Iterator[Judgement]:
    """One live assignment of a case that is with a mediator, none of any other; the register names
    the same mediator.
    """
    live = by(lambda r: r["case_id"], (r for r in e.rows["routing_assignments"] if r["live"]))
    states = {r["case_id"]: r["state"] for r in e.rows["routing_cases"]}
    rows = {r["id"]: r for r in e.rows["intake_cases"]}
    for case_id in sorted({*e.by_case, *live}):
        own = live.get(case_id, [])
        words = f"{len(own)} live assignments, routing has it {states.get(case_id)}"
        right = len(own) == (states.get(case_id) == "assigned")
        yield judge(right, "I3", case_id, words)
        row = rows.get(case_id)
        if row is None or case_id in e.parked_cases:
            continue
        assigned = bucket_of(row["status"]) == "assigned"
        words = f"{len(own)} live assignments, the register says {row['status']}"
        yield judge(len(own) == assigned, "I3", case_id, words)
        if assigned and own:
            words = f"the register names {row['mediator']}, the place is {own[0]['mediator_id']}'s"
            yield judge(row["mediator"] == own[0]["mediator_id"], "I3", case_id, words)


def assigned_once_at_a_time(e: Evidence) -> Iterator[Judgement]:
    """A second `MediatorAssigned` needs the first withdrawn, or an end of mediation before it."""
    for case_id, facts in e.by_case.items():
        ends = sorted(f.order for f in facts if f.name in ENDS)
        own = sorted((f for f in facts if f.service == "routing"), key=lambda f: f.sequence)
        live: str | None = None
        for fact in own:
            given = fact.data.get("assignment_id")
            if fact.name == "mediator.assigned":
                freed = live is None or _take_end(ends, fact.order)
                yield judge(freed, "I3", case_id, f"assigned {given} beside the live {live}")
                live = given
            elif fact.name == "assignment.withdrawn":
                words = f"withdrawn {given}, live is {live}"
                yield judge(given == live, "I3", case_id, words)
                live = None
            elif fact.name in {"case.redirected", "case.waitlisted"}:
                freed = live is None or _take_end(ends, fact.order)
                yield judge(freed, "I3", case_id, f"{fact.name} while {live} is live")
                live = None


def _take_end(ends: list[int], before: int) -> bool:
    """Use one end that routing may have heard by then."""
    if ends and ends[0] < before:
        ends.pop(0)
        return True
    return False


def ledger_is_the_facts(e: Evidence) -> Iterator[Judgement]:
    """Every row of the ledger was stated once and ended as the facts say."""
    rows = {r["assignment_id"]: r for r in e.rows["routing_assignments"]}
    given = by(lambda f: f.data["assignment_id"], e.named("mediator.assigned"))
    taken = {f.data["assignment_id"] for f in e.named("assignment.withdrawn")}
    ended = {f.subject for f in e.named(*ENDS)}
    for key in sorted({*rows, *given}):
        row, facts = rows.get(key), given.get(key, [])
        subject = row["case_id"] if row else facts[0].subject
        right = row is not None and len(facts) == 1 and _same(row, facts[0])
        yield judge(right, "I3", subject, f"{key}: row {bool(row)}, stated {len(facts)} times")
        if row is None:
            continue
        over = key in taken or (row["end_reason"] == "ended" and subject in ended)
        words = f"{key} live {row['live']}, withdrawn {key in taken}, {row['end_reason']}"
        yield judge(over != bool(row["live"]), "I3", subject, words)


def _same(row: RowDict, fact: Stated) -> bool:
    names = ("case_id", "committee_id", "mediator_id", "registry_sequence")
    return all(row[name] == fact.data[name] for name in names)


class Terms(NamedTuple):
    """What held for a mediator from a registry sequence on."""

    sequence: int
    capacity: int
    assignable: bool


def no_take_over_capacity(e: Evidence) -> Iterator[Judgement]:
    """Each place was taken while fewer were held than the capacity in force at that moment, of a
    mediator who could be assigned then.
    """
    terms = _terms(e)
    for mediator_id, rows in by(lambda r: r["mediator_id"], e.rows["routing_assignments"]).items():
        sequences: list[int] = []
        for row, live in _takes(rows):
            sequences.append(row["registry_sequence"])
            then = _in_force(terms.get(mediator_id, ()), sequences[-1])
            words = f"{live} places held, a capacity of {then.capacity} (sequence {sequences[-1]})"
            yield judge(live < then.capacity, "I5", mediator_id, words)
            words = f"took {row['case_id']} while not assignable"
            yield judge(then.assignable, "I5", mediator_id, words)
        words = f"takes rest on registry sequences {sequences}: an older one after a newer"
        yield judge(sequences == sorted(sequences), "I5", mediator_id, words)


def _takes(rows: Sequence[RowDict]) -> Iterator[tuple[RowDict, int]]:
    """The takes of a mediator in time, each with the places held just before it.

    At one moment places are freed before others are taken: that is the order within a transaction.
    """
    moments: list[tuple[datetime, int, int, RowDict]] = []
    for number, row in enumerate(rows):
        moments.append((row["assigned_at"], 1, number, row))
        if row["ended_at"] is not None:
            freed = row["ended_at"]
            moments.append((freed, 0 if freed > row["assigned_at"] else 2, number, row))
    live = 0
    for _, kind, _, row in sorted(moments, key=lambda m: m[:3]):
        if kind == 1:
            yield row, live
        live += 1 if kind == 1 else -1


def _terms(e: Evidence) -> Mapping[str, list[Terms]]:
    found: dict[str, list[Terms]] = {}
    names = ("admitted", "changed", "suspended", "reinstated", "retired")
    for fact in e.named(*(f"mediator.{name}" for name in names)):
        known = found.setdefault(fact.subject, [])
        before = known[-1] if known else Terms(0, 0, assignable=False)
        capacity = fact.data.get("capacity", before.capacity)
        standing = {"admitted": True, "reinstated": True, "suspended": False, "retired": False}
        assignable = standing.get(fact.name.partition(".")[2], before.assignable)
        known.append(Terms(fact.sequence, capacity, assignable))
    return found


def _in_force(terms: Sequence[Terms], sequence: int) -> Terms:
    known = [t for t in terms if t.sequence <= sequence]
    return known[-1] if known else Terms(0, 0, assignable=False)


def loads_are_counted(e: Evidence) -> Iterator[Judgement]:
    """The counter of a mediator's places is the number of live rows; his terms are the registry's
    last.
    """
    live = Counter(r["mediator_id"] for r in e.rows["routing_assignments"] if r["live"])
    terms, held = _terms(e), {r["subject"] for r in e.rows["bus_held"] if r["grp"] == "routing"}
    for row in e.rows["routing_mediators"]:
        mediator_id = row["mediator_id"]
        words = f"counts {row['live']} places, {live[mediator_id]} are live"
        yield judge(row["live"] == live[mediator_id], "I5", mediator_id, words)
        if mediator_id not in held:
            last = terms[mediator_id][-1] if mediator_id in terms else None
            here = Terms(row["sequence"], row["capacity"], bool(row["assignable"]))
            yield judge(here == last, "I5", mediator_id, f"routing has {here}, stated was {last}")


NOT_LOST = (cases_have_a_place, waiting_list_is_true, services_know_the_case, parked_says_why)
ONCE = (one_live_place, assigned_once_at_a_time, ledger_is_the_facts)
CAPACITY = (no_take_over_capacity, loads_are_counted)
