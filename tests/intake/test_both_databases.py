"""What the two databases do in their own ways: search, gap-free numbers, equal referrals."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from servers import KafkaBroker, PostgresServer

from fengqiao_chassis.testing import Harness
from fengqiao_intake.app import build

Dispute = Callable[..., dict[str, Any]]


SERVERS = pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow])


@pytest.fixture(params=["sqlite", SERVERS])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Intake's routes on SQLite, and on PostgreSQL; the bus is there and moves nothing."""
    if request.param == "sqlite":
        async with Harness.embedded(tmp_path, [build()], work=False) as harness:
            yield harness
        return
    pg: PostgresServer = request.getfixturevalue("pg_server")
    kafka: KafkaBroker = request.getfixturevalue("kafka_server")
    url = await pg.create_database()
    place = {"database_url": url, "kafka": kafka.bootstrap, "topic_prefix": f"{tmp_path.name}."}
    async with Harness.embedded(tmp_path, [build()], work=False, **place) as harness:
        yield harness
    await pg.drop_database(url)


async def found(h: Harness, q: str) -> list[str]:
    page = (await h.client("intake").get("/cases", params={"q": q})).json()
    return [case["id"] for case in page["items"]]


async def test_two_character_words_are_found_on_both(store: Harness, dispute: Dispute) -> None:
    client = store.client("intake")
    texts = ["三个儿子不付赡养费，老人无法生活", "老人养鸡，邻居不满", "A3区楼上装修噪音扰民"]
    ids = [
        (await client.post("/cases", json=dispute(narrative=text))).json()["id"] for text in texts
    ]

    assert await found(store, "赡养") == [ids[0]]
    assert await found(store, "老人") == [ids[1], ids[0]]
    assert await found(store, "老人 邻居") == [ids[1]]
    assert await found(store, "养老") == []
    assert await found(store, "a3区") == [ids[2]]
    assert await found(store, "王大明") == ids[::-1]
    assert await found(store, "13800138000") == ids[::-1]
    assert await found(store, "' OR 1=1 --") == []


async def test_supplements_are_found_and_erased_cases_are_not(
    store: Harness, dispute: Dispute
) -> None:
    client = store.client("intake")
    case = (await client.post("/cases", json=dispute())).json()
    more = {"text": "他说要拿刀"}
    assert (await client.post(f"/cases/{case['id']}/supplements", json=more)).status_code == 201
    assert await found(store, "拿刀") == [case["id"]]

    reason = {"reason": "本人要求"}
    assert (await client.post(f"/cases/{case['id']}/erasure", json=reason)).status_code == 200
    assert await found(store, "拿刀") == []
    assert await found(store, "围墙") == []


async def test_numbers_are_gap_free_though_posts_imports_and_refusals_meet(
    store: Harness, dispute: Dispute
) -> None:
    client = store.client("intake")

    def post(n: int) -> Any:
        if n % 7 == 0:
            return client.post("/cases", json=dispute(occurred_on="2999-01-01"))
        if n % 5 == 0:
            rows = [{"narrative": f"第{n}批第{i}件的经过"} for i in range(10)]
            body = {"rows": rows, "channel": "grid", "area": "510104018", "import_key": str(n)}
            return client.post("/imports", json=body)
        return client.post("/cases", json=dispute(narrative=f"第{n}件纠纷的经过"))

    answers = await asyncio.gather(*(post(n) for n in range(1, 36)))
    assert {a.status_code for a in answers} == {201, 422}
    page = (await client.get("/cases", params={"cursor": "", "size": 200})).json()
    counts = sorted(int(case["number"][-6:]) for case in page["items"])
    assert counts == list(range(1, len(counts) + 1))
    assert len(counts) == 24 + 6 * 10


async def test_equal_referrals_at_the_same_moment_are_one_case(
    store: Harness, dispute: Dispute
) -> None:
    court = store.client("intake", role="partner", system="court-a")
    body = dispute(external_ref={"system": "court-a", "number": "9"}, channel="court")
    answers = await asyncio.gather(*(court.post("/cases", json=body) for _ in range(12)))

    assert sorted(a.status_code for a in answers) == [200] * 11 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_the_same_import_twice_at_once_registers_each_row_once(store: Harness) -> None:
    client = store.client("intake")
    rows = [{"narrative": f"第{n}件纠纷的经过"} for n in range(50)]
    body = {"rows": rows, "channel": "grid", "area": "510104018", "import_key": "k"}
    answers = await asyncio.gather(*(client.post("/imports", json=body) for _ in range(3)))

    assert {a.status_code for a in answers} == {201}
    assert sorted(a.json()["registered"] for a in answers) == [0, 0, 50]
    assert (await client.get("/cases")).json()["total"] == 50
