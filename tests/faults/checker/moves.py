"""I4 order: only legal moves, judged of each service's own facts by a table of the field's rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .model import Evidence, Judgement, Stated, by, judge

_BEFORE = frozenset({"open", "refused"})
_WORKED = frozenset({"accepted", "mediating", "agreed"})
_ALL = frozenset({*_BEFORE, *_WORKED, "bound", "terminated", "closed"})

CASEWORK: Mapping[str, tuple[frozenset[str], str | None]] = {
    "case.accepted": (_BEFORE, "accepted"),
    "case.refused": (_BEFORE, "refused"),
    "consent.given": (frozenset({"open", *_WORKED}), None),
    "consent.refused": (frozenset({"open", *_WORKED}), None),
    "session.held": (_WORKED, "mediating"),
    "agreement.reached": (frozenset({"mediating", "agreed", "bound"}), "agreed"),
    "agreement.signed": (frozenset({"agreed"}), None),
    "agreement.effective": (frozenset({"agreed"}), "bound"),
    "obligation.performed": (frozenset({"agreed", "bound"}), None),
    "obligation.breached": (frozenset({"agreed", "bound"}), None),
    "confirmation.decided": (frozenset({"agreed", "bound", "closed"}), None),
    "deadline.missed": (_ALL, None),
    "case.terminated": (_WORKED, "terminated"),
    "case.closed": (frozenset({"bound", "refused", "terminated"}), "closed"),
    "case.archived": (frozenset({"closed"}), "archived"),
}
"""Of each fact of mediation: in which stages of the casework it may be stated, and the stage after
(None = the same). `bound` is every stage in which an agreement binds."""

STANDING: Mapping[str, tuple[frozenset[str], str | None]] = {
    "mediator.admitted": (frozenset({"new"}), "admitted"),
    "mediator.changed": (frozenset({"admitted", "suspended"}), None),
    "mediator.suspended": (frozenset({"admitted"}), "suspended"),
    "mediator.reinstated": (frozenset({"suspended"}), "admitted"),
    "mediator.retired": (frozenset({"admitted", "suspended"}), "retired"),
}


def casework_moves_are_legal(e: Evidence) -> Iterator[Judgement]:
    """No session without acceptance, no closing of what does not bind, nothing after the archive."""
    for case_id, facts in e.by_case.items():
        heard = (f for f in facts if f.service == "mediation" or f.name == "case.redirected")
        yield from _walk(case_id, heard)


def _walk(case_id: str, facts: Iterable[Stated]) -> Iterator[Judgement]:
    """Follow all stages that the casework can be in.

    More than one is possible where another service's fact crosses, and where an agreement that is
    given up leaves an earlier one that binds.
    """
    stages = {"open"}
    for fact in facts:
        if fact.name == "case.redirected":
            stages |= {"open"}
            continue
        allowed, after = CASEWORK.get(fact.name, (frozenset[str](), None))
        here = stages & allowed
        words = f"{fact.name} while {'/'.join(sorted(stages))}"
        yield judge(bool(here), "I4", case_id, words)
        stages = _next(fact.name, here or stages, after)


def _next(name: str, here: set[str], after: str | None) -> set[str]:
    if name == "agreement.reached" and "bound" in here:
        return {"agreed", "bound"}
    if name == "session.held":
        return {"agreed" if stage == "agreed" else "mediating" for stage in here}
    return set(here) if after is None else {after}


def standings_move_legally(e: Evidence) -> Iterator[Judgement]:
    """Admitted once, suspended before reinstated, and nothing after a retirement."""
    mediators = (f for f in e.in_order if f.name in STANDING)
    for mediator_id, facts in by(lambda f: f.subject, mediators).items():
        stage = "new"
        for fact in facts:
            allowed, after = STANDING[fact.name]
            yield judge(stage in allowed, "I4", mediator_id, f"{fact.name} while {stage}")
            stage = after or stage


def assessments_count_on(e: Evidence) -> Iterator[Judgement]:
    """Analyses and assessments of a case are numbered without gap; each names the grade before."""
    for name in ("case.analyzed", "case.assessed"):
        for case_id, facts in by(lambda f: f.subject, e.named(name)).items():
            revisions = [f.data["revision"] for f in facts]
            words = f"{name} has revisions {revisions}"
            right = revisions == list(range(1, len(facts) + 1))
            yield judge(right, "I4", case_id, words)
            if name == "case.assessed":
                grades = [None, *(f.data["grade"] for f in facts)]
                named = [f.data.get("previous") for f in facts]
                words = f"grades {grades[1:]} name as previous {named}"
                yield judge(named == grades[:-1], "I4", case_id, words)


def supplements_count_on(e: Evidence) -> Iterator[Judgement]:
    """Supplements of a case are numbered 1..n, as the case says."""
    rows = {r["id"]: r["supplements"] for r in e.rows["intake_cases"]}
    for case_id, facts in e.by_case.items():
        numbers = [f.data["number"] for f in facts if f.name == "case.supplemented"]
        right = numbers == list(range(1, rows.get(case_id, 0) + 1))
        yield judge(right, "I4", case_id, f"supplements {numbers} of {rows.get(case_id)}")


def decisions_count_on(e: Evidence) -> Iterator[Judgement]:
    """Routing's decisions about a case are numbered 1..n, and what it stated names them rising."""
    rows = by(lambda r: r["case_id"], e.rows["routing_decisions"])
    for case_id, facts in e.by_case.items():
        numbers = sorted(r["decision"] for r in rows.get(case_id, []))
        right = numbers == list(range(1, len(numbers) + 1))
        yield judge(right, "I4", case_id, f"decisions {numbers}")
        named = [f.data["decision"] for f in facts if "decision" in f.data]
        right = named == sorted(named) and set(named) <= set(numbers)
        yield judge(right, "I4", case_id, f"stated the decisions {named} of {numbers}")


MOVES = (
    casework_moves_are_legal,
    standings_move_legally,
    assessments_count_on,
    supplements_count_on,
    decisions_count_on,
)
