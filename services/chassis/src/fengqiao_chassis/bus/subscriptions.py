"""The table fact type -> handler, and how a batch is cut into waves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fengqiao_contracts.facts import CASES, TOPICS, Fact

from .received import Received

Apply = Callable[..., Awaitable[None]]
Prepare = Callable[[Sequence[Received[Any]]], Sequence[Any]]


@dataclass(frozen=True)
class Subscription:
    """One handler of one fact type."""

    fact: type[Fact]
    apply: Apply
    prepare: Prepare | None = None
    live_only: bool = False


def on(
    fact: type[Fact], apply: Apply, *, prepare: Prepare | None = None, live_only: bool = False
) -> Subscription:
    """Subscribe `apply(tx, items[, plans])` to a fact type.

    `prepare(items) -> plans` runs before the transaction; `live_only` handlers have an effect
    outside and never run in a replay.
    """
    return Subscription(fact, apply, prepare, live_only)


class Subscriptions:
    """What a service hears.

    `pii=False` drops the personal part before decoding; `journal` keeps the order of all facts
    (the register's duty); `first` are topics read to their end before the others begin; `every` is
    called with all facts of a wave, after the handlers of their types.
    """

    def __init__(
        self,
        *subscriptions: Subscription,
        pii: bool = True,
        journal: bool = False,
        first: Sequence[str] = (),
        topics: Sequence[str] | None = None,
        every: Apply | None = None,
    ) -> None:
        self.by_name: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            self.by_name[subscription.fact.NAME].append(subscription)
        self.pii = pii
        self.journal = journal
        self.first = tuple(first)
        self.every = every
        heard = {s.fact.TOPIC for s in subscriptions}
        wanted = set(topics) if topics is not None else (set(TOPICS) if every or journal else heard)
        self.topics = tuple(t for t in TOPICS if t in wanted | set(first)) or (CASES,)

    @property
    def types(self) -> tuple[str, ...]:
        """The full types that handlers of their own hear."""
        return tuple(s.fact.TYPE for group in self.by_name.values() for s in group)

    def hears(self, name: str) -> bool:
        """Whether facts of this name are decoded at all."""
        return self.every is not None or name in self.by_name


def waves(items: Sequence[Received[Any]]) -> Iterator[list[Received[Any]]]:
    """Cut a batch so that within a wave no subject comes twice and order per subject holds."""
    depth: dict[str, int] = defaultdict(int)
    cut: list[list[Received[Any]]] = []
    for item in items:
        level = depth[item.envelope.subject]
        depth[item.envelope.subject] += 1
        if level == len(cut):
            cut.append([])
        cut[level].append(item)
    yield from cut


def by_type(wave: Sequence[Received[Any]]) -> dict[str, list[Received[Any]]]:
    """The facts of a wave by name, in their order."""
    groups: dict[str, list[Received[Any]]] = defaultdict(list)
    for item in wave:
        groups[item.envelope.name].append(item)
    return groups
