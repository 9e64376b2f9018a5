"""Bulk registration through the service."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseRegistered, CaseSupplemented

Dispute = Callable[..., dict[str, Any]]


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"narrative": f"第{n}件纠纷的经过和请求", **more} for n in range(count)]


async def test_good_rows_go_in_and_bad_rows_are_answered_by_line(h: Harness) -> None:
    client = h.client("intake", role="city")
    body: dict[str, Any] = {
        "rows": rows(7),
        "channel": "petition",
        "area": "510100",
        "import_key": "k",
    }
    body["rows"][1] = {"narrative": ""}
    body["rows"][2]["colour"] = "red"
    body["rows"][3]["area"] = "999999"
    body["rows"][4]["occurred_on"] = "2199-01-01"
    body["rows"][5]["amount"] = "-1"
    answer = await client.post("/imports", json=body)

    assert answer.status_code == 201, answer.text
    chunk = answer.json()
    assert (chunk["received"], chunk["registered"], chunk["rejected"]) == (7, 2, 5)
    errors = {e["line"]: (e["field"], e["code"]) for e in chunk["errors"]}
    assert errors[2][0] == "narrative"
    assert errors[3] == ("colour", "extra-forbidden")
    assert errors[4] == ("area", "unknown-area")
    assert errors[5] == ("occurred_on", "bad-date")
    assert errors[6] == ("amount", "bad-amount")
    assert "元" in chunk["errors"][-1]["zh"]
    assert [c["line"] for c in chunk["cases"]] == [1, 7]
    assert [c["number"][-6:] for c in chunk["cases"]] == ["000001", "000002"]
    view = (await client.get(f"/imports/{chunk['id']}")).json()
    assert (view["registered"], view["rejected"], view["last_line"]) == (2, 5, 7)
    assert [e["line"] for e in view["errors"]] == [2, 3, 4, 5, 6]


async def test_an_unknown_field_that_may_be_a_persons_is_not_named(h: Harness) -> None:
    client = h.client("intake", role="city")
    named = {"channel": "petition", "area": "510100", "import_key": "no-head"}
    body: dict[str, Any] = {"rows": rows(3), **named}
    body["rows"][0]["15400001234"] = 1
    body["rows"][1]["蔺砚舟"] = 1
    body["rows"][2]["x" * 90] = 1
    chunk = (await client.post("/imports", json=body)).json()

    assert [e["field"] for e in chunk["errors"]] == ["?", "?", "?"]
    view = (await client.get(f"/imports/{chunk['id']}")).json()
    assert view["errors"] == chunk["errors"]


@pytest.mark.parametrize("referred", [True, False])
async def test_running_twice_registers_nothing_twice(h: Harness, *, referred: bool) -> None:
    client = h.client("intake", role="city")
    body: dict[str, Any] = {
        "rows": rows(20),
        "channel": "petition",
        "area": "510100",
        "import_key": "k",
    }
    if referred:
        for n, row in enumerate(body["rows"]):
            row["external_ref"] = {"system": "p", "number": str(n)}
    first = (await client.post("/imports", json=body)).json()
    again = (await client.post("/imports", json=body)).json()

    assert (first["registered"], first["known"]) == (20, 0)
    assert (again["registered"], again["known"]) == (0, 20)
    assert [c["id"] for c in again["cases"]] == [c["id"] for c in first["cases"]]
    assert again["id"] == first["id"]
    await h.settle()
    facts = await h.facts("fengqiao.cases")
    assert [type(r.fact) for r in facts] == [CaseRegistered] * 20


async def test_a_number_twice_in_one_chunk_is_one_case_with_a_supplement(h: Harness) -> None:
    client = h.client("intake", role="city")
    body: dict[str, Any] = {"rows": rows(2), "channel": "petition", "area": "510100"}
    for row in body["rows"]:
        row["external_ref"] = {"system": "p", "number": "1"}
    chunk = (await client.post("/imports", json=body)).json()

    assert (chunk["registered"], chunk["known"]) == (1, 1)
    await h.settle()
    types = [type(r.fact) for r in await h.facts("fengqiao.cases")]
    assert types == [CaseRegistered, CaseSupplemented]


async def test_json_lines_are_taken_too(h: Harness) -> None:
    client = h.client("intake", role="city")
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows(3))
    answer = await client.post(
        "/imports",
        params={"channel": "petition", "area": "510100", "import_key": "k", "first_line": 10},
        content=lines.encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )

    assert answer.status_code == 201, answer.text
    assert [c["line"] for c in answer.json()["cases"]] == [10, 11, 12]
    broken = await client.post(
        "/imports",
        params={"channel": "petition", "area": "510100"},
        content=b'{"narrative": "\xff"}\n',
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert broken.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": []},
        {"rows": [{}] * 501},
        {"rows": "x"},
        {"rows": [{}], "lines": [1, 2]},
        {"rows": [{}], "lines": [1, 1]},
        {"rows": [{}, {}], "lines": [1, 1]},
        {"rows": [{}], "colour": 1},
    ],
)
async def test_a_chunk_that_is_none_is_refused(h: Harness, body: dict[str, Any]) -> None:
    answer = await h.client("intake", role="city").post("/imports", json=body)

    assert answer.status_code == 422


async def test_a_district_imports_into_its_own_area_only(h: Harness) -> None:
    client = h.client("intake", role="district", areas=["510104"])
    body: dict[str, Any] = {"rows": rows(2), "channel": "grid", "area": "510104018"}
    body["rows"][1]["area"] = "510105"
    chunk = (await client.post("/imports", json=body)).json()

    assert (chunk["registered"], chunk["errors"][0]["field"]) == (1, "area")
    stranger = h.client("intake", role="district", areas=["510105"])
    assert (await stranger.get(f"/imports/{chunk['id']}")).status_code == 404
