"""Committees, mediators and experts through the real service on a real store and bus."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    REGISTRY,
    AgreementReached,
    AssignmentWithdrawn,
    CaseAccepted,
    CaseClosed,
    CaseTerminated,
    CommitteeRegistered,
    ExpertEnrolled,
    MediatorAdmitted,
    MediatorAssigned,
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
)
from fengqiao_host.people import People
from fengqiao_mediator_registry.app import build

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
STREET, DISTRICT, OTHER = "510104017", "510104", "510105"
SERVICE = "mediator-registry"


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    async with Harness.embedded(tmp_path, [build()]) as harness:
        harness.clock.set(NOW)
        yield harness


@pytest.fixture
def city(h: Harness) -> httpx.AsyncClient:
    return h.client(SERVICE, role="city", areas=["510100"])


@pytest.fixture
def district(h: Harness) -> httpx.AsyncClient:
    return h.client(SERVICE, role="district", areas=[DISTRICT])


async def _committee(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    body = {
        "name": "锦官驿街道人民调解委员会",
        "kind": "street",
        "area": STREET,
        "members": 5,
        "women": 2,
    }
    answer = await client.post("/committees", json=body | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _application(committee: dict[str, Any], number: int = 0, **changes: Any) -> dict[str, Any]:
    person = People(9, start=number).take()
    body = {
        "committee_id": committee["id"],
        "name": person.name,
        "id_number": person.id_number,
        "phone": person.phone,
        "specialities": ["01", "02"],
    }
    return body | changes


async def _mediator(client: httpx.AsyncClient, number: int = 0, **changes: Any) -> dict[str, Any]:
    committee = await _committee(client)
    answer = await client.post("/mediators", json=_application(committee, number, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _admitted(client: httpx.AsyncClient, number: int = 0, **changes: Any) -> dict[str, Any]:
    mediator = await _mediator(client, number, **changes)
    answer = await client.post(
        f"/mediators/{mediator['id']}/admission", json={"decision": "approve"}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _facts(h: Harness, kind: type) -> list[Any]:
    await h.settle()
    return [item.fact for item in await h.facts(REGISTRY) if isinstance(item.fact, kind)]


async def test_the_area_tree_puts_the_streets_of_a_zone_below_the_zone(
    city: httpx.AsyncClient,
) -> None:
    below_the_city = (await city.get("/areas")).json()
    assert below_the_city["total"] == 23
    streets = (await city.get("/areas", params={"level": "street"})).json()
    assert streets["total"] == 261
    zone = (await city.get("/areas/gaoxin/children")).json()
    assert "桂溪街道" in [area["name"] for area in zone["items"]]
    wuhou = (await city.get("/areas/510107/children")).json()
    assert "桂溪街道" not in [area["name"] for area in wuhou["items"]]
    assert (await city.get("/areas/000000")).status_code == 404


async def test_a_committee_is_filed_and_said_to_all(h: Harness, city: httpx.AsyncClient) -> None:
    committee = await _committee(city, specialities=["13"], kind="professional")
    assert committee["warnings"] == []
    (fact,) = await _facts(h, CommitteeRegistered)
    assert (fact.committee_id, fact.revision, fact.specialities) == (committee["id"], 1, ("13",))
    assert fact.area_path == f"/510100/510104/{STREET}/"


async def test_what_the_law_asks_comes_as_a_warning_and_hinders_nothing(
    city: httpx.AsyncClient,
) -> None:
    committee = await _committee(city, members=2, women=0, term_ends_on="2026-11-24")
    assert {w["code"] for w in committee["warnings"]} == {"member_count", "no_woman", "term_over"}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"area": "999999"}, 422, "area"),
        ({"kind": "court"}, 422, "kind"),
        ({"specialities": ["00"]}, 422, "specialities"),
        ({"members": -1}, 422, "members"),
        ({"members": "5"}, 422, "members"),
        ({"name": "a\u0000b"}, 422, "name"),
        ({"fee": 10}, 422, "fee"),
    ],
)
async def test_a_wrong_committee_is_refused_naming_the_field(
    city: httpx.AsyncClient, change: dict[str, Any], status: int, field: str
) -> None:
    body = {"name": "委员会", "kind": "street", "area": STREET} | change
    answer = await city.post("/committees", json=body)
    assert answer.status_code == status
    assert field in answer.text
    assert (await city.get("/committees")).json()["total"] == 0


async def test_a_district_keeps_its_own_committees_and_sees_no_others(
    city: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    own = await _committee(district)
    other = await _committee(city, area=OTHER, kind="district")
    refused = await district.post(
        "/committees", json={"name": "外区", "kind": "district", "area": OTHER}
    )
    assert refused.status_code == 403
    assert [c["id"] for c in (await district.get("/committees")).json()["items"]] == [own["id"]]
    assert (await district.get(f"/committees/{other['id']}")).status_code == 404
    change = {"name": "改名"}
    headers = {"If-Match": '"1"'}
    path = f"/committees/{other['id']}"
    assert (await district.patch(path, json=change, headers=headers)).status_code == 404


async def test_committees_are_found_by_area_kind_type_and_name(city: httpx.AsyncClient) -> None:
    await _committee(city)
    await _committee(city, name="医调委%", kind="professional", area=DISTRICT, specialities=["13"])
    for params, total in (
        ({"area": DISTRICT}, 2),
        ({"area": STREET}, 1),
        ({"kind": "professional"}, 1),
        ({"speciality": "13"}, 1),
        ({"speciality": "1"}, 0),
        ({"q": "医调"}, 1),
        ({"q": "%"}, 1),
        ({"q": "医_委"}, 0),
    ):
        assert (await city.get("/committees", params=params)).json()["total"] == total, params
    assert (await city.get("/committees", params={"sort": "x"})).status_code == 422


async def test_of_two_who_edit_one_entry_the_second_is_told(
    h: Harness, city: httpx.AsyncClient
) -> None:
    committee = await _committee(city)
    path = f"/committees/{committee['id']}"
    tag = (await city.get(path)).headers["ETag"]
    first = await city.patch(path, json={"name": "新的名称"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    assert first.json()["members"] == 5
    second = await city.patch(path, json={"name": "另一名称"}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert (await city.patch(path, json={"name": "第三"})).status_code == 428
    third = await city.patch(
        path, json={"active": False}, headers={"If-Match": first.headers["ETag"]}
    )
    assert third.status_code == 200
    facts = await _facts(h, CommitteeRegistered)
    assert [(f.revision, f.name, f.active) for f in facts] == [
        (1, "锦官驿街道人民调解委员会", True),
        (2, "新的名称", True),
        (3, "新的名称", False),
    ]


async def test_putting_an_entry_replaces_all_of_it(city: httpx.AsyncClient) -> None:
    committee = await _committee(city, setter="某街道办事处")
    body = {"name": "新的名称", "kind": "street", "area": STREET}
    answer = await city.put(
        f"/committees/{committee['id']}", json=body, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["setter"], answer.json()["members"]) == (None, None)


async def test_a_committee_that_moves_takes_its_mediators_along(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city)
    path = f"/committees/{mediator['committee_id']}"
    moved = await city.patch(path, json={"area": "510104018"}, headers={"If-Match": '"1"'})
    assert moved.status_code == 200, moved.text
    (fact,) = await _facts(h, MediatorChanged)
    assert fact.area_path == "/510100/510104/510104018/"


async def test_an_application_states_nothing_until_it_is_approved(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _mediator(city)
    assert (mediator["state"], mediator["assignable"]) == ("applied", False)
    assert await _facts(h, MediatorAdmitted) == []
    path = f"/mediators/{mediator['id']}/admission"
    answer = (await city.post(path, json={"decision": "approve", "grade": 2})).json()
    assert (answer["state"], answer["assignable"]) == ("admitted", True)
    (fact,) = await _facts(h, MediatorAdmitted)
    assert (fact.grade, fact.capacity, fact.specialities) == (2, 8, ("01", "02"))
    assert fact.pii.name == mediator["name"]
    assert (await city.post(path, json={"decision": "approve"})).status_code == 409


async def test_a_denial_needs_a_reason_and_leaves_the_way_back_open(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _mediator(city)
    path = f"/mediators/{mediator['id']}/admission"
    assert (await city.post(path, json={"decision": "deny"})).status_code == 422
    denied = await city.post(path, json={"decision": "deny", "reason": "untrained"})
    assert denied.json()["state"] == "denied"
    body = _application({"id": mediator["committee_id"]})
    again = await city.post("/mediators", json=body)
    assert again.status_code == 201, again.text
    assert (again.json()["id"], again.json()["state"]) == (mediator["id"], "applied")
    assert (await city.post(path, json={"decision": "approve"})).status_code == 200
    shown = (await city.get(f"/mediators/{mediator['id']}")).json()
    assert [move["action"] for move in shown["history"]] == ["apply", "deny", "apply", "approve"]
    assert shown["phone"] == body["phone"]
    assert len(await _facts(h, MediatorAdmitted)) == 1


async def test_nobody_is_registered_twice(city: httpx.AsyncClient) -> None:
    mediator = await _mediator(city)
    body = _application({"id": mediator["committee_id"]}, name="另一姓名")
    answer = await city.post("/mediators", json=body)
    assert answer.status_code == 409
    assert body["id_number"] not in answer.text


async def test_a_minor_is_not_admitted(city: httpx.AsyncClient) -> None:
    committee = await _committee(city)
    body = _application(committee, id_kind="passport", id_number="E12345678", born_on="2008-11-26")
    answer = await city.post("/mediators", json=body)
    assert (answer.status_code, "born_on" in answer.text) == (422, True)
    of_age = body | {"born_on": "2008-11-25"}
    assert (await city.post("/mediators", json=of_age)).status_code == 201


async def test_suspension_and_return_are_said_to_routing(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city)
    path = f"/mediators/{mediator['id']}"
    assert (await city.post(f"{path}/suspension", json={"reason": "tired"})).status_code == 422
    away = await city.post(f"{path}/suspension", json={"reason": "leave", "note": "一周"})
    assert (away.json()["state"], away.json()["assignable"]) == ("suspended", False)
    assert (await city.post(f"{path}/suspension", json={"reason": "leave"})).status_code == 409
    back = await city.post(f"{path}/reinstatement", json={})
    assert back.json()["assignable"] is True
    gone = await city.post(f"{path}/retirement", json={"reason": "resigned"})
    assert gone.json()["state"] == "retired"
    assert (await city.post(f"{path}/reinstatement", json={})).status_code == 409
    assert [f.reason for f in await _facts(h, MediatorSuspended)] == ["leave"]
    assert len(await _facts(h, MediatorReinstated)) == 1
    assert [f.reason for f in await _facts(h, MediatorRetired)] == ["resigned"]


async def test_a_certificate_that_ends_suspends_its_holder_once(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city, certificate_expires_on="2026-11-30")
    path = f"/mediators/{mediator['id']}"
    h.clock.set(datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    assert await _facts(h, MediatorSuspended) == []
    h.clock.set(datetime(2026, 11, 30, 16, 0, 1, tzinfo=UTC))
    facts = await _facts(h, MediatorSuspended)
    assert [f.reason for f in facts] == ["expired_certificate"]
    assert (await city.post(f"{path}/reinstatement", json={})).status_code == 409
    tag = (await city.get(path)).headers["ETag"]
    renewed = await city.put(
        path, json={"certificate_expires_on": "2027-11-30"}, headers={"If-Match": tag}
    )
    assert renewed.status_code == 200, renewed.text
    assert (await city.post(f"{path}/reinstatement", json={})).json()["state"] == "admitted"
    h.clock.set(h.clock.now() + timedelta(days=200))
    assert len(await _facts(h, MediatorSuspended)) == 1
    h.clock.set(datetime(2027, 12, 1, tzinfo=UTC))
    assert len(await _facts(h, MediatorSuspended)) == 2


async def test_a_renewed_certificate_is_not_ended_by_its_old_date(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city, certificate_expires_on="2026-11-30")
    path = f"/mediators/{mediator['id']}"
    tag = (await city.get(path)).headers["ETag"]
    body = {"certificate_expires_on": "2027-11-30"}
    assert (await city.put(path, json=body, headers={"If-Match": tag})).status_code == 200
    h.clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    assert await _facts(h, MediatorSuspended) == []


async def test_only_what_routing_needs_is_said_of_a_change(
    h: Harness, city: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city)
    path = f"/mediators/{mediator['id']}"
    tag = (await city.get(path)).headers["ETag"]
    quiet = await city.put(path, json={"employment": "full_time"}, headers={"If-Match": tag})
    assert await _facts(h, MediatorChanged) == []
    loud = await city.put(path, json={"capacity": 3}, headers={"If-Match": quiet.headers["ETag"]})
    assert loud.json()["employment"] == "full_time"
    (fact,) = await _facts(h, MediatorChanged)
    assert fact.capacity == 3


async def test_personal_data_are_masked_in_lists_and_shown_to_the_keepers_alone(
    h: Harness, city: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    mediator = await _admitted(city)
    body = _application({"id": mediator["committee_id"]})
    party = h.client(SERVICE, role="party", areas=[])
    for answer in (
        await city.get("/mediators"),
        await party.get("/mediators"),
        await party.get(f"/mediators/{mediator['id']}"),
    ):
        assert answer.status_code == 200
        assert body["name"] in answer.text
        assert body["id_number"] not in answer.text
        assert body["phone"] not in answer.text
    shown = await district.get(f"/mediators/{mediator['id']}")
    assert shown.json()["id_number"] == body["id_number"]
    async with h.read(SERVICE) as tx:
        rows = await tx.all(text("select * from registry_mediators"))
        audit = await tx.all(
            text("select actor, fields from bus_audit where action = 'mediator.read'")
        )
    stored = " ".join(str(value) for row in rows for value in row)
    assert body["id_number"] not in stored
    assert body["phone"] not in stored
    assert len(audit) == 1


async def test_parties_and_partners_change_nothing(h: Harness, city: httpx.AsyncClient) -> None:
    mediator = await _mediator(city)
    for role in ("party", "partner", "mediator", "auditor"):
        client = h.client(SERVICE, role=role, areas=["510100"])
        path = f"/mediators/{mediator['id']}/admission"
        assert (await client.post(path, json={"decision": "approve"})).status_code in (403, 404)
        answer = await client.post(
            "/committees", json={"name": "委员会", "kind": "street", "area": STREET}
        )
        assert answer.status_code == 403


async def test_an_expert_joins_the_pool(h: Harness, city: httpx.AsyncClient) -> None:
    person = People(9).take()
    body = {"name": person.name, "fields": ["13"], "area": "510100", "phone": person.phone}
    assert (await city.post("/experts", json=body)).status_code == 201
    (fact,) = await _facts(h, ExpertEnrolled)
    assert fact.fields == ("13",)
    listed = (await city.get("/experts", params={"field": "13"})).json()
    assert listed["total"] == 1
    assert person.phone not in json.dumps(listed)
    assert (await city.get("/experts", params={"field": "14"})).json()["total"] == 0


async def test_outcomes_count_cases_for_whoever_carries_them(
    h: Harness, city: httpx.AsyncClient
) -> None:
    first = await _admitted(city, 0)
    body = _application({"id": first["committee_id"]}, 1)
    second = (await city.post("/mediators", json=body)).json()

    async def assign(case: str, assignment: str, mediator: dict[str, Any]) -> None:
        fact = MediatorAssigned(
            case_id=case,
            assignment_id=assignment,
            committee_id=first["committee_id"],
            mediator_id=mediator["id"],
            grade="blue",
            registry_sequence=1,
            reasons=(),
            assigned_at=NOW,
        )
        await h.state("routing", fact, area="/510100/")

    async def say(source: str, fact: Any) -> None:
        await h.state(source, fact, area="/510100/")

    await assign("c1", "a1", first)
    withdrawn = AssignmentWithdrawn(
        case_id="c1",
        assignment_id="a1",
        mediator_id=first["id"],
        reason="recusal",
        withdrawn_at=NOW,
    )
    await say("routing", withdrawn)
    await assign("c1", "a2", second)
    await assign("c2", "a3", second)
    for case in ("c1", "c2"):
        accepted = CaseAccepted(
            case_id=case,
            committee_id=first["committee_id"],
            mediator_id=second["id"],
            dossier_number=case,
            accepted_at=NOW,
            term_due_on=NOW.date(),
        )
        await say("mediation", accepted)
    for agreement in ("g1", "g2"):
        reached = AgreementReached(
            case_id="c1",
            agreement_id=agreement,
            number=agreement,
            form="oral",
            obligations=(),
            reached_at=NOW,
        )
        await say("mediation", reached)
    await say("mediation", CaseClosed(case_id="c1", outcome="performed", closed_at=NOW))
    await say(
        "mediation",
        CaseTerminated(case_id="c2", reason="impasse", guidance="", terminated_at=NOW),
    )
    await say("mediation", CaseClosed(case_id="c2", outcome="terminated", closed_at=NOW))
    await h.settle()
    outcomes = (await city.get(f"/mediators/{first['id']}")).json()["outcomes"]
    assert outcomes == _outcomes(assigned=1, withdrawn=1)
    outcomes = (await city.get(f"/mediators/{second['id']}")).json()["outcomes"]
    assert outcomes == _outcomes(
        assigned=2, accepted=2, agreed=1, performed=1, terminated=1, closed=2
    )
    outcomes = (await city.get(f"/committees/{first['committee_id']}")).json()["outcomes"]
    assert (outcomes["assigned"], outcomes["closed"]) == (3, 2)


def _outcomes(**counts: int) -> dict[str, int]:
    names = "assigned withdrawn accepted refused agreed performed terminated closed"
    return dict.fromkeys(names.split(), 0) | counts
