"""One dispute, many cases, as the service runs: facts in, disputes kept, reviewed by people."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers import KafkaBroker, PostgresServer
from sqlalchemy import func, select, update

from fengqiao_chassis.store import tables
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    CaseAssessed,
    CaseMerged,
    CaseRegistered,
    CaseUnmerged,
    PersonalDataErased,
)
from fengqiao_contracts.facts.intake import CasePii
from fengqiao_contracts.values import PartyIdentity, PartyRef
from fengqiao_triage.app import build
from fengqiao_triage.store import disputes as store

pytestmark = pytest.mark.thorough

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
AREA = "/510100/510104/510104018/"
FUMES = "锦竹苑7栋楼下烧烤店油烟直排，半夜还在划拳，多次投诉无果。"
COPY = FUMES.replace("多次投诉无果", "投诉好几次没有结果")
TOLD = [
    FUMES,
    "我住锦竹苑7栋，楼下烧烤店的油烟熏得窗户都开不了。",
    "锦竹苑7栋业主反映：烧烤店凌晨喝酒喧哗，油烟管道对着阳台。",
    "锦竹苑7栋2单元老人说，烧烤店的油烟味让他睡不着觉。",
    "网格员走访锦竹苑7栋，楼下烧烤店排烟管没有接到楼顶。",
]
GYM = "玉林那家燃炼健身关门了，门上贴个设备升级，我年卡4680元才用两个月，要求退卡。"
MODES = [
    "sqlite",
    pytest.param("servers", marks=[pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]),
]
TABLES = (store.signatures, store.disputes, store.marks, store.links)


@pytest.fixture(params=MODES)
async def h(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Triage on SQLite with the SQL bus, and on PostgreSQL with Kafka."""
    if request.param == "sqlite":
        async with Harness.embedded(tmp_path, [build()]) as harness:
            harness.clock.set(NOW)
            yield harness
        return
    pg: PostgresServer = request.getfixturevalue("pg_server")
    kafka: KafkaBroker = request.getfixturevalue("kafka_server")
    url = await pg.create_database()
    place: dict[str, Any] = {
        "database_url": url,
        "kafka": kafka.bootstrap,
        "topic_prefix": f"{tmp_path.name}.",
    }
    async with Harness.embedded(tmp_path, [build()], **place) as harness:
        harness.clock.set(NOW)
        yield harness
    await pg.drop_database(url)


def registered(case_id: str, narrative: str, sender: str = "", **other: Any) -> CaseRegistered:
    name = sender or f"某{case_id}"
    fields: dict[str, Any] = {
        "case_id": case_id,
        "number": "1",
        "unit": "510104",
        "channel": "self",
        "source": "application",
        "area": "510104018",
        "area_path": AREA,
        "reported_at": NOW,
        "received_at": NOW,
        "reporter": "u1",
        "sha256": "0" * 64,
        "parties": (PartyRef(party_id=f"p-{case_id}", role="applicant", kind="person"),),
        "pii": CasePii(
            narrative=narrative, parties=(PartyIdentity(party_id=f"p-{case_id}", name=name),)
        ),
    }
    return CaseRegistered(**{**fields, **other})


async def heard(h: Harness, *facts: Any) -> list[Any]:
    """State the facts, by the one service that runs here, and give what it stated of them."""
    for fact in facts:
        await h.state("triage", fact, area=AREA)
    await h.settle()
    stated = [r.fact for r in await h.facts("fengqiao.cases")]
    return [f for f in stated if not isinstance(f, CaseRegistered | PersonalDataErased)]


def client(h: Harness, role: str = "clerk", area: str = "510104018") -> Any:
    return h.client("triage", role=role, areas=[area])


async def seen(h: Harness, case_id: str) -> dict[str, Any]:
    body: dict[str, Any] = (await client(h).get(f"/cases/{case_id}/duplicates")).json()
    return body


async def everything(h: Harness) -> dict[str, list[Any]]:
    """All rows of the tables of disputes."""
    async with h.read("triage") as tx:
        return {t.name: sorted(map(str, await tx.all(select(t)))) for t in TABLES}


async def test_cases_told_in_other_words_grow_into_one_dispute(h: Harness) -> None:
    facts = await heard(
        h, *[registered(f"c{n}", text, f"王{'甲乙丙丁戊'[n]}") for n, text in enumerate(TOLD)]
    )

    merged = [f for f in facts if isinstance(f, CaseMerged)]
    assert len({f.case_id for f in merged}) >= 4 - sum(len(f.absorbed) for f in merged)
    body = await seen(h, "c3")
    assert (body["cases"], body["persons"]) == (5, 5)
    assert [m["case_id"] for m in body["members"]] == [f"c{n}" for n in range(5)]
    [link] = [x for x in body["links"] if x["kind"] == "joined" and x["by"] == "triage"][:1]
    assert link["score"] == pytest.approx(sum(link["points"].values()), abs=1e-3)
    assert link["reason"] == "same_dispute"


