"""Bugs planted in evidence: in what clients were answered, what surfaces say, how the platform healed."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from faults.checker import Entry, Evidence, Stated
from faults.checker.trail import digest
from faults.plants.planted import Plant
from faults.plants.planted import of_evidence as of

OTHER = "00000000-0000-7000-8000-000000000000"


# ---- what clients were answered ----
def _entry(wanted: Callable[[Entry], bool], **changes: Any) -> Plant:
    """Change the first entry of the history that is wanted."""

    def plant(e: Evidence) -> Evidence:
        at = next(n for n, entry in enumerate(e.history) if wanted(entry))
        changed = replace(e.history[at], **changes)
        return replace(e, history=(*e.history[:at], changed, *e.history[at + 1 :]))

    return plant


def _registered(entry: Entry) -> bool:
    return entry.registers and entry.outcome == "ok"


def _one_more_case(role: str, area: str) -> Plant:
    """Put a case of an area into an answer to a reader of this role."""

    def plant(e: Evidence) -> Evidence:
        case = next(c for c, f in e.by_case.items() if area in f[0].area)
        at, entry = next(
            (n, x) for n, x in enumerate(e.history) if x.reader.role == role and x.answered
        )
        more = replace(entry, method="GET", answered=(*entry.answered, case))
        return replace(e, history=(*e.history[:at], more, *e.history[at + 1 :]))

    return plant


def _forget_a_client(e: Evidence) -> Evidence:
    """Nobody asked for the first case: it was registered anew by a repeat."""
    first = next(entry.key for entry in e.history if entry.registers)
    return replace(e, history=tuple(x for x in e.history if x.key != first))


# ---- what was stated ----
def _stated_again(name: str, status: str, **changes: Any) -> Plant:
    """Append a copy of the first fact of a name, behind all others of a case of this status."""

    def plant(e: Evidence) -> Evidence:
        model = next(e.named(name))
        case_id = next(i for i, item in e.register.items() if item["status"] == status)
        data = {**model.data, "case_id": case_id, **changes}
        return _append(e, replace(model, subject=case_id, data=data))

    return plant


def _append(e: Evidence, model: Stated) -> Evidence:
    place = e.by_case[model.subject][0]
    own = [f for f in e.facts if f.source == model.source]
    beside = [f for f in own if (f.topic, f.partition) == (place.topic, place.partition)]
    fact = replace(
        model,
        id=OTHER,
        partition=place.partition,
        position=max((f.position for f in beside), default=0) + 1,
        order=max(f.order for f in e.facts) + 1,
        sequence=max((f.sequence for f in own if f.subject == model.subject), default=0) + 1,
        causation_id=None,
    )
    return replace(e, facts=(*e.facts, fact))


def _twice_assigned(e: Evidence) -> Evidence:
    """State a second assignment of a case that has one."""
    given = e.named("mediator.assigned")
    model = next(f for f in given if e.register[f.subject]["status"] == "assigned")
    return _append(e, replace(model, data={**model.data, "assignment_id": "second"}))


# ---- what surfaces say ----
def _numbers(change: Callable[[dict[str, Any]], None]) -> Plant:
    """Change a copy of the city's statistics."""

    def plant(e: Evidence) -> Evidence:
        city = e.numbers["510100"]
        parts = copy.deepcopy(
            {"overview": dict(city.overview), "lists": dict(city.lists), "daily": dict(city.daily)}
            | {"trends": dict(city.trends)}
        )
        change(parts)
        return replace(e, numbers={**e.numbers, "510100": replace(city, **parts)})

    return plant


def _add_one(parts: dict[str, Any], *steps: Any) -> None:
    inside = parts
    for step in steps[:-1]:
        inside = inside[step]
    inside[steps[-1]] += 1


def _in_two_buckets(parts: dict[str, Any]) -> None:
    parts["lists"]["waiting"] |= parts["lists"]["ended"]


def _short_list(parts: dict[str, Any]) -> None:
    parts["lists"]["channel/self"] = frozenset(sorted(parts["lists"]["channel/self"])[1:])


def _without[T](rows: Mapping[str, T], wanted: Callable[[T], bool]) -> dict[str, T]:
    gone = next(key for key, row in rows.items() if wanted(row))
    return {key: row for key, row in rows.items() if key != gone}


def _sealed_anew(e: Evidence) -> Evidence:
    """Take the first entry of the registry's trail away and make the chain anew."""
    own = [r for r in e.rows["bus_audit"] if r["service"] == "mediator-registry"]
    rest = [r for r in e.rows["bus_audit"] if r["service"] != "mediator-registry"]
    head, made = "0" * 64, []
    for number, row in enumerate(sorted(own, key=lambda r: r["chain"])[1:], start=1):
        entry = {**row, "chain": number}
        head = digest(head, entry)
        made.append({**entry, "hash": head})
    return replace(e, rows={**e.rows, "bus_audit": (*rest, *made)})


def _service(**changes: Any) -> Plant:
    """Change what routing says of itself."""

    def plant(e: Evidence) -> Evidence:
        services = {**e.settled["services"]}
        services["routing"] = {**services["routing"], **changes} if changes else None
        return replace(e, settled={**e.settled, "services": services})

    return plant


