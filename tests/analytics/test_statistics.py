"""The statistics through the service: every number is a recount and opens its list."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

from fengqiao_analytics.app import build
from fengqiao_analytics.domain import recount_facts
from fengqiao_analytics.domain.counts import Line, replay
from fengqiao_analytics.handlers.daily import begin_schedule
from fengqiao_chassis.store import Tx
from fengqiao_chassis.store.tables import held
from fengqiao_chassis.testing import Harness
from fengqiao_contracts import facts as f
from fengqiao_contracts.values import Channel, Grade

pytestmark = pytest.mark.thorough

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
PLACES = (
    "/510100/510104/510104018/",
    "/510100/510105/510105002/",
    "/510100/gaoxin/510107063/",
    "/510100/",
)


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    """Analytics on a file of its own, at ten in the morning."""
    async with Harness.embedded(tmp_path, [build()]) as harness:
        harness.clock.set(AT)
        yield harness


async def some_cases(h: Harness, count: int = 40) -> None:
    """Cases in many states, told by the services that decide them, each in one transaction."""
    chance = random.Random(7)
    told: dict[str, list[tuple[f.Fact, str]]] = {}
    for n in range(count):
        path = chance.choice(PLACES)
        for source, fact in life(f"case-{n:03}", path, chance):
            told.setdefault(source, []).append((fact, path))
    for source in ("intake", "triage", "routing", "mediation"):
        await tell(h, source, told.get(source, []))
    await h.settle()


async def tell(h: Harness, source: str, facts: list[tuple[f.Fact, str]]) -> None:
    async def work(tx: Tx) -> None:
        for fact, path in facts:
            tx.state(fact, area=path)

    await h.write(source, work)


CHANNELS: tuple[Channel, ...] = ("grid", "court")
GRADES: tuple[Grade, ...] = ("red", "yellow", "blue")


def life(case_id: str, path: str, chance: random.Random) -> list[tuple[str, f.Fact]]:
    """The first stages of a case, as far as chance has it."""
    at = AT - timedelta(days=chance.randrange(5))
    end = f.CaseTerminated(case_id=case_id, reason="impasse", guidance="g", terminated_at=AT)
    stages: list[tuple[str, f.Fact]] = [
        ("intake", registered(case_id, path, chance.choice(CHANNELS), at)),
        ("triage", assessed(case_id, chance.choice(GRADES))),
        ("routing", assigned(case_id)),
        ("mediation", end),
    ]
    return stages[: 1 + chance.randrange(4)]


def registered(case_id: str, path: str, channel: Channel, at: datetime) -> f.CaseRegistered:
    return f.CaseRegistered(
        case_id=case_id, number=f"n-{case_id}", unit="510104", channel=channel,
        source="court", area=path.rstrip("/").rpartition("/")[2], area_path=path, reported_at=at,
        received_at=at, reporter="u", sha256="0",
    )  # fmt: skip


def assessed(case_id: str, grade: Grade) -> f.CaseAssessed:
    return f.CaseAssessed(
        case_id=case_id, revision=1, type="02", suitability="M", grade=grade, score=1,
        confidence=1.0, policy_version="1", input_sha256="0", assessed_at=AT,
    )  # fmt: skip


def assigned(case_id: str) -> f.MediatorAssigned:
    return f.MediatorAssigned(
        case_id=case_id, assignment_id="a", committee_id="u1", mediator_id="m1", grade="blue",
        registry_sequence=1, reasons=(), assigned_at=AT,
    )  # fmt: skip


def numbers(answer: Any) -> list[tuple[int, str]]:
    """Every number of an answer with its list address."""
    if isinstance(answer, dict):
        own = [(answer["n"], answer["list"])] if {"n", "list"} <= answer.keys() else []
        return own + [pair for value in answer.values() for pair in numbers(value)]
    if isinstance(answer, list):
        return [pair for value in answer for pair in numbers(value)]
    return []


async def total(client: httpx.AsyncClient, address: str) -> int:
    answer = await client.get(address.removeprefix("/v1"))
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


async def test_the_sum_holds_and_every_dimension_has_it(h: Harness) -> None:
    await some_cases(h)
    seen = (await h.client("analytics", role="city").get("/stats/overview")).json()

    assert seen["registered"]["n"] == 40
    assert sum(b["n"] for b in seen["buckets"].values()) == 40
    for dimension in ("status", "type", "grade", "channel", "areas", "units"):
        assert sum(row["n"] for row in seen[dimension]) == 40, dimension


@pytest.mark.parametrize(
    "path",
    ["/stats/overview", "/stats/overview?area=510104", "/stats/trend?days=7&by=grade",
     "/stats/trend?days=7&by=area", "/stats/trend?days=7&by=channel&area=gaoxin",
     "/stats/trend?days=7&by=unit", "/stats/trend?days=7&by=unit&area=510105",
     "/reports/daily", "/reports/daily?day=2026-11-23&area=510104"],
)  # fmt: skip
async def test_every_number_opens_exactly_its_cases(h: Harness, path: str) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    answer = (await city.get(path)).json()

    found = numbers(answer)
    assert found
    for n, address in found:
        assert await total(city, address) == n, address


async def test_every_number_equals_a_recount_from_the_facts(h: Harness) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    seen = (await city.get("/stats/overview")).json()
    facts = [received.envelope for received in await h.facts("fengqiao.cases")]
    counts = recount_facts(facts)

    assert {row["code"]: row["n"] for row in seen["status"]} == dict(counts.status)
    assert {row["code"]: row["n"] for row in seen["grade"]} == dict(counts.grade)
    assert {k: b["n"] for k, b in seen["buckets"].items() if b["n"]} == dict(counts.buckets)
    answer = (await city.get("/recount")).json()
    assert answer["equal"] is True
    assert answer["differences"] == []
    assert json.loads(json.dumps(counts.unit)) == answer["unit"]


@pytest.mark.parametrize("area", ["510100", "510104", "510104018"])
@pytest.mark.parametrize("by", ["status", "type", "grade", "channel", "area", "unit"])
async def test_every_trend_equals_a_recount_from_the_facts(h: Harness, by: str, area: str) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    trend = (await city.get(f"/stats/trend?days=7&by={by}&area={area}")).json()
    lines = replay([received.envelope for received in await h.facts("fengqiao.cases")]).values()
    path = trend_path(area)
    wanted = Counter(
        (code_of(line, by, path), line.received_on.isoformat())
        for line in lines
        if line.area_path.startswith(path)
    )

    assert {
        (series["code"], point["day"]): point["n"]
        for series in trend["series"]
        for point in series["points"]
        if point["n"]
    } == dict(wanted)
    assert trend["total"]["n"] == wanted.total()


def trend_path(area: str) -> str:
    return next(p[: p.index(f"/{area}/") + len(area) + 2] for p in PLACES if f"/{area}/" in p)


def code_of(line: Line, by: str, path: str) -> str:
    """The code of a dimension in which a case counts."""
    below = line.area_path.removeprefix(path).split("/")[0]
    found = {
        "status": line.state.status,
        "type": line.state.type,
        "grade": line.state.grade,
        "channel": line.channel,
        "area": below or path.split("/")[-2],
        "unit": line.state.committee_id,
    }[by]
    return found or "unknown"


async def test_a_unit_goes_by_the_newest_name_that_the_registry_gave_it(h: Harness) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    for revision, name in ((1, "锦江区调委会"), (2, "锦江区人民调解委员会")):
        await h.state("mediator-registry", entered(revision, name), area=PLACES[0])
    await h.state("mediator-registry", entered(1, "锦江区调委会"), area=PLACES[0])
    await h.settle()

    overview = (await city.get("/stats/overview")).json()
    trend = (await city.get("/stats/trend?days=7&by=unit")).json()
    street = h.client("analytics", role="clerk", areas=["510104018"])
    below = (await street.get("/stats/overview")).json()
    for rows in (overview["units"], trend["series"], below["units"]):
        assert {row["code"]: (row["zh"], row["en"]) for row in rows} == {
            "u1": ("锦江区人民调解委员会", "锦江区人民调解委员会"),
            "unknown": ("尚未分派", "not routed yet"),
        }


def entered(revision: int, name: str) -> f.CommitteeRegistered:
    return f.CommitteeRegistered(
        committee_id="u1", revision=revision, name=name, kind="district", area="510104",
        area_path="/510100/510104/", registered_at=AT,
    )  # fmt: skip


async def test_a_parked_case_counts_as_parked_and_nowhere_else(h: Harness) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    before = (await city.get("/stats/overview")).json()["buckets"]
    waiting = (await city.get("/stats/cases?bucket=pending")).json()["items"][0]
    row = {"grp": "triage", "subject": waiting["id"]}
    await h.write("triage", lambda tx: tx.run(insert(held), row))

    after = (await city.get("/stats/overview")).json()
    assert after["buckets"]["parked"]["n"] == 1
    assert after["buckets"]["pending"]["n"] == before["pending"]["n"] - 1
    assert sum(b["n"] for b in after["buckets"].values()) == after["registered"]["n"] == 40
    for bucket in after["buckets"].values():
        assert await total(city, bucket["list"]) == bucket["n"], bucket


@pytest.mark.parametrize(
    "number", ["", "bucket=pending", "bucket=parked", "risk=red", "risk=unknown", "overdue=false"]
)
async def test_each_area_of_a_map_opens_its_own_list(h: Harness, number: str) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    pending = (await city.get("/stats/cases?bucket=pending")).json()["items"][:2]
    rows = [{"grp": "triage", "subject": case["id"]} for case in pending]
    await h.write("triage", lambda tx: tx.run(insert(held), rows))
    found = (await city.get(f"/stats/areas?{number}")).json()
    everywhere = (await city.get(f"/stats/cases?area=510100&{number}")).json()["total"]
    assert sum(one["n"] for one in found["areas"]) == everywhere > 0
    for one in found["areas"]:
        assert await total(city, one["list"]) == one["n"], one
    district = h.client("analytics", role="district", areas=["510104"])
    below = (await district.get(f"/stats/areas?{number}")).json()
    own = next((one["n"] for one in found["areas"] if one["code"] == "510104"), 0)
    assert (below["area"], sum(one["n"] for one in below["areas"])) == ("510104", own)


async def test_a_planted_wrong_count_is_found_by_the_recount(h: Harness) -> None:
    await some_cases(h, 6)
    wrong = text("UPDATE analytics_counts SET n = n + 1 WHERE status = 'registered'")
    await h.write("analytics", lambda tx: tx.run(wrong))

    answer = (await h.client("analytics", role="city").get("/recount")).json()
    assert answer["equal"] is False
    assert answer["differences"]


async def test_a_district_is_told_of_its_own_only(h: Harness) -> None:
    await some_cases(h)
    district = h.client("analytics", role="district", areas=["510104"])
    seen = (await district.get("/stats/overview")).json()
    city = (await h.client("analytics", role="city").get("/stats/overview?area=510104")).json()

    assert seen["area"] == "510104"
    assert seen["registered"]["n"] == city["registered"]["n"] < 40
    assert (await district.get("/stats/overview?area=510105")).status_code == 403
    assert await total(district, "/stats/cases") == seen["registered"]["n"]


async def test_a_street_is_counted_without_the_roll_up_and_equally(h: Harness) -> None:
    await some_cases(h)
    clerk = h.client("analytics", role="clerk", areas=["510104018"])
    city = h.client("analytics", role="city")

    seen = (await clerk.get("/stats/overview")).json()
    assert seen["registered"]["n"] == await total(city, "/stats/cases?area=510104018")
    for n, address in numbers(seen):
        assert await total(clerk, address) == n, address


async def test_the_daily_summary_is_issued_once_until_late_events_change_it(h: Harness) -> None:
    await some_cases(h)
    city = h.client("analytics", role="city")
    first = await city.post("/reports/daily", json={})
    again = await city.post("/reports/daily", json={})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()

    late = registered("late", PLACES[0], "grid", AT)
    await h.state("intake", late, area=PLACES[0])
    await h.settle()
    third = await city.post("/reports/daily", json={})
    assert (third.status_code, third.json()["issue"]) == (201, 2)
    view = (await city.get("/reports/daily")).json()
    assert [issue["issue"] for issue in view["issues"]] == [1, 2]
    assert (await city.post("/reports/daily", json={"day": "2999-01-01"})).status_code == 422


async def test_at_six_in_the_evening_every_district_has_its_summary(h: Harness) -> None:
    await some_cases(h, 5)
    await h.write("analytics", begin_schedule)
    assert await h.tick() == 0
    h.clock.set(datetime(2026, 11, 25, 10, 0, 1, tzinfo=UTC))
    assert await h.tick() == 1
    assert await h.tick() == 0
    await h.settle()

    issued = [r.fact for r in await h.facts("fengqiao.insights")]
    assert {fact.area for fact in issued} >= {"510100", "510104", "gaoxin"}
    assert {(fact.day.isoformat(), fact.issue) for fact in issued} == {("2026-11-25", 1)}
