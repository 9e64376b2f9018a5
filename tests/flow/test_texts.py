"""Real messages and synthetic narratives through import, triage, routing and assignment, in both modes."""

import asyncio
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow.desk import Stack
from servers import ROOT

from fengqiao_contracts.areas import areas

MESSAGES = "data/teddy2020c/stream_before_2019_09.jsonl.gz"
NARRATIVES = "data/synthetic/narratives.jsonl.gz"
CITY = "510100"
LIVE = {"registered", "assessed", "routed"}
"""Statuses in which nothing says yet what becomes of a case."""


@pytest.mark.shared
@pytest.mark.timeout(900)
async def test_the_900_narratives_each_reach_a_unit_of_their_own_district(
    stack: Stack, client: httpx.AsyncClient, shared_data: Path
) -> None:
    path = shared_data / NARRATIVES
    said = stack.fengqiao("import", str(path), "--profile", "narratives")
    assert "registered 900" in said
    stack.fengqiao("settle", "--wait", "--timeout", "600")

    division = {row["id"]: row["division"] for row in _lines(path)}
    cases = [c for c in await _cases(client) if _system(c) == "synthetic"]
    assert len(cases) == 900
    committees = {c["id"]: c for c in await _pages(client, "/committees")}
    outlets = Counter(str(case["outlet"] or "waiting") for case in cases)
    print(f"\n900 narratives, {stack.mode}: {_said(outlets)}")  # noqa: T201 -- the output
    held = [case for case in cases if case["committee_id"]]
    assert len(held) == outlets["mediation"] > 700, outlets
    for case in cases:
        home = areas().district(division[case["external_ref"]["number"]])
        assert case["area_path"].startswith(home.path), case
        assert case["outlet"] or case["waiting_reason"], case
        if case["committee_id"]:
            assert committees[case["committee_id"]]["area_path"].startswith(home.path), case


@pytest.fixture(scope="module")
def messages(stack: Stack, shared_data: Path) -> list[dict[str, Any]]:
    """The cases of the 2,917 messages, once all has settled."""
    path = str(shared_data / MESSAGES)
    options = ("--channel", "petition", "--area", CITY)
    maps = ("narrative=title+body", "reported_at=time", "external=msg_id", "system=messages")
    arguments = ["import", path, *options, *(word for m in maps for word in ("--map", m))]
    said = stack.fengqiao(*arguments)
    assert "registered 2917" in said
    assert "rejected 0" in said
    again = stack.fengqiao(*arguments)
    assert "registered 0  known 2917" in again
    stack.fengqiao("settle", "--wait", "--timeout", "800")
    return asyncio.run(_read_messages(stack))


async def _read_messages(stack: Stack) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with httpx.AsyncClient(
        base_url=f"{stack.url}/v1", headers=headers, timeout=60, trust_env=False
    ) as client:
        return [case for case in await _cases(client) if _system(case) == "messages"]


@pytest.mark.shared
@pytest.mark.timeout(900)
async def test_2917_real_messages_settle_and_the_sums_reconcile(
    messages: list[dict[str, Any]], client: httpx.AsyncClient
) -> None:
    assert len(messages) == 2917
    assert all(case["type"] and case["risk"] for case in messages)
    lost = [c for c in messages if c["status"] in LIVE and not c["waiting_reason"]]
    assert not lost, lost[:3]
    await _sums_reconcile(client)


@pytest.mark.shared
@pytest.mark.timeout(900)
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
async def test_the_readmes_show_what_is_printed(
    stack: Stack, messages: list[dict[str, Any]], readme: str
) -> None:
    """In either mode, so that both print the same."""
    printed = _block(messages)
    print(f"\n{stack.mode}:\n{printed}")  # noqa: T201 -- the output
    shown = f"```\n{printed}\n```\n" in (ROOT / readme).read_text(encoding="utf-8")
    assert shown, f"{readme} shows other counts than\n{printed}"


@pytest.mark.timeout(300)
async def test_every_number_of_the_overview_is_a_recount(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    stack.fengqiao("settle", "--wait", "--timeout", "300")
    await _sums_reconcile(client)


@pytest.mark.timeout(300)
async def test_the_export_shows_every_case_in_order(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    stack.fengqiao("settle", "--wait", "--timeout", "300")
    sequences: dict[tuple[str, str], int] = defaultdict(int)
    positions: dict[tuple[str, str, int], int] = defaultdict(int)
    by_case: dict[str, list[str]] = defaultdict(list)
    seen: dict[str, int] = {}
    for number, fact in enumerate(stack.exported()):
        place = (fact["source"], fact["topic"], fact["partition"])
        positions[place] += 1
        assert fact["position"] == positions[place], fact
        own = (fact["source"], fact["subject"])
        sequences[own] += 1
        assert fact["sequence"] == sequences[own], fact
        cause = fact.get("causationid")
        if fact["topic"] == "fengqiao.cases":
            by_case[fact["subject"]].append(fact["type"])
            assert cause is None or cause in seen or fact["source"].startswith("/intake"), fact
        seen[fact["id"]] = number
        assert "pii" not in fact
        assert "narrative" not in fact["data"]
    cases = await _cases(client)
    assert {case["id"] for case in cases} == set(by_case)
    for said in by_case.values():
        assert said[0] == "case.registered.v1"
        assert said.index("case.analyzed.v1") < said.index("case.assessed.v1")


async def _sums_reconcile(client: httpx.AsyncClient) -> None:
    """I6: registered = the sum of the buckets = the register's own count; equal to a recount."""
    overview = (await client.get("/stats/overview")).raise_for_status().json()
    registered = overview["registered"]["n"]
    assert registered == sum(bucket["n"] for bucket in overview["buckets"].values())
    for name in ("status", "type", "grade", "channel"):
        assert sum(row["n"] for row in overview[name]) == registered, name
    listed = (await client.get("/cases", params={"size": 1})).json()["total"]
    assert listed == registered
    anew = (await client.get("/recount")).raise_for_status().json()
    assert anew["equal"], anew["differences"]
    assert anew["registered"] == registered


def _block(cases: list[dict[str, Any]]) -> str:
    """The counts as the READMEs show them: a line for each of the four, the largest first."""
    return "\n".join(
        f"{name:8} {_said(Counter(case[name] or 'none' for case in cases))}"
        for name in ("outlet", "type", "risk", "status")
    )


def _said(counts: Counter[str]) -> str:
    """The counts in words; those of equal size by their names, whatever came first."""
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked)


async def _cases(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The whole register by cursor."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get("/cases", params={"cursor": cursor, "size": 1000})).json()
        found += page["items"]
        cursor = page["next"]
    return found


async def _pages(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, 1000):
        answer = (await client.get(path, params={"page": page, "size": 100})).json()
        found += answer["items"]
        if len(found) >= answer["total"]:
            break
    return found


def _system(case: dict[str, Any]) -> str:
    return str((case["external_ref"] or {}).get("system", ""))


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