PLANTS = [
    *of(
        "I1",
        ("an answered id that nobody keeps", "but no fact", _entry(_registered, answered=(OTHER,))),
        ("an answer without an id", "no id was answered", _entry(_registered, answered=())),
        ("a key with two cases", "one key, 2 cases", _entry(_registered, answered=(OTHER,))),
        (
            "a referrer's number with two cases",
            "one number, 2 cases",
            _entry(lambda x: x.ref is not None, answered=(OTHER,)),
        ),
        (
            "a case that the list leaves out",
            "answered, but not listed",
            lambda e: replace(e, register=_without(e.register, lambda _: True)),
        ),
        ("a repeat that registered anew", "1 cases beside those answered", _forget_a_client),
        (
            "a command with two effects",
            "2 facts session.held",
            _stated_again("session.held", "mediating"),
        ),
    ),
    *of(
        "I2",
        (
            "a waiting case that the list does not show",
            "the waiting list says None",
            lambda e: replace(e, waiting=_without(e.waiting, lambda _: True)),
        ),
    ),
    *of("I3", ("a second assignment beside the first", "beside the live", _twice_assigned)),
    *of(
        "I4",
        (
            "a session after the archive",
            "session.held while archived",
            _stated_again("session.held", "archived"),
        ),
        (
            "an archive of what is only accepted",
            "case.archived while accepted",
            _stated_again("case.archived", "accepted"),
        ),
        (
            "a registration stated again",
            "its facts are",
            _stated_again("case.registered", "archived"),
        ),
        ("an export with a gap", "exported", lambda e: replace(e, exported=e.exported[1:])),
        (
            "an export in another order",
            "in another order",
            lambda e: replace(e, exported=e.exported[::-1]),
        ),
    ),
    *of(
        "I6",
        (
            "a status that is off by one",
            "status of 510100: said",
            _numbers(lambda p: _add_one(p, "overview", "status", 0, "n")),
        ),
        (
            "a unit that is off by one",
            "units of 510100: said",
            _numbers(lambda p: _add_one(p, "overview", "units", 0, "n")),
        ),
        (
            "a total that is off by one",
            "registered, ",
            _numbers(lambda p: _add_one(p, "overview", "registered", "n")),
        ),
        (
            "a bucket that is off by one",
            "parked of 510100",
            _numbers(lambda p: _add_one(p, "overview", "buckets", "parked", "n")),
        ),
        ("a case in two buckets", "in 2 buckets of 510100", _numbers(_in_two_buckets)),
        ("a list shorter than its number", "the list has", _numbers(_short_list)),
        (
            "a trend that is off by one",
            "trend by grade of 510100",
            _numbers(lambda p: _add_one(p, "trends", "grade", "series", 0, "points", -1, "n")),
        ),
        (
            "a daily summary that is off by one",
            "ended ",
            _numbers(lambda p: _add_one(p, "daily", "counts", "ended")),
        ),
        (
            "a recount that differs",
            "recount says",
            lambda e: replace(e, recount={**e.recount, "equal": False, "differences": [{}]}),
        ),
        (
            "a list of cases that missed an assessment",
            "GET /v1/cases and the facts differ",
            lambda e: replace(
                e, register={i: {**item, "risk": "none"} for i, item in e.register.items()}
            ),
        ),
    ),
    *of(
        "I7",
        ("a chain made anew without an entry", "is not that of before", _sealed_anew),
        (
            "a chain that `audit verify` finds broken",
            "audit verify: chain broken",
            lambda e: replace(e, chains={**e.chains, "intake": "chain broken at entry 3"}),
        ),
        (
            "a reading entered twice",
            "3 entries intake/case.read",
            lambda e: replace(
                e,
                rows={
                    **e.rows,
                    "bus_audit": (
                        *e.rows["bus_audit"],
                        *[r for r in e.rows["bus_audit"] if r["action"] == "case.read"] * 2,
                    ),
                },
            ),
        ),
    ),
    *of(
        "I9",
        ("a 500", "answered 500", _entry(_registered, status=500, outcome="fail")),
        ("a 504", "answered 504", _entry(_registered, status=504, outcome="fail")),
        ("a redirect", "answered 302", _entry(_registered, status=302, outcome="fail")),
        ("a refusal taken for an answer", "answered 409: ok", _entry(_registered, status=409)),
        (
            "another district's case in an answer",
            "saw",
            _one_more_case("district", "/510104/"),
        ),
        ("a partner who sees a strange case", "partner police saw", _one_more_case("partner", "/")),
        ("a mediator who sees a strange case", "saw the strange", _one_more_case("mediator", "/")),
        (
            "a case in an answer that nobody registered",
            "which nobody registered",
            _entry(lambda x: x.reader.role == "district" and bool(x.answered), answered=(OTHER,)),
        ),
    ),
    *of(
        "I10",
        (
            "a platform that has not settled after 30 s",
            "not settled",
            lambda e: replace(e, settled={**e.settled, "settled": False}),
        ),
        ("a service that does not answer", "does not answer", _service()),
        ("a service that is behind", "7 unread", _service(lag=7)),
        ("an outbox that is not sent", "3 facts unsent", _service(outbox=3)),
        ("a consumer that stopped itself", "stopped (too many", _service(stopped="too many")),
        ("a group with a gap for 30 s", "ready False", _service(ready=False)),
        (
            "a recovery of 31 s",
            "took 31.0 s",
            lambda e: replace(e, recovery_seconds=31.0),
        ),
        (
            "a file deleted by hand",
            "by hand: rm",
            lambda e: replace(e, manual_steps=("rm fengqiao.db-wal",)),
        ),
        (
            "facts that the broker never acknowledged",
            "acknowledged 0 of",
            lambda e: replace(e, mode="servers"),
        ),
    ),
]
