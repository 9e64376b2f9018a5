"""I4 order: counts without gap in every outbox and every consumer, and one order for all groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from fengqiao_contracts.envelope import PARTITIONS
from fengqiao_contracts.facts import TOPICS

from .model import CASES, Evidence, Judgement, Stated, Violation, by, gaps, judge
from .told import read


def sequences_have_no_gap(e: Evidence) -> Iterator[Judgement]:
    """1..n per source and subject, rising with the position, and the counter says the same."""
    last = {(r["source"], r["subject"]): r["value"] for r in e.rows["bus_sequences"]}
    stated = by(lambda f: (f.source, f.subject), sorted(e.facts, key=lambda f: f.position))
    for key in sorted({*last, *stated}):
        numbers = [fact.sequence for fact in stated.get(key, [])]
        words = f"sequences of {key[0]}: {numbers[:20]}, the counter says {last.get(key)}"
        right = numbers == list(range(1, (last.get(key) or 0) + 1))
        yield judge(right, "I4", key[1], words)


def positions_have_no_gap(e: Evidence) -> Iterator[Judgement]:
    """1..n per source, topic and partition, `order` rising with it, and the counter says the same."""
    last = {(r["source"], r["topic"], r["partition"]): r for r in e.rows["bus_positions"]}
    stated = by(lambda f: f.place, sorted(e.facts, key=lambda f: f.position))
    for place in sorted({*last, *stated}):
        facts, row = stated.get(place, []), last.get(place)
        numbers, orders = [f.position for f in facts], [f.order for f in facts]
        end = row["position"] if row else None
        words = f"positions {gaps(numbers)[:5]} are missing or twice; {len(numbers)} of {end}"
        yield judge(not gaps(numbers) and len(numbers) == end, "I4", place, words)
        rising = all(a < b for a, b in pairwise(orders))
        top = row["last_order"] if row else None
        yield judge(rising and orders[-1:] == [top], "I4", place, f"order to {top}: {orders[-5:]}")


def groups_passed_all(e: Evidence) -> Iterator[Judgement]:
    """Each group's last position per source is the outbox's last: no fact missed, none invented."""
    end = {p: max(f.position for f in facts) for p, facts in by(lambda f: f.place, e.facts).items()}
    passed = {
        (r["grp"], r["source"], r["topic"], r["partition"]): r["position"]
        for r in e.rows["bus_passed"]
    }
    heard = {(r["grp"], r["topic"]) for r in e.rows["bus_offsets"]}
    wanted = {(g, *place): n for g, t in heard for place, n in end.items() if place[1] == t}
    for key in sorted({*wanted, *passed}):
        words = f"{key[1:]}: passed {passed.get(key)}, stated {wanted.get(key)}"
        yield judge(passed.get(key) == wanted.get(key), "I4", key[0], words)


def journal_is_whole(e: Evidence) -> Iterator[Judgement]:
    """The register numbered every fact once, 1..n per partition, each source's in its positions."""
    rows = sorted(e.rows["bus_journal"], key=lambda r: r["number"])
    for place, found in by(lambda r: (r["topic"], r["partition"]), rows).items():
        missing = gaps([r["number"] for r in found])
        yield judge(not missing, "I4", place, f"journal numbers {missing[:5]} missing or twice")
        for source, own in by(lambda r: r["source"], found).items():
            positions = [r["position"] for r in own]
            words = f"journalled {source} as {positions[:20]}"
            yield judge(positions == sorted(set(positions)), "I4", place, words)
    stated = {f.key: f for f in e.facts}
    for key in sorted({*stated, *e.journal}):
        fact = stated.get(key)
        words = "not journalled" if fact else f"{key} was journalled and never stated"
        yield judge(fact is not None and key in e.journal, "I4", fact and fact.subject, words)


def effects_follow_causes(e: Evidence) -> Iterator[Judgement]:
    """A fact stands behind its cause in the journal and in `order`, and each service took the facts
    of a subject in the register's order: what it stated of them comes in that order.
    """
    known = {fact.id: fact for fact in e.facts}
    place = {f.id: n for n, f in enumerate(e.in_order)}
    caused: dict[tuple[str, str], list[Stated]] = {}
    for fact in sorted(e.facts, key=lambda f: f.sequence):
        if fact.causation_id is None:
            continue
        cause = known.get(fact.causation_id)
        if cause is None:
            yield Violation("I4", fact.subject, f"{fact.name}: its cause was never stated")
            continue
        if (cause.topic, cause.partition) == (fact.topic, fact.partition):
            behind = place[cause.id] < place[fact.id] and cause.order < fact.order
            yield judge(behind, "I4", fact.subject, f"{fact.name} before its cause {cause.name}")
        if cause.subject == fact.subject:
            caused.setdefault((fact.source, fact.subject), []).append(cause)
    for (source, subject), causes in caused.items():
        words = f"{source} took {[c.name for c in causes]} in another order than the register"
        parts = by(lambda c: c.source, causes).values() if e.refilled else [causes]
        numbers = [[place[cause.id] for cause in part] for part in parts]
        yield judge(all(n == sorted(n) for n in numbers), "I4", subject, words)


