"""I1 kept, I9 closed: what clients were answered, against what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fengqiao_contracts.areas import areas

from .model import Entry, Evidence, Judgement, Violation, by, judge

STAFF = frozenset({"city", "district", "clerk", "auditor"})
COMMANDED = frozenset(
    {
        "case.registered",
        "case.supplemented",
        "case.accepted",
        "consent.given",
        "session.held",
        "agreement.reached",
        "case.closed",
        "case.archived",
    }
)
"""Facts that a person's command alone states: one for each command, none without."""


def answered_cases_exist(e: Evidence) -> Iterator[Judgement]:
    """Every id of a 2xx answer to a registration is registered: fact, register's row, its surface."""
    stated = {fact.subject for fact in e.named("case.registered")}
    rows = {row["id"] for row in e.rows["intake_cases"]}
    for entry in e.history:
        if not (entry.registers and entry.outcome == "ok"):
            continue
        yield judge(bool(entry.case_id), "I1", entry.key, "registered, but no id was answered")
        places = {"no fact": stated, "no row of the register": rows, "not listed": set(e.register)}
        for words, there in places.items():
            yield judge(entry.case_id in there, "I1", entry.case_id, f"answered, but {words}")


def one_key_one_case(e: Evidence) -> Iterator[Judgement]:
    """The same Idempotency-Key, and the same number of a referrer, is the same case."""
    done = [entry for entry in e.history if entry.registers and entry.outcome == "ok"]
    for key, entries in by(lambda x: (x.reader, x.key), done).items():
        ids = {x.case_id for x in entries}
        if key[1]:
            yield judge(len(ids) == 1, "I1", key[1], f"one key, {len(ids)} cases: {sorted(ids)}")
    for ref, entries in by(lambda x: x.ref, done).items():
        ids = {x.case_id for x in entries}
        if ref is not None:
            yield judge(len(ids) == 1, "I1", ref, f"one number, {len(ids)} cases: {sorted(ids)}")


def promises_kept(e: Evidence) -> Iterator[Judgement]:
    """Every acknowledged command had its effect, and no command had two."""
    stated = Counter((f.subject, f.name) for f in e.facts if f.data.get("kind") != "referral")
    promised = [x for x in e.history if x.states and x.states != "case.registered" and x.case_id]
    for (case_id, name), entries in by(lambda x: (x.case_id, x.states), promised).items():
        keys = {_command(x) for x in entries}
        sure = {_command(x) for x in entries if x.outcome == "ok"}
        maybe = {_command(x) for x in entries if x.unknown} - sure
        found = stated[case_id, name]
        words = f"{len(sure)} commands were acknowledged, {found} facts {name}"
        yield judge(found >= len(sure), "I1", case_id, words)
        if name in COMMANDED and keys:
            words = f"{len(sure)} to {len(sure) + len(maybe)} commands, {found} facts {name}"
            yield judge(found <= len(sure | maybe), "I1", case_id, words)


def _command(entry: Entry) -> object:
    """What makes two requests one command: the key, else nothing."""
    return entry.key or (entry.at, entry.path)


def nothing_from_nowhere(e: Evidence) -> Iterator[Judgement]:
    """No case is there that nobody can have asked for: a repeat did not register anew."""
    if not e.whole_history:
        return
    asked = [x for x in e.history if x.registers]
    known = {x.case_id for x in asked if x.outcome == "ok"}
    sure = {_command(x) for x in asked if x.outcome == "ok"}
    maybe = {_command(x) for x in asked if x.unknown} - sure
    extra = sorted({fact.subject for fact in e.named("case.registered")} - known)
    words = f"{len(extra)} cases beside those answered, {len(maybe)} requests without an answer"
    yield judge(len(extra) <= len(maybe), "I1", extra[0] if extra else "all", words)


def numbers_have_no_gap(e: Evidence) -> Iterator[Judgement]:
    """The case numbers of a receiving unit and year are 1..n: nothing registered was lost."""
    rows = {row["number"]: row for row in e.rows["intake_cases"]}
    yield judge(len(rows) == len(e.rows["intake_cases"]), "I1", "numbers", "a number given twice")
    for counter in e.rows["intake_counters"]:
        unit, year = counter["unit"], counter["year"]
        used = [r for n, r in rows.items() if r["unit"] == unit and f"-{year}-" in str(n)]
        words = f"{len(used)} cases of {year}, the last number is {counter['last']}"
        yield judge(len(used) == counter["last"], "I1", unit, words)


def earlier_facts_stay(e: Evidence) -> Iterator[Judgement]:
    """What was stated before a fault is stated after it, unchanged."""
    now = {fact.id: fact for fact in e.facts}
    for fact in e.earlier.facts if e.earlier else ():
        same = now.get(fact.id) == fact
        yield judge(same, "I1", fact.subject, f"{fact.name} of before is gone or changed")


def statuses_are_closed(e: Evidence) -> Iterator[Judgement]:
    """Only 2xx, 304, 4xx, 503 and 507 leave the gateway, and an outcome agrees with its status."""
    for entry in e.history:
        status = entry.status
        if status is None:
            yield judge(entry.outcome == "info", "I9", entry.path, "an outcome without a status")
            continue
        allowed = 200 <= status < 300 or 400 <= status < 500 or status in {304, 503, 507}
        words = f"{entry.method} answered {status}"
        yield judge(allowed, "I9", entry.path, words)
        good = status < 300 or status == 304
        yield judge(good == (entry.outcome == "ok"), "I9", entry.path, f"{words}: {entry.outcome}")


def only_own_cases(e: Evidence) -> Iterator[Judgement]:
    """No answer holds a case that its reader may not see."""
    for entry in e.history:
        for case_id in entry.answered:
            yield _may_see(e, entry, case_id)


def _may_see(e: Evidence, entry: Entry, case_id: str) -> Judgement:
    who, facts = entry.reader, e.by_case.get(case_id, ())
    first = next((f for f in facts if f.name == "case.registered"), None)
    if first is None:
        return Violation("I9", entry.path, f"answered {case_id}, which nobody registered")
    if entry.registers:
        return None
    if who.role in STAFF:
        path = str(first.data["area_path"])
        right = any(path.startswith(areas().path(code)) for code in who.areas)
        return judge(right, "I9", entry.path, f"{who.role} {who.areas} saw {case_id} of {path}")
    names = {"mediator": ("mediator_id", who.person), "partner": ("system", who.system)}
    field, own = names.get(who.role, ("case_id", case_id))
    refs = [{**f.data, **(f.data.get("external_ref") or {})} for f in facts]
    right = own is not None and any(data.get(field) == own for data in refs)
    return judge(right, "I9", entry.path, f"{who.role} {own} saw the strange case {case_id}")


KEPT = (
    answered_cases_exist,
    one_key_one_case,
    promises_kept,
    nothing_from_nowhere,
    numbers_have_no_gap,
    earlier_facts_stay,
)
CLOSED = (statuses_are_closed, only_own_cases)
