"""What the checker judges: a client's history and what the stores and surfaces say after recovery."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

CASES, REGISTRY = "fengqiao.cases", "fengqiao.registry"
RowDict = Mapping[str, Any]
Outcome = Literal["ok", "fail", "info"]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: of what (case, mediator, service, path), and how it shows."""

    invariant: str
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.words}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asked: role, area codes of the account, and the person or system that binds the role."""

    role: str
    areas: tuple[str, ...] = ()
    person: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of the load driver and what came of it.

    `outcome`: ok = 2xx or 304; fail = any other answer; info = no answer (timeout, connection lost), so
    nobody knows. `path` stands below /v1 and has no query. A retry is an entry of its own with the
    same `key`. `answered` are the ids of all cases in the answer. `states` is the name of the fact
    that an ok answer promises about the case, "" for a read.
    """

    at: float
    seconds: float
    method: str
    path: str
    outcome: Outcome
    reader: Reader
    status: int | None = None
    key: str = ""
    answered: tuple[str, ...] = ()
    ref: tuple[str, str] | None = None
    states: str = ""

    def line(self) -> str:
        """The entry as a line of JSON, without the line's end."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, line: str) -> Entry:
        """The entry of a line."""
        found = json.loads(line)
        who = found.pop("reader")
        reader = Reader(who["role"], tuple(who["areas"]), who["person"], who["system"])
        found["answered"] = tuple(found["answered"])
        found["ref"] = tuple(found["ref"]) if found["ref"] else None
        return cls(reader=reader, **found)

    @property
    def registers(self) -> bool:
        """Whether it asked for a registration."""
        return self.method == "POST" and self.path == "/cases"

    @property
    def unknown(self) -> bool:
        """Whether it may have had its effect without an ok: no answer, or one of a gateway whose
        service fell over the request.
        """
        return self.outcome == "info" or (self.status or 0) >= 500

    @property
    def case_id(self) -> str:
        """The case that was registered or spoken of; "" where there is none."""
        if self.registers:
            return self.answered[0] if self.answered else ""
        steps = self.path.split("/")
        return steps[2] if len(steps) > 2 and steps[1] == "cases" else ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact as its outbox holds it, without personal data; `row` is the outbox row's key."""

    row: int
    source: str
    topic: str
    partition: int
    position: int
    order: int
    sequence: int
    subject: str
    id: str
    type: str
    time: datetime
    causation_id: str | None
    actor: str
    area: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The type without its version."""
        return self.type.rpartition(".v")[0]

    @property
    def service(self) -> str:
        """The service that stated it, whatever its incarnation."""
        return self.source.split("/")[1]

    @property
    def key(self) -> tuple[str, str, int, int]:
        """The place and the position in it: what names a fact in journal and parked table."""
        return self.source, self.topic, self.partition, self.position

    @property
    def place(self) -> tuple[str, str, int]:
        """Source, topic, partition: what positions count in."""
        return self.source, self.topic, self.partition


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the statistics say of an area: the overview, its lists of cases, trends, the day."""

    overview: Mapping[str, Any]
    lists: Mapping[str, frozenset[str]]
    trends: Mapping[str, Mapping[str, Any]]
    daily: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is judged, of one moment after recovery. `rows` holds tables by name, of all databases.

    `exported` are the lines of `fengqiao events export`; `chains` what `fengqiao audit verify` says of
    each service (None = sound); `register` the items of GET /v1/cases by id; `waiting` the items of
    GET /v1/waiting by case; `numbers` by area code; `recount` the answer of GET /v1/recount.
    `recovery_seconds` None = there was no fault.
    """

    mode: Literal["embedded", "servers"]
    history: tuple[Entry, ...]
    facts: tuple[Stated, ...]
    exported: tuple[RowDict, ...]
    rows: Mapping[str, tuple[RowDict, ...]]
    chains: Mapping[str, str | None]
    register: Mapping[str, RowDict]
    waiting: Mapping[str, RowDict]
    numbers: Mapping[str, Numbers]
    recount: RowDict
    settled: RowDict
    recovery_seconds: float | None = None
    manual_steps: tuple[str, ...] = ()
    whole_history: bool = True
    earlier: Evidence | None = None

    @cached_property
    def journal(self) -> Mapping[tuple[str, str, int, int], int]:
        """The register's number of (source, topic, partition, position)."""
        return {
            (r["source"], r["topic"], r["partition"], r["position"]): r["number"]
            for r in self.rows["bus_journal"]
        }

    @cached_property
    def in_order(self) -> tuple[Stated, ...]:
        """The facts in the register's order; those that it has not journalled last, by order."""
        late = len(self.facts) + 1
        return tuple(
            sorted(
                self.facts,
                key=lambda f: (
                    f.topic,
                    f.partition,
                    self.journal.get(f.key, late),
                    f.order,
                    f.source,
                ),
            )
        )

    @cached_property
    def by_case(self) -> Mapping[str, tuple[Stated, ...]]:
        """The facts of each registered case in the register's order."""
        found: dict[str, list[Stated]] = {}
        for fact in self.in_order:
            if fact.topic == CASES:
                found.setdefault(fact.subject, []).append(fact)
        return {
            c: tuple(f) for c, f in found.items() if any(x.name == "case.registered" for x in f)
        }

    @cached_property
    def parked_cases(self) -> frozenset[str]:
        """The subjects that some group holds."""
        return frozenset(str(r["subject"]) for r in self.rows["bus_held"])

    @property
    def refilled(self) -> bool:
        """Whether a broker was refilled: concurrent facts that were not journalled may have swapped."""
        return any(r["log_number"] > 1 for r in self.rows["bus_sources"])

    def parked(self, group: str) -> frozenset[tuple[str, str, int, int]]:
        """The facts that a group has parked, by (source, topic, partition, position)."""
        return frozenset(
            (r["source"], r["topic"], r["partition"], r["position"])
            for r in self.rows["bus_parked"]
            if r["grp"] == group
        )

    def applied(self, group: str) -> Iterator[Stated]:
        """The facts that a group has not parked, in the register's order."""
        parked = self.parked(group)
        return (fact for fact in self.in_order if fact.key not in parked)

    def named(self, *names: str) -> Iterator[Stated]:
        """The facts of these names, in the register's order."""
        return (fact for fact in self.in_order if fact.name in names)


Judgement = Violation | None
"""Of one thing that was judged: a violation, or None where it is right."""
Check = Callable[[Evidence], Iterator[Judgement]]


def judge(right: bool, invariant: str, subject: object, words: str) -> Judgement:
    """None where it is right."""
    return None if right else Violation(invariant, str(subject), words)


def by[T](key: Callable[[T], Any], items: Iterable[T]) -> dict[Any, list[T]]:
    """The items grouped by a key, each group in the items' order."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def gaps(numbers: Sequence[int]) -> list[int]:
    """The numbers of 1..n that are missing, and those that are there twice."""
    wanted = set(range(1, max(numbers, default=0) + 1))
    twice = {n for n in numbers if numbers.count(n) > 1} if len(set(numbers)) < len(numbers) else ()
    return sorted({*(wanted - set(numbers)), *twice})
