"""The bulk load: the whole synthetic city, twice, and with bad lines."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import REGISTRY
from fengqiao_host import city
from fengqiao_mediator_registry.app import build

SERVICE = "mediator-registry"
RECORDS = list(city.registry())


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    async with Harness.embedded(tmp_path, [build()]) as harness:
        yield harness


@pytest.fixture
def client(h: Harness) -> httpx.AsyncClient:
    return h.client(SERVICE, role="city", areas=["510100"])


async def _load(client: httpx.AsyncClient, records: Sequence[Any]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for start in range(0, len(records), 500):
        answer = await _send(client, records[start : start + 500])
        assert answer.status_code == 200, answer.text
        body = answer.json()
        for name in ("received", "created", "changed", "unchanged"):
            totals[name] += body[name]
        totals["errors"] += len(body["errors"])
    return totals


async def _send(client: httpx.AsyncClient, records: Sequence[Any]) -> httpx.Response:
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    headers = {"Content-Type": "application/x-ndjson"}
    return await client.post("/registry/imports", content="\n".join(lines), headers=headers)


@pytest.mark.slow
async def test_the_whole_city_is_loaded_in_seconds_and_once(
    h: Harness, client: httpx.AsyncClient
) -> None:
    started = time.process_time()  # ours alone: the machine may be busy with other things
    first = await _load(client, RECORDS)
    seconds = time.process_time() - started
    assert (first["created"], first["errors"]) == (len(RECORDS), 0)
    assert seconds < 6, f"{seconds:.1f} s for {len(RECORDS)} records"
    again = await _load(client, RECORDS)
    assert (again["unchanged"], again["created"], again["changed"]) == (len(RECORDS), 0, 0)
    await h.settle()
    types = Counter(item.envelope.name for item in await h.facts(REGISTRY))
    kinds = Counter(record["record"] for record in RECORDS)
    assert types == {
        "committee.registered": kinds["committee"],
        "mediator.admitted": kinds["mediator"],
        "expert.enrolled": kinds["expert"],
    }
    page = (await client.get("/mediators", params={"state": "admitted"})).json()
    assert page["total"] == kinds["mediator"]


async def test_a_changed_record_changes_its_entry_and_is_said(
    h: Harness, client: httpx.AsyncClient
) -> None:
    committee = next(r for r in RECORDS if r["record"] == "committee")
    mediator = next(r for r in RECORDS if r.get("committee") == committee["external_id"])
    await _load(client, [committee, mediator])
    totals = await _load(client, [committee | {"name": "新的名称"}, mediator | {"capacity": 33}])
    assert totals["changed"] == 2
    await h.settle()
    facts = [item.fact for item in await h.facts(REGISTRY)]
    assert [f.revision for f in facts if hasattr(f, "revision")] == [1, 2]
    assert [f.capacity for f in facts if hasattr(f, "changed_at")] == [33]


async def test_bad_lines_are_named_and_the_others_taken(client: httpx.AsyncClient) -> None:
    committee = next(r for r in RECORDS if r["record"] == "committee")
    mediator = next(r for r in RECORDS if r.get("committee") == committee["external_id"])
    wrong_digit = mediator["id_number"][:-1] + ("0" if mediator["id_number"][-1] != "0" else "1")
    answer = await _send(
        client,
        [
            committee,
            "",
            "{not json",
            committee | {"external_id": "x1", "area": "123"},
            committee | {"external_id": "x2", "unknown": 1},
            mediator | {"external_id": "x3", "committee": "nowhere"},
            mediator | {"external_id": "x4", "id_number": wrong_digit},
            mediator,
            mediator | {"external_id": "x5", "name": "同一个人"},
            mediator | {"external_id": "x6", "certificate_expires_on": "2020-01-01"},
        ],
    )
    body = answer.json()
    assert answer.status_code == 200
    assert body["created"] == 2
    assert {e["line"]: (e["code"], e["field"]) for e in body["errors"]} == {
        3: ("invalid-record", None),
        4: ("unknown-area", "area"),
        5: ("invalid-record", "unknown"),
        6: ("unknown-committee", "committee"),
        7: ("bad-id-number", "id_number"),
        9: ("person-exists", "id_number"),
        10: ("certificate-expired", "certificate_expires_on"),
    }
    assert mediator["phone"] not in answer.text
    assert mediator["id_number"] not in answer.text


async def test_only_the_city_imports(h: Harness) -> None:
    for role in ("district", "mediator", "party", "partner"):
        client = h.client(SERVICE, role=role, areas=["510104"])
        assert (await _send(client, RECORDS[:1])).status_code == 403


async def test_too_many_lines_at_once_are_refused(client: httpx.AsyncClient) -> None:
    assert (await _send(client, RECORDS[:1] * 1001)).status_code == 413
