"""A fact as a handler receives it."""

from __future__ import annotations

from dataclasses import dataclass

from fengqiao_contracts.envelope import Envelope
from fengqiao_contracts.facts import Fact


@dataclass(frozen=True, slots=True)
class Received[F: Fact]:
    """A decoded fact (its `pii` clear where the service takes it) with its envelope."""

    fact: F
    envelope: Envelope