async def test_a_crowd_counts_and_copies_under_other_names_do_not(h: Harness) -> None:
    senders = "甲乙丙丁戊"
    facts = await heard(
        h,
        *[registered(f"c{n}", text, f"王{senders[n]}") for n, text in enumerate(TOLD)],
        *[registered(f"g{n}", GYM, f"李{senders[n]}") for n in range(5)],
    )

    people = {f.case_id: [x.code for x in f.factors] for f in facts if isinstance(f, CaseAssessed)}
    assert (await seen(h, "g4"))["persons"] == 1
    members = (await seen(h, "g4"))["members"]
    [told_first] = [m["case_id"] for m in members if m["copy_of"] is None]
    assert [m["copy_of"] for m in members if m["copy_of"]] == [told_first] * 4
    crowded = {case_id for case_id, codes in people.items() if any("people" in c for c in codes)}
    assert crowded
    assert crowded <= {f"c{n}" for n in range(5)}


async def test_a_dispute_that_grows_brings_its_first_cases_along(h: Harness) -> None:
    who = [f"王{name}" for name in "甲乙丙丁戊己"]
    await heard(h, *[registered(f"c{n}", TOLD[n], who[n]) for n in range(3)])
    facts = await heard(h, *[registered(f"c{n}", TOLD[n], who[n]) for n in (3, 4)])
    assessed = [f for f in facts if isinstance(f, CaseAssessed) and f.case_id == "c0"]

    assert (await seen(h, "c0"))["persons"] == 5
    assert ["people_5" in {x.code for x in f.factors} for f in assessed] == [False, True]
    facts = await heard(h, registered("c5", TOLD[0].replace("半夜", "每晚"), who[5]))
    assert len([f for f in facts if isinstance(f, CaseAssessed) and f.case_id == "c0"]) == 2


async def test_a_merge_by_hand_that_makes_a_crowd_is_graded_too(h: Harness) -> None:
    await heard(h, *[registered(f"c{n}", TOLD[n], f"王{'甲乙丙丁'[n]}") for n in range(4)])
    await heard(h, registered("g1", GYM, "李大山"))
    answer = await client(h).post("/cases/g1/duplicates/merge", json={"other_case_id": "c0"})
    assert answer.json()["persons"] == 5
    facts = await heard(h)
    last = {f.case_id: {x.code for x in f.factors} for f in facts if isinstance(f, CaseAssessed)}

    assert all("people_5" in codes for codes in last.values())


async def test_a_human_merges_and_unmerges_and_no_later_run_undoes_it(h: Harness) -> None:
    await heard(h, registered("c1", FUMES, "王甲"), registered("c2", COPY, "李乙"))
    assert (await seen(h, "c2"))["cases"] == 2

    answer = await client(h).post(
        "/cases/c2/duplicates/unmerge", json={"other_case_id": "c1", "note": "另一家店"}
    )
    assert answer.status_code == 200
    assert (answer.json()["cases"], answer.json()["persons"]) == (1, 1)
    facts = await heard(h, *[registered(f"d{n}", FUMES, f"孙{n}") for n in range(3)])
    one, two = await seen(h, "c1"), await seen(h, "c2")
    assert one["dispute_id"] != two["dispute_id"]
    assert one["cases"] + two["cases"] == 5
    assert [f.case_id for f in facts if isinstance(f, CaseUnmerged)] == ["c2"]
    assert "parted" in {x["kind"] for x in two["links"]}

    answer = await client(h).post("/cases/c2/duplicates/merge", json={"other_case_id": "c1"})
    assert (answer.status_code, answer.json()["cases"]) == (200, 5)
    assert (await seen(h, "d2"))["dispute_id"] == answer.json()["dispute_id"]
    again = await client(h).post("/cases/c1/duplicates/merge", json={"other_case_id": "c2"})
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "already-merged")


async def test_a_dismissed_suggestion_stays_dismissed(h: Harness) -> None:
    await heard(h, registered("c1", FUMES), registered("c2", GYM))
    parted = await client(h).post("/cases/c1/duplicates/unmerge", json={"other_case_id": "c2"})
    assert [x["kind"] for x in parted.json()["links"]] == ["parted"]

    await heard(h, registered("c3", f"{FUMES}{GYM}"))
    assert (await seen(h, "c1"))["dispute_id"] != (await seen(h, "c2"))["dispute_id"]


async def test_a_link_is_no_merge(h: Harness) -> None:
    await heard(h, registered("c1", FUMES), registered("c2", GYM))
    body = {"other_case_id": "c2", "reason": "same_counterpart", "note": "同一老板"}
    linked = (await client(h).post("/cases/c1/duplicates/link", json=body)).json()

    assert linked["cases"] == 1
    assert [(x["kind"], x["reason"], x["note"]) for x in linked["links"]] == [
        ("linked", "same_counterpart", None)  # an answer is kept for its key; words are not
    ]
    assert [x["note"] for x in (await seen(h, "c1"))["links"]] == ["同一老板"]
    assert [x["other_case_id"] for x in (await seen(h, "c2"))["links"]] == ["c1"]