def timeline_is_the_journal(e: Evidence) -> Iterator[Judgement]:
    """The register's timeline of each case is the journal's order; what is parked is not there."""
    rows = sorted(e.rows["intake_timeline"], key=lambda r: r["id"])
    lines = by(lambda r: r["case_id"], rows)
    applied = by(lambda f: f.subject, (f for f in e.applied("intake") if f.topic == CASES))
    for case_id in sorted({*applied, *lines}):
        facts, seen = applied.get(case_id, []), lines.get(case_id, [])
        yield _same_order(case_id, facts, seen, "timeline")


def gateway_saw_that_order(e: Evidence) -> Iterator[Judgement]:
    """The gateway's feed has every fact once, its places have no gap, each subject's in order."""
    rows = sorted(e.rows["gateway_facts"], key=lambda r: (r["slot"], r["place"]))
    for slot, found in by(lambda r: r["slot"], rows).items():
        topic = TOPICS[slot // PARTITIONS]
        missing = gaps([r["place"] for r in found])
        yield judge(not missing, "I4", f"{topic}/{slot}", f"feed places {missing[:5]}")
    lines = by(lambda r: r["subject"], rows)
    applied = by(lambda f: f.subject, e.applied("gateway"))
    for subject in sorted({*applied, *lines}):
        facts, seen = applied.get(subject, []), lines.get(subject, [])
        yield _same_order(subject, facts, seen, "feed", apart=e.refilled)


def _same_order(
    subject: str,
    facts: Sequence[Stated],
    lines: Sequence[Mapping[str, Any]],
    where: str,
    *,
    apart: bool = False,
) -> Judgement:
    """The lines are the facts in their order; `apart`: in the order of each source by itself."""
    known = {f.id: f for f in facts}
    seen = [r["fact_id"] for r in lines]
    right = seen == [*known]
    if apart and sorted(seen) == sorted(known):
        sources = by(lambda f: f.source, [known[i] for i in seen])
        right = all(own == sorted(own, key=lambda f: f.sequence) for own in sources.values())
    names = [known[i].name if i in known else "another" for i in seen]
    words = f"the {where} has {names}, not {[f.name for f in facts]}"
    return judge(right, "I4", subject, words)


def export_is_the_record(e: Evidence) -> Iterator[Judgement]:
    """`events export` writes every fact of the outboxes once, in the register's order."""
    wanted = by(lambda f: (f.topic, f.partition), e.in_order)
    found = by(lambda r: (r["topic"], r["partition"]), e.exported)
    for place in sorted({*wanted, *found}):
        ids = [f.id for f in wanted.get(place, [])]
        words = f"exported {len(found.get(place, []))} of {len(ids)} facts, or in another order"
        yield judge(ids == [r["id"] for r in found.get(place, [])], "I4", place, words)


def facts_lie_in_their_partition(e: Evidence) -> Iterator[Judgement]:
    """All facts of a subject share a topic and a partition, so that they have one order at all."""
    for subject, facts in by(lambda f: f.subject, e.facts).items():
        places = {(f.topic, f.partition) for f in facts}
        yield judge(len(places) == 1, "I4", subject, f"lies in {sorted(places)}")


def unreadable_facts_are_parked(e: Evidence) -> Iterator[Judgement]:
    """A fact that does not fit a known type is applied nowhere: who hears it has parked it."""
    parked = e.parked("intake") & e.parked("analytics") & e.parked("gateway")
    for fact in e.facts:
        right = fact.key in parked or read(fact) is not None
        yield judge(right, "I4", fact.subject, f"{fact.type} cannot be read and is not parked")


def registration_comes_first(e: Evidence) -> Iterator[Judgement]:
    """The first fact of every case, for every group, is its registration, and there is one."""
    of_cases = (f for f in e.in_order if f.topic == CASES)
    for case_id, facts in by(lambda f: f.subject, of_cases).items():
        names = [f.name for f in facts]
        right = names[0] == "case.registered" and names.count("case.registered") == 1
        yield judge(right, "I4", case_id, f"its facts are {names[:6]}")


ORDER = (
    sequences_have_no_gap,
    positions_have_no_gap,
    groups_passed_all,
    journal_is_whole,
    effects_follow_causes,
    timeline_is_the_journal,
    gateway_saw_that_order,
    export_is_the_record,
    facts_lie_in_their_partition,
    unreadable_facts_are_parked,
    registration_comes_first,
)
