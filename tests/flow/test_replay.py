"""`fengqiao replay --group` against the running platform: damage is mended while it works, in both modes."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from flow.desk import LEAK, STREET, Stack

DAMAGE = (
    "DELETE FROM analytics_cases WHERE id IN (SELECT id FROM analytics_cases ORDER BY id LIMIT 3)",
    "UPDATE analytics_counts SET n = n + 5",
    "DELETE FROM analytics_units",
    "UPDATE analytics_committees SET name = '?'",
    "UPDATE intake_cases SET status = 'closed', mediator = NULL",
    "DELETE FROM intake_timeline WHERE name = 'case.analyzed'",
    "UPDATE registry_assignments SET closed = true",
    "UPDATE gateway_case_access SET mediator = NULL",
)
PROJECTIONS = (
    "SELECT * FROM analytics_cases ORDER BY id",
    "SELECT * FROM analytics_counts WHERE n <> 0 ORDER BY day, district, type, grade, channel, status",
    "SELECT * FROM analytics_units WHERE n <> 0 ORDER BY district, unit, status",
    "SELECT * FROM analytics_committees ORDER BY committee_id",
    "SELECT id, status, type, grade, mediator, outlet, claims, updated_at FROM intake_cases ORDER BY id",
    "SELECT case_id, fact_id, data FROM intake_timeline ORDER BY case_id, id",
    "SELECT * FROM registry_assignments ORDER BY assignment_id",
    "SELECT * FROM gateway_case_access ORDER BY case_id",
)
REST = (
    "SELECT count(*), max(id) FROM bus_outbox",
    "SELECT count(*) FROM bus_parked",
    "SELECT grp, topic, partition, next_offset FROM bus_offsets ORDER BY grp, topic, partition",
    "SELECT count(*) FROM gateway_deliveries",
    "SELECT count(*) FROM gateway_facts",
)


async def _ask(stack: Stack, *statements: str) -> list[list[tuple[Any, ...]]]:
    """Run statements beside the platform on its database."""
    url = stack.environment.get("FENGQIAO_DATABASE_URL")
    if url is None:
        path = next(Path(stack.environment["FENGQIAO_DATA_DIR"]).glob("*.db"))
        with sqlite3.connect(path, timeout=20, isolation_level=None) as connection:
            found = [connection.execute(s).fetchall() for s in statements]
        connection.close()
        return found
    opened = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    try:
        return [[tuple(row) for row in await opened.fetch(s)] for s in statements]
    finally:
        await opened.close()


async def _register(client: httpx.AsyncClient, count: int) -> None:
    for n in range(count):
        parties = [{"role": "applicant", "kind": "person", "name": f"赵{n}"}]
        body = {"narrative": LEAK + str(n), "channel": "self", "area": STREET, "parties": parties}
        (await client.post("/cases", json=body)).raise_for_status()


def _run(stack: Stack, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fengqiao_host", *arguments],
        env={**os.environ, **stack.environment, "FENGQIAO_URL": stack.url}
        | {"FENGQIAO_TOKEN": stack.token}
        | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def _cut(stack: Stack, point: str, log: Path) -> subprocess.CompletedProcess[str]:
    crash = {"FENGQIAO_CRASH_AT": point, "FENGQIAO_CRASH_LOG": str(log)}
    return _run(stack, "replay", "--group", "analytics", **crash)


@pytest.mark.timeout(400)
async def test_damage_is_mended_while_the_platform_works(
    stack: Stack, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await _register(client, 12)
    stack.fengqiao("settle", "--wait", "--timeout", "120")
    before, rest = await _ask(stack, *PROJECTIONS), await _ask(stack, *REST)
    await _ask(stack, *DAMAGE)
    damaged = await _ask(stack, *PROJECTIONS)
    assert all(a != b for a, b in zip(before, damaged, strict=True))
    assert (await asyncio.to_thread(_run, stack, "recount")).returncode == 1

    for point in ("consumer.after_commit:1", "replay.before_commit:1"):
        log = tmp_path / point.partition(":")[0]
        cut = await asyncio.to_thread(_cut, stack, point, log)
        assert (cut.returncode, log.exists()) == (137, True), cut.stderr
    assert await _ask(stack, *PROJECTIONS) == damaged, "a run that is cut changes nothing"

    for group in ("analytics", "intake", "mediator-registry", "gateway"):
        done = await asyncio.to_thread(_run, stack, "replay", "--group", group)
        assert done.returncode == 0, done.stderr
        assert "corrected" in done.stdout
    assert await _ask(stack, *PROJECTIONS) == before
    assert await _ask(stack, *REST) == rest, "nothing stated, nothing sent, no group moved"
    recount = await asyncio.to_thread(_run, stack, "recount")
    assert recount.returncode == 0, recount.stdout
    verified = await asyncio.to_thread(_run, stack, "audit", "verify")
    assert verified.returncode == 0, verified.stdout

    await _register(client, 3)
    stack.fengqiao("settle", "--wait", "--timeout", "120")
    assert (await asyncio.to_thread(_run, stack, "recount")).returncode == 0


@pytest.mark.timeout(400)
async def test_disputes_registered_during_a_replay_are_counted(
    stack: Stack, client: httpx.AsyncClient
) -> None:
    await _register(client, 5)
    talking = asyncio.create_task(_register(client, 40))
    for group in ("analytics", "intake"):
        await _ask(stack, *DAMAGE[:3])
        done = await asyncio.to_thread(_run, stack, "replay", "--group", group)
        assert done.returncode == 0, done.stderr
    await talking
    done = await asyncio.to_thread(_run, stack, "replay", "--group", "analytics")
    assert done.returncode == 0, done.stderr
    await asyncio.to_thread(stack.fengqiao, "settle", "--wait", "--timeout", "120")

    listed = (await client.get("/cases", params={"size": 1})).json()["total"]
    overview = (await client.get("/stats/overview")).raise_for_status().json()
    assert overview["registered"]["n"] == listed
    assert (await asyncio.to_thread(_run, stack, "recount")).returncode == 0


async def test_a_service_that_no_fact_can_tell_again_refuses_and_says_why(stack: Stack) -> None:
    done = await asyncio.to_thread(_run, stack, "replay", "--group", "routing")
    assert done.returncode == 1
    assert "routing" in done.stderr
    assert "未做任何改动" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
