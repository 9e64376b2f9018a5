"""Which rules hold now: the release's, with the policy that was activated for this moment.

The database says it, at each batch by one small query, so every replica follows at the same time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from fengqiao_chassis.store import SYSTEM, ReadTx
from fengqiao_contracts.errors import Conflict

from .. import store
from ..domain.case import Rules, Versions
from ..domain.policy import Policy
from ..policy_document import parsed
from ..rules import policy as policy_of_release
from ..rules import rules as rules_of

KEPT = 32
_parsed: OrderedDict[str, Policy] = OrderedDict()
"""Policies by the hash of their text: what a text says does not depend on the database."""


async def rules_in_force(tx: ReadTx, rules: Rules) -> Rules:
    """The rules to assess by now; `rules` are those this process was started with."""
    active = await store.active_at(tx, SYSTEM, tx.now)
    if active is None or active.version == rules.policy.version:
        return rules
    known = _parsed.get(active.sha256 or "")
    return with_policy(rules, known or await policy_named(tx, active.version))


def with_policy(rules: Rules, policy: Policy) -> Rules:
    """The rules with another policy."""
    return replace(rules, versions=replace(rules.versions, policy=policy.version), policy=policy)


async def policy_named(tx: ReadTx, version: str) -> Policy:
    """A policy by its version, brought in or of the release. Raises Conflict where it is neither."""
    row = await store.policy_of(tx, SYSTEM, version)
    if row is None:
        try:
            return policy_of_release(version)
        except FileNotFoundError as gone:
            raise _gone() from gone
    if row.sha256 not in _parsed:
        _parsed[row.sha256] = parsed(row.text)
        while len(_parsed) > KEPT:
            _parsed.popitem(last=False)
    return _parsed[row.sha256]


async def rules_then(tx: ReadTx, versions: Versions) -> Rules:
    """The rules of an earlier assessment. Raises Conflict where they are not here any more."""
    policy = await policy_named(tx, versions.policy)
    try:
        return with_policy(rules_of(replace(versions, policy=rules_of().versions.policy)), policy)
    except FileNotFoundError as gone:
        raise _gone() from gone


def _gone() -> Conflict:
    return Conflict(
        "rules-gone",
        "作出该评估的规则版本已不在本版本软件中，请用当时的版本重放。",
        "This release no longer carries the rules of that assessment: replay it with the release "
        "that made it.",
    )
