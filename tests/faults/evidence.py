"""Gathering: one Evidence of a running or just recovered platform, by public surfaces and read-only SQL."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from faults import stores, surfaces
from faults.checker import Entry, Evidence

SEALED_WITHIN = 10.0
"""Seconds that the sealers of the audit trail have after the last entry; they look once a second."""


async def gather(
    *,
    url: str,
    token: str,
    environment: Mapping[str, str],
    history: Path | None = None,
    recovery_seconds: float | None = None,
    since: float | None = None,
    manual_steps: tuple[str, ...] = (),
    whole_history: bool = True,
    earlier: Evidence | None = None,
    seconds: float = 30,
) -> Evidence:
    """The evidence as it is once the platform has settled, or after `seconds`.

    `url` and `token`: the gateway and an account of the city. `environment` is what the platform's
    processes run with. `since` (of `time.monotonic`) is the end of the last fault, from which the
    recovery is measured here; give `recovery_seconds` instead where it was measured before.
    `whole_history` False: cases came also from elsewhere. `earlier`: evidence before the fault.
    """
    async with surfaces.Surfaces(url, token) as public:
        settled = await _settle(public, seconds)
        if since is not None:
            recovery_seconds = time.monotonic() - since
        urls = stores.databases_of(environment)
        register = await public.register()
        parts: dict[str, Any] = {
            "register": register,
            "waiting": await public.waiting(),
            "numbers": await public.numbers(register),
            "recount": await public.recount(),
        }
    await _sealed(urls)
    facts, rows = await stores.read_stores(urls)
    found = Evidence(
        mode="servers" if environment.get("FENGQIAO_KAFKA_BOOTSTRAP") else "embedded",
        history=read_history(history),
        facts=facts,
        rows=rows,
        exported=(),
        chains={},
        settled=settled,
        recovery_seconds=recovery_seconds,
        manual_steps=manual_steps,
        whole_history=whole_history,
        earlier=earlier,
        **parts,
    )
    return await asked_again(found, environment)


async def read_again(before: Evidence, environment: Mapping[str, str]) -> Evidence:
    """The same evidence with the stores read again: of a store that no process serves, a copy."""
    facts, rows = await stores.read_stores(stores.databases_of(environment))
    return replace(before, facts=facts, rows=rows)


async def asked_again(before: Evidence, environment: Mapping[str, str]) -> Evidence:
    """The same evidence with `events export` and `audit verify` asked again beside those stores."""
    exported, chains = await asyncio.gather(
        asyncio.to_thread(surfaces.exported, environment),
        asyncio.to_thread(surfaces.chains, environment),
    )
    return replace(before, exported=exported, chains=chains)


def read_history(path: Path | None) -> tuple[Entry, ...]:
    """The entries of a history file, in their order."""
    if path is None or not path.exists():
        return ()
    return tuple(map(Entry.of, path.read_text(encoding="utf-8").splitlines()))


async def _settle(public: surfaces.Surfaces, seconds: float) -> Mapping[str, Any]:
    end = time.monotonic() + seconds
    while True:
        answer = await public.settled()
        if answer["settled"] or time.monotonic() > end:
            return answer
        await asyncio.sleep(0.1)


async def _sealed(urls: list[str]) -> None:
    end = time.monotonic() + SEALED_WITHIN
    while await stores.unsealed(urls) and time.monotonic() < end:
        await asyncio.sleep(0.2)
