"""A batch made ready before its transaction: decoded, planned by its handlers, and sorted out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import LATEST

from ..keys import Keyring
from . import codec
from .cutting import key_of, reason_of
from .port import Batch, Entry
from .received import Received
from .subscriptions import Subscriptions, by_type

BEHIND = "behind a parked fact"


@dataclass
class Plan:
    """A prepared batch: the decoded facts, those that cannot be read, and the handlers' plans."""

    batch: Batch
    received: dict[str, Received[Any]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    plans: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a batch: facts applied, and facts parked for a reason of their own."""

    applied: int
    parked: int


def prepare(batch: Batch, subscriptions: Subscriptions, keys: Keyring) -> Plan:
    """Decode what the service hears, and let its handlers plan.

    Raises what a handler's `prepare` raises; a fact that cannot be read is noted with its reason.
    """
    plan = Plan(batch)
    for entry in batch.entries:
        envelope = entry.envelope
        if envelope is None or not subscriptions.hears(envelope.name):
            continue
        if LATEST.get(envelope.name, 0) < envelope.version or envelope.name not in LATEST:
            plan.unreadable[key_of(entry)] = "unknown-version"
            continue
        try:
            plan.received[key_of(entry)] = _receive(entry, envelope, subscriptions.pii, keys)
        except Exception as error:
            plan.unreadable[key_of(entry)] = reason_of(error)
    plan_handlers(plan, subscriptions)
    return plan


def _receive(entry: Entry, envelope: Envelope, pii: bool, keys: Keyring) -> Received[Any]:  # noqa: FBT001
    item = entry.decoded.get(pii)
    if item is None:
        item = codec.receive(envelope, keys, pii=pii)
        entry.decoded[pii] = item
    return item


def plan_handlers(plan: Plan, subscriptions: Subscriptions) -> None:
    """Run the `prepare` of every handler over the facts that it hears."""
    for name, items in by_type(list(plan.received.values())).items():
        for n, subscription in enumerate(subscriptions.by_name.get(name, ())):
            if subscription.prepare is None:
                continue
            plans = subscription.prepare(items)
            plan.plans[name, n] = {i.envelope.id: p for i, p in zip(items, plans, strict=True)}


def sort_out(
    taken: Sequence[Entry], plan: Plan, held: set[str], subscriptions: Subscriptions
) -> tuple[list[tuple[Envelope, str]], list[Received[Any]]]:
    """Which facts are parked (unreadable, or behind a held subject) and which are applied."""
    parked: list[tuple[Envelope, str]] = []
    live: list[Received[Any]] = []
    stuck = set(held)
    for entry in taken:
        envelope = entry.envelope
        if envelope is None:
            continue
        reason = plan.unreadable.get(key_of(entry))
        if reason is not None:
            parked.append((envelope, reason))
            stuck.add(envelope.subject)
        elif envelope.subject in stuck and subscriptions.hears(envelope.name):
            parked.append((envelope, BEHIND))
        elif (item := plan.received.get(key_of(entry))) is not None:
            live.append(item)
    return parked, live
