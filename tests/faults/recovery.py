"""What every fault test looks at when the platform has healed: a short look, between two faults.

The checker of the invariants judges the whole once, at the module's end; it takes too long for each
fault of many.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import httpx
from faults.caller import until
from faults.checker import check, judged
from faults.evidence import gather
from faults.load import Load

LIVE = {"registered", "assessed", "routed"}
"""Statuses in which nothing says yet what becomes of a case."""
IDLE = {
    "I1.earlier_facts_stay",  # a module's first evidence has none before it
    "I7.chains_keep_their_past",  # the same
    "I2.parked_says_why",  # no fault may park a fact
    "I7.dispatchers_are_entered",  # the load has no dispatcher
    "I10.outboxes_are_sent",  # the embedded log is the outbox
}
"""Checks that may have nothing to judge here."""
HOOK_SECONDS = 30.0
"""A sender that was killed holds its webhook's lease for some seconds more."""


async def looked_over(load: Load) -> None:
    """Every process runs, all that was acknowledged is there, each case is routed once."""
    assert load.platform.all_up()
    assert not load.history.problems, load.history.problems[:5]
    assert not load.platform.failures(), load.platform.failures()[:5]
    async with load.platform.client(load.platform.stack.token, timeout=30) as client:
        register = {case["id"]: case for case in await _by_cursor(client)}
        facts = await _facts(client)
    lost = set(load.history.registered.values()) - register.keys()
    assert not lost, f"{len(lost)} of {len(load.history.registered)} acknowledged cases are gone"
    unclear = [c for c in register.values() if c["status"] in LIVE and not c["waiting_reason"]]
    assert not unclear, unclear[:2]
    _routed_once(register, facts)


async def judged_whole(load: Load, recovery_seconds: float) -> None:
    """The checker finds no invariant broken, and had something of every kind to judge."""
    stack = load.platform.stack
    load.evidence = await gather(
        url=stack.url,
        token=stack.token,
        environment=stack.environment,
        history=load.history.path,
        recovery_seconds=recovery_seconds,
        earlier=load.evidence,
    )
    found = check(load.evidence)
    assert not found, "\n".join(map(str, found[:20]))
    idle = {name for name, count in judged(load.evidence).items() if not count}
    assert idle <= IDLE, idle - IDLE


def _routed_once(register: dict[str, Any], facts: Sequence[dict[str, Any]]) -> None:
    """Never two live assignments; one for each case that the register shows as assigned."""
    live: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        case, data = fact["subject"], fact["data"]
        if fact["type"].startswith("mediator.assigned."):
            live[case].add(data["assignment_id"])
            assert len(live[case]) == 1, f"{case} has two live assignments"
        elif fact["type"].startswith("assignment.withdrawn."):
            live[case].remove(data["assignment_id"])
    for case in register.values():
        if case["status"] in {"assigned", "accepted", "mediating"}:
            assert len(live[case["id"]]) == 1, case
        if case["outlet"] not in (None, "mediation"):
            assert not live[case["id"]], case


async def partner_knows(load: Load) -> None:
    """Every fact that the partner may read was delivered, each case's in order."""
    async with load.platform.client(load.partner_key, timeout=30) as client:
        wanted = await _facts(client)
    receiver = load.receiver
    await until(
        lambda: len(receiver.facts) >= len(wanted),
        HOOK_SECONDS,
        f"{len(wanted)} facts at the partner, which has {len(receiver.facts)}",
    )
    assert _by_case(receiver.facts) == _by_case(wanted)


def _by_case(facts: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        found[fact["subject"]].append(fact["id"])
    return found


async def _by_cursor(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params: dict[str, Any] = {"cursor": cursor, "size": 1000}
        page = (await client.get("/cases", params=params)).raise_for_status().json()
        found += page["items"]
        cursor = page["next"]
    return found


async def _facts(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, more = "", True
    while more:
        page = (await client.get("/facts", params={"after": after, "limit": 1000})).json()
        found += page["facts"]
        after, more = page["next"], page["more"]
    return found
