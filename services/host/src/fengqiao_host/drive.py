"""Drives assigned cases through their whole life by the public API alone, as people would."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from . import script
from .public_api import Answer, Api, DriveError
from .script import Act, Owes, Script
from .stage import NO_COPIES, Stage

DESK = "city"
"""The role whose token does the casework: the city centre may act on every case."""


async def load_registry(
    client: httpx.AsyncClient, token: str, records: Iterable[Mapping[str, Any]], size: int = 500
) -> Counter[str]:
    """Send import records in requests of `size`; counts of created, changed, unchanged, errors."""
    api, totals = Api(client, token), Counter[str]()
    batch: list[Mapping[str, Any]] = []
    for record in records:
        batch.append(record)
        if len(batch) == size:
            _add(totals, await api.post_lines("/registry/imports", batch))
            batch = []
    if batch:
        _add(totals, await api.post_lines("/registry/imports", batch))
    return totals


async def play(
    client: httpx.AsyncClient, tokens: Mapping[str, str], case_id: str, acts: Script
) -> str:
    """Do the acts of a script with an assigned case, in order; the state that it ends in."""
    stage = Stage(Api(client, tokens[DESK]), case_id)
    for number, act in enumerate(acts):
        await stage.do(number, act)
    return str((await stage.casework())["state"])


async def drive(
    client: httpx.AsyncClient,
    tokens: Mapping[str, str],
    *,
    share: float = 0.75,
    seed: int = 1,
    limit: int | None = None,
    concurrency: int = 4,
) -> Counter[str]:
    """Play a script with that share of the assigned cases, so that every state is met; counts of
    the states reached. Cases that move on meanwhile (withdrawn, re-routed) count as `skipped`.
    """
    random, reached = Random(seed), Counter[str]()  # noqa: S311 -- repeatable, no secret
    api, gate = Api(client, tokens[DESK]), asyncio.Semaphore(concurrency)
    chosen = [case async for case in _assigned(api, limit) if random.random() < share]

    async def one(case: Answer, ending: str) -> None:
        async with gate:
            reached[await _end_in(client, tokens, case, ending)] += 1

    async with asyncio.TaskGroup() as group:
        for case in chosen:
            group.create_task(one(case, random.choices([*ENDINGS], [*ENDINGS.values()])[0]))
    return reached


async def _assigned(api: Api, limit: int | None) -> AsyncIterator[Answer]:
    """The assigned cases, all of them read before the first is given, for the list will shrink."""
    found: list[Answer] = []
    page = 1
    while limit is None or len(found) < limit:
        answer = await api.get("/cases", status="assigned", page=page, size=100)
        found += answer["items"]
        if not answer["items"] or len(found) >= answer["total"]:
            break
        page += 1
    for case in found[:limit]:
        yield case


async def _end_in(
    client: httpx.AsyncClient, tokens: Mapping[str, str], case: Answer, ending: str
) -> str:
    api = Api(client, tokens[DESK])
    try:
        work = await api.get(f"/cases/{case['id']}/casework")
        sides = [p for p in work["parties"] if p["role"] != "third"]
        roles = {p["role"] for p in sides}
        able = len(roles) == 2
        amount = Decimal(case["amount"]) if case.get("amount") else None
        acts = script_to(ending if able else "accepted", len(sides), amount)
        return await play(client, tokens, str(case["id"]), acts)
    except DriveError as why:
        return "skipped" if str(why).startswith("409") else _reraise(why)


def _reraise(why: DriveError) -> str:
    raise why


ENDINGS = {
    "accepted": 12,
    "mediating": 16,
    "agreed": 8,
    "effective": 10,
    "performed": 8,
    "breached": 3,
    "closed": 10,
    "archived": 15,
    "oral": 6,
    "terminated": 6,
    "refused": 3,
    "declined": 3,
}
"""Where the demo's cases end, and how many of a hundred do."""


def script_to(ending: str, sides: int, amount: Decimal | None) -> Script:
    """The acts that lead an assigned case with that many sides to `ending` (a status, or `oral` for
    an oral agreement performed at once, `declined` for a party who says no).
    """
    talked = (
        script.Accept(),
        script.Consent(),
        script.Session("向双方告知权利义务，听取陈述，核对事实，双方就争议事项交换意见。"),
    )
    last = sides - 1
    owes = (Owes(last, 0, "按约定的时间和方式履行", amount or Decimal(1000)),)
    agreed = (*talked, script.Agree("双方就争议事项达成一致，按约定履行，再无其他争议。", owes))
    effective = (*agreed, script.Sign())
    closed = (*effective, script.Perform(), script.Close(NO_COPIES))
    scripts: dict[str, tuple[Act, ...]] = {
        "accepted": talked[:1],
        "mediating": talked,
        "agreed": (*agreed, script.Sign(parties=1)),
        "effective": effective,
        "performed": (*effective, script.Perform()),
        "breached": (*effective, script.Breach("refused")),
        "closed": closed,
        "archived": (*closed, script.Archive()),
        "oral": (*talked, _oral(owes), script.Perform(), script.Close(NO_COPIES)),
        "terminated": (*talked, script.Terminate("impasse")),
        "refused": (script.Refuse("out_of_scope"),),
        "declined": (script.Accept(), script.Decline("被申请人表示不同意调解。")),
    }
    return scripts[ending]


def _oral(owes: tuple[Owes, ...]) -> script.Agree:
    return script.Agree("双方口头达成协议并当场履行。", owes, form="oral")


def _add(totals: Counter[str], answer: Answer) -> None:
    for name in ("created", "changed", "unchanged"):
        totals[name] += answer[name]
    totals["errors"] += len(answer["errors"])
