"""Applications, standings and personal data of mediators, through the real service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from fengqiao_contracts.facts import (
    ExpertEnrolled,
    MediatorAdmitted,
    MediatorChanged,
    MediatorReinstated,
    MediatorRetired,
    MediatorSuspended,
)
from fengqiao_host.people import People

pytestmark = pytest.mark.thorough


async def test_an_application_states_nothing_until_it_is_approved(desk: Any) -> None:
    mediator = await desk.applied()
    assert (mediator["state"], mediator["assignable"]) == ("applied", False)
    assert await desk.said(MediatorAdmitted) == []
    path = f"/mediators/{mediator['id']}/admission"
    answer = (await desk.city.post(path, json={"decision": "approve", "grade": 2})).json()
    assert (answer["state"], answer["assignable"]) == ("admitted", True)
    (fact,) = await desk.said(MediatorAdmitted)
    assert (fact.grade, fact.capacity, fact.specialities) == (2, 8, ("01", "02"))
    assert fact.pii.name == mediator["name"]
    assert (await desk.city.post(path, json={"decision": "approve"})).status_code == 409


async def test_a_denial_needs_a_reason_and_leaves_the_way_back_open(desk: Any) -> None:
    mediator = await desk.applied()
    path = f"/mediators/{mediator['id']}/admission"
    assert (await desk.city.post(path, json={"decision": "deny"})).status_code == 422
    denied = await desk.city.post(path, json={"decision": "deny", "reason": "untrained"})
    assert denied.json()["state"] == "denied"
    body = desk.application(mediator["committee_id"])
    again = await desk.city.post("/mediators", json=body)
    assert again.status_code == 201, again.text
    assert (again.json()["id"], again.json()["state"]) == (mediator["id"], "applied")
    assert (await desk.city.post(path, json={"decision": "approve"})).status_code == 200
    shown = (await desk.city.get(f"/mediators/{mediator['id']}")).json()
    assert [move["action"] for move in shown["history"]] == ["apply", "deny", "apply", "approve"]
    assert shown["phone"] == body["phone"]
    assert len(await desk.said(MediatorAdmitted)) == 1


async def test_nobody_is_registered_twice(desk: Any) -> None:
    mediator = await desk.applied()
    body = desk.application(mediator["committee_id"], name="另一姓名")
    answer = await desk.city.post("/mediators", json=body)
    assert answer.status_code == 409
    assert body["id_number"] not in answer.text


async def test_a_minor_is_not_admitted(desk: Any) -> None:
    committee = await desk.committee()
    body = desk.application(
        committee["id"], id_kind="passport", id_number="E12345678", born_on="2008-11-26"
    )
    answer = await desk.city.post("/mediators", json=body)
    assert (answer.status_code, "born_on" in answer.text) == (422, True)
    of_age = body | {"born_on": "2008-11-25"}
    assert (await desk.city.post("/mediators", json=of_age)).status_code == 201


async def test_suspension_and_return_are_said_to_routing(desk: Any) -> None:
    mediator = await desk.admitted()
    path = f"/mediators/{mediator['id']}"
    assert (await desk.city.post(f"{path}/suspension", json={"reason": "tired"})).status_code == 422
    away = await desk.city.post(f"{path}/suspension", json={"reason": "leave", "note": "一周"})
    assert (away.json()["state"], away.json()["assignable"]) == ("suspended", False)
    assert (await desk.city.post(f"{path}/suspension", json={"reason": "leave"})).status_code == 409
    back = await desk.city.post(f"{path}/reinstatement", json={})
    assert back.json()["assignable"] is True
    gone = await desk.city.post(f"{path}/retirement", json={"reason": "resigned"})
    assert gone.json()["state"] == "retired"
    assert (await desk.city.post(f"{path}/reinstatement", json={})).status_code == 409
    assert [f.reason for f in await desk.said(MediatorSuspended)] == ["leave"]
    assert len(await desk.said(MediatorReinstated)) == 1
    assert [f.reason for f in await desk.said(MediatorRetired)] == ["resigned"]


async def test_a_certificate_that_ends_suspends_its_holder_once(desk: Any) -> None:
    mediator = await desk.admitted(certificate_expires_on="2026-11-30")
    path = f"/mediators/{mediator['id']}"
    desk.harness.clock.set(datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    assert await desk.said(MediatorSuspended) == []
    desk.harness.clock.set(datetime(2026, 11, 30, 16, 0, 1, tzinfo=UTC))
    facts = await desk.said(MediatorSuspended)
    assert [f.reason for f in facts] == ["expired_certificate"]
    assert (await desk.city.post(f"{path}/reinstatement", json={})).status_code == 409
    tag = (await desk.city.get(path)).headers["ETag"]
    renewed = await desk.city.put(
        path, json={"certificate_expires_on": "2027-11-30"}, headers={"If-Match": tag}
    )
    assert renewed.status_code == 200, renewed.text
    assert (await desk.city.post(f"{path}/reinstatement", json={})).json()["state"] == "admitted"
    desk.harness.clock.set(desk.harness.clock.now() + timedelta(days=200))
    assert len(await desk.said(MediatorSuspended)) == 1
    desk.harness.clock.set(datetime(2027, 12, 1, tzinfo=UTC))
    assert len(await desk.said(MediatorSuspended)) == 2


async def test_a_renewed_certificate_is_not_ended_by_its_old_date(desk: Any) -> None:
    mediator = await desk.admitted(certificate_expires_on="2026-11-30")
    path = f"/mediators/{mediator['id']}"
    tag = (await desk.city.get(path)).headers["ETag"]
    body = {"certificate_expires_on": "2027-11-30"}
    assert (await desk.city.put(path, json=body, headers={"If-Match": tag})).status_code == 200
    desk.harness.clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    assert await desk.said(MediatorSuspended) == []


async def test_only_what_routing_needs_is_said_of_a_change(desk: Any) -> None:
    mediator = await desk.admitted()
    path = f"/mediators/{mediator['id']}"
    tag = (await desk.city.get(path)).headers["ETag"]
    quiet = await desk.city.put(path, json={"employment": "full_time"}, headers={"If-Match": tag})
    assert await desk.said(MediatorChanged) == []
    loud = await desk.city.put(
        path, json={"capacity": 3}, headers={"If-Match": quiet.headers["ETag"]}
    )
    assert loud.json()["employment"] == "full_time"
    (fact,) = await desk.said(MediatorChanged)
    assert fact.capacity == 3


async def test_personal_data_are_masked_in_lists_and_shown_to_the_keepers_alone(desk: Any) -> None:
    mediator = await desk.admitted()
    body = desk.application(mediator["committee_id"])
    party = desk.client("party")
    for answer in (
        await desk.city.get("/mediators"),
        await party.get("/mediators"),
        await party.get(f"/mediators/{mediator['id']}"),
    ):
        assert answer.status_code == 200
        assert body["name"] in answer.text
        assert body["id_number"] not in answer.text
        assert body["phone"] not in answer.text
    shown = await desk.client("district", desk.district).get(f"/mediators/{mediator['id']}")
    assert shown.json()["id_number"] == body["id_number"]
    async with desk.harness.read("mediator-registry") as tx:
        rows = await tx.all(text("select * from registry_mediators"))
        audit = await tx.all(
            text("select actor, fields from bus_audit where action = 'mediator.read'")
        )
    stored = " ".join(str(value) for row in rows for value in row)
    assert body["id_number"] not in stored
    assert body["phone"] not in stored
    assert len(audit) == 1


async def test_parties_and_partners_change_nothing(desk: Any) -> None:
    mediator = await desk.applied()
    for role in ("party", "partner", "mediator", "auditor"):
        client = desk.client(role, "510100")
        path = f"/mediators/{mediator['id']}/admission"
        assert (await client.post(path, json={"decision": "approve"})).status_code in (403, 404)
        answer = await client.post(
            "/committees", json={"name": "委员会", "kind": "street", "area": desk.street}
        )
        assert answer.status_code == 403


async def test_a_subject_code_is_no_name_and_no_phone_because_everybody_hears_it(
    desk: Any,
) -> None:
    person = People(9).take()
    for wrong in (person.name, person.phone, person.id_number):
        body = {"name": person.name, "fields": [wrong], "area": "510100"}
        answer = await desk.city.post("/experts", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "fields.0")


async def test_an_expert_joins_the_pool(desk: Any) -> None:
    person = People(9).take()
    body = {"name": person.name, "fields": ["13"], "area": "510100", "phone": person.phone}
    assert (await desk.city.post("/experts", json=body)).status_code == 201
    (fact,) = await desk.said(ExpertEnrolled)
    assert fact.fields == ("13",)
    listed = (await desk.city.get("/experts", params={"field": "13"})).json()
    assert listed["total"] == 1
    assert person.phone not in json.dumps(listed)
    assert (await desk.city.get("/experts", params={"field": "14"})).json()["total"] == 0