async def test_who_may_not_see_a_case_learns_nothing_of_it(h: Harness) -> None:
    other = "/510100/510105/510105001/"
    await heard(h, registered("c1", FUMES), registered("c2", COPY, area_path=other))
    await client(h, "city", "510100").post(
        "/cases/c1/duplicates/merge", json={"other_case_id": "c2"}
    )

    body = await seen(h, "c1")
    assert body["cases"] == 2
    assert ([m["case_id"] for m in body["members"]], body["links"]) == (["c1"], [])
    foreign = await client(h).post("/cases/c1/duplicates/merge", json={"other_case_id": "c2"})
    assert (foreign.status_code, foreign.json()["field"]) == (409, "other_case_id")
    assert (await client(h).get("/cases/c2/duplicates")).status_code == 404
    for role in ("mediator", "partner", "party"):
        assert (await client(h, role).get("/cases/c1/duplicates")).status_code == 403


async def test_erasure_takes_the_marks_everywhere(h: Harness) -> None:
    await heard(h, registered("c1", FUMES, "王甲"), registered("c2", GYM, "李乙"))
    async with h.read("triage") as tx:
        before = {row.mark for row in await tx.all(select(store.marks))}
    await heard(h, registered("c3", TOLD[1], "赵丙"))
    for gone in ("c3", "c1"):
        await heard(h, PersonalDataErased(case_id=gone, reason="r", erased_at=NOW))

    async with h.read("triage") as tx:
        left = {row.mark for row in await tx.all(select(store.marks))}
        signatures = {r.case_id: r for r in await tx.all(select(store.signatures))}
        kept = {r.dispute_id: r for r in await tx.all(select(store.disputes))}
    assert left < before
    assert (signatures["c1"].words, signatures["c1"].parties) == (None, None)
    assert (kept["c1"].words, kept["c1"].detail["parties"], kept["c1"].detail["voices"]) == (
        b"",
        {},
        [],
    )
    assert signatures["c2"].words
    await heard(h, registered("c4", FUMES, "王甲"))
    assert (await seen(h, "c4"))["dispute_id"] == "c4"


async def test_who_was_parted_and_erased_leaves_no_mark(h: Harness) -> None:
    await heard(h, registered("c1", FUMES, "王甲"))
    async with h.read("triage") as tx:
        before = {row.mark: row.disputes for row in await tx.all(select(store.marks))}
    await heard(h, registered("c2", FUMES, "赵丙"))
    assert (await seen(h, "c2"))["dispute_id"] == "c1"
    await client(h).post("/cases/c2/duplicates/unmerge", json={})
    assert (await seen(h, "c2"))["dispute_id"] != "c1"
    assert "joined" not in {link["kind"] for link in (await seen(h, "c2"))["links"]}
    await heard(h, PersonalDataErased(case_id="c2", reason="r", erased_at=NOW))

    async with h.read("triage") as tx:
        left = {row.mark: row.disputes for row in await tx.all(select(store.marks))}
    assert left == before


async def test_no_word_and_no_name_stands_in_the_index(h: Harness) -> None:
    await heard(h, registered("c1", GYM, "茅晓彤"), registered("c2", FUMES, "利成刚"))

    kept = str(await everything(h))
    assert not {"燃炼", "锦竹", "茅晓彤", "利成刚"} & {
        kept[i : i + n] for i in range(len(kept)) for n in (2, 3)
    }


async def test_facts_delivered_twice_change_nothing(h: Harness) -> None:
    facts = await heard(h, *[registered(f"c{n}", text, f"王{n}") for n, text in enumerate(TOLD)])
    before = await everything(h)

    async def rewind(tx: Any) -> None:
        await tx.run(
            update(tables.offsets).where(tables.offsets.c.grp == "triage").values(next_offset=0)
        )

    await h.write("triage", rewind)
    again = await heard(h, registered("x", "咨询低保政策"))
    assert [f for f in again if f.case_id != "x"] == facts
    after = await everything(h)
    assert {name: [r for r in rows if "'x'" not in r] for name, rows in after.items()}[
        "triage_signatures"
    ] == before["triage_signatures"]
    async with h.read("triage") as tx:
        assert await tx.scalar(select(func.count()).select_from(store.signatures)) == len(TOLD) + 1


BAD: list[tuple[dict[str, Any], int]] = [
    ({}, 422),
    ({"other_case_id": ""}, 422),
    ({"other_case_id": "c1"}, 422),
    ({"other_case_id": "nobody"}, 409),
    ({"other_case_id": "c2", "note": "x" * 1001}, 422),
    ({"other_case_id": "c2", "colour": "red"}, 422),
]


async def test_a_bad_merge_names_the_field(h: Harness, subtests: pytest.Subtests) -> None:
    await heard(h, registered("c1", FUMES), registered("c2", GYM))
    for body, status in BAD:
        with subtests.test(str(body)[:80]):
            answer = await client(h).post("/cases/c1/duplicates/merge", json=body)

            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"].startswith("application/problem+json")
