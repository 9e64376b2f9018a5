import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from gateway.cases import CHENGHUA, accepted, assigned, referred, registered
from gateway.receiver import Call, Receiver, receiving
from gateway.world import World, make_world
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.responses import Response

pytestmark = pytest.mark.slow

Json = dict[str, object]


async def subscribe(
    world: World, who: dict[str, str], receiver: Receiver, types: list[str] | None = None
) -> Json:
    body = {"url": f"http://{receiver.place}/hook", "types": types or ["*"]}
    answer = await world.http.post("/v1/webhooks", json=body, headers=who)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def deliveries(world: World, who: dict[str, str], hook: Json) -> list[Json]:
    answer = await world.http.get(f"/v1/webhooks/{hook['id']}/deliveries?limit=200", headers=who)
    found: list[Json] = answer.json()["items"]
    return found


async def settled(
    world: World, who: dict[str, str], hook: Json, status: str, count: int
) -> list[Json]:
    async with asyncio.timeout(15):
        while True:
            found = [d for d in await deliveries(world, who, hook) if d["status"] == status]
            if len(found) == count:
                return found
            await asyncio.sleep(0.05)


def names(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(call.body) for call in receiver.calls]
    return [(b["data"]["subject"], b["type"]) for b in bodies]


async def test_a_partner_gets_the_facts_of_its_cases_signed_and_in_order(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"), registered("c2", area=CHENGHUA))
        await world.state(assigned("c1", "m1"), assigned("c2", "m2"))
        await world.state(accepted("c1"))
        await world.settle()
        await receiver.wait_for(3)
        await settled(world, key, hook, "delivered", 3)
    assert names(receiver) == [
        ("c1", "case.registered"),
        ("c1", "mediator.assigned"),
        ("c1", "case.accepted"),
    ]
    signer = Webhook(str(hook["secret"]))
    for call in receiver.calls:
        assert signer.verify(call.body, call.headers)
        assert b"canary" not in call.body
        with pytest.raises(WebhookVerificationError):
            signer.verify(call.body + b" ", call.headers)
    assert len({c.headers["webhook-id"] for c in receiver.calls}) == 3


async def test_only_the_types_that_were_asked_for_come(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        key = await world.partner("court")
        await subscribe(world, key, receiver, ["case.accepted"])
        await world.state(registered("c1", system="court"))
        await world.state(accepted("c1"))
        await world.settle()
        await receiver.wait_for(1)
        await asyncio.sleep(0.3)
    assert names(receiver) == [("c1", "case.accepted")]


async def test_a_failing_receiver_is_tried_again_and_its_case_keeps_its_order(
    tmp_path: Path,
) -> None:
    refusals = 2

    async def at_first_not(call: Call) -> Response:
        nonlocal refusals
        if json.loads(call.body)["data"]["subject"] == "c1" and refusals:
            refusals -= 1
            return Response(status_code=500)
        return Response(status_code=200)

    async with (
        receiving(at_first_not) as receiver,
        make_world(tmp_path, webhook_allow=receiver.place, webhook_pauses=(1, 1, 1)) as world,
    ):
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"), registered("c2", system="court"))
        await world.state(assigned("c1", "m1"))
        await world.settle()
        await settled(world, key, hook, "delivered", 3)
    of_c1 = [name for subject, name in names(receiver) if subject == "c1"]
    assert of_c1 == ["case.registered"] * 3 + ["mediator.assigned"]
    ids = [c.headers["webhook-id"] for c in receiver.calls if b'"c1"' in c.body]
    assert len(set(ids[:3])) == 1


async def test_what_failed_for_good_holds_only_its_case_until_it_is_replayed(
    tmp_path: Path,
) -> None:
    broken = True

    async def broken_for_c1(call: Call) -> Response:
        failing = broken and json.loads(call.body)["data"]["subject"] == "c1"
        return Response(status_code=400 if failing else 200)

    async with (
        receiving(broken_for_c1) as receiver,
        make_world(tmp_path, webhook_allow=receiver.place, webhook_pauses=(1,)) as world,
    ):
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"), registered("c2", system="court"))
        await world.state(assigned("c1", "m1"), assigned("c2", "m2"))
        await world.settle()
        failed = await settled(world, key, hook, "failed", 1)
        assert (failed[0]["last_status"], failed[0]["attempts"]) == (400, 2)
        await settled(world, key, hook, "delivered", 2)
        assert len([d for d in await deliveries(world, key, hook) if d["status"] == "pending"]) == 1
        broken = False
        answer = await world.http.post(f"/v1/webhooks/{hook['id']}/replay", json={}, headers=key)
        assert answer.json() == {"count": 1}
        await settled(world, key, hook, "delivered", 4)
    assert names(receiver)[-2:] == [("c1", "case.registered"), ("c1", "mediator.assigned")]


@pytest.mark.parametrize("dead_ones", [1, 20])
async def test_dead_receivers_delay_no_other(tmp_path: Path, dead_ones: int) -> None:
    over = asyncio.Event()

    async def silent(call: Call) -> Response:
        await over.wait()
        return Response()

    async with receiving(silent) as dead, receiving() as alive:
        allowed = f"{dead.place},{alive.place}"
        async with make_world(tmp_path, webhook_allow=allowed, webhook_timeout=60) as world:
            court, police = await world.partner("court"), await world.partner("police")
            for _ in range(dead_ones):
                await subscribe(world, court, dead)
            await subscribe(world, police, alive)
            await world.state(*(registered(f"c{n}", system="court") for n in range(20)))
            await world.settle()
            await dead.wait_for(dead_ones * 8, seconds=30)  # each holds as many as a webhook may
            await world.state(*(referred(f"c{n}", "police", f"P{n}") for n in range(20)))
            await world.settle()
            await alive.wait_for(20, seconds=30)
            over.set()


async def test_a_delivery_can_be_replayed_with_the_same_id(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"))
        await world.settle()
        (sent,) = await settled(world, key, hook, "delivered", 1)
        url = f"/v1/webhooks/{hook['id']}/deliveries/{sent['id']}/replay"
        assert (await world.http.post(url, headers=key)).json() == {"count": 1}
        first, second = await receiver.wait_for(2)
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == sent["id"]
        assert first.body == second.body
        since = {"since": (world.clock.now() - timedelta(hours=1)).isoformat()}
        url = f"/v1/webhooks/{hook['id']}/replay"
        assert (await world.http.post(url, json=since, headers=key)).json() == {"count": 1}
        await receiver.wait_for(3)


async def test_while_a_secret_is_rotated_both_secrets_verify(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        url = f"/v1/webhooks/{hook['id']}/secret"
        new = (await world.http.post(url, json={}, headers=key)).json()["secret"]
        assert new != hook["secret"]
        await world.state(registered("c1", system="court"))
        await world.settle()
        (call,) = await receiver.wait_for(1)
        for secret in (new, str(hook["secret"])):
            assert Webhook(secret).verify(call.body, call.headers)
        world.clock.advance(timedelta(hours=25))
        await world.state(assigned("c1", "m1"))
        await world.settle()
        _, later = await receiver.wait_for(2)
        assert len(later.headers["webhook-signature"].split()) == 1


async def test_gone_switches_the_webhook_off(tmp_path: Path) -> None:
    async def gone(call: Call) -> Response:
        return Response(status_code=410)

    async with (
        receiving(gone) as receiver,
        make_world(tmp_path, webhook_allow=receiver.place) as world,
    ):
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"))
        await world.settle()
        await settled(world, key, hook, "failed", 1)
        found = (await world.http.get(f"/v1/webhooks/{hook['id']}", headers=key)).json()
        assert (found["active"], found["state"]) == (False, "gone")
        await world.state(assigned("c1", "m1"))
        await world.settle()
        await asyncio.sleep(0.5)
        assert len(receiver.calls) == 1


async def test_a_webhook_belongs_to_its_owner(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        court, police = await world.partner("court"), await world.partner("police")
        hook = await subscribe(world, court, receiver)
        url = f"/v1/webhooks/{hook['id']}"
        assert (await world.http.get("/v1/webhooks", headers=police)).json() == []
        assert (await world.http.get(url, headers=police)).status_code == 404
        assert (await world.http.get(f"{url}/deliveries", headers=police)).status_code == 404
        assert (await world.http.delete(url, headers=police)).status_code == 404
        assert (await world.http.post(f"{url}/secret", json={}, headers=police)).status_code == 404
        assert "secret" not in (await world.http.get(url, headers=court)).json()
        assert (await world.http.delete(url, headers=court)).status_code == 204
        assert (await world.http.get(url, headers=court)).status_code == 404
        clerk = await world.account("li.na", "clerk", areas=["510104"])
        body = {"url": f"http://{receiver.place}/", "types": ["*"]}
        assert (await world.http.post("/v1/webhooks", json=body, headers=clerk)).status_code == 403


async def test_a_closed_partner_gets_nothing_more(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        admin = await world.account("boss", "admin")
        key = await world.partner("court")
        await subscribe(world, key, receiver)
        partner = (await world.http.get("/v1/partners", headers=admin)).json()[0]["id"]
        body = {"active": False}
        await world.http.patch(f"/v1/partners/{partner}", json=body, headers=admin)
        await world.state(registered("c1", system="court"))
        await world.settle()
        await asyncio.sleep(0.5)
        assert receiver.calls == []


BAD_SUBSCRIPTIONS: list[tuple[Json, str]] = [
    ({"url": "http://hooks.example.com/"}, "url"),
    ({"url": "https://127.0.0.1/"}, "url"),
    ({"url": "https://localhost/"}, "url"),
    ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
    ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
    ({"url": "https://no-such-name.invalid/"}, "url"),
    ({"types": ["case.unknown"]}, "types"),
    ({"types": []}, "types"),
    ({"secret": "short"}, "secret"),
    ({"more": 1}, "more"),
]


async def test_a_bad_subscription_is_refused_by_field(
    world: World, subtests: pytest.Subtests
) -> None:
    key = await world.partner("court")
    for change, field in BAD_SUBSCRIPTIONS:
        with subtests.test(field, change=change):
            body = {"url": "https://8.8.8.8/", "types": ["*"]} | change
            answer = await world.http.post("/v1/webhooks", json=body, headers=key)
            assert answer.status_code == 422
            assert field in answer.text
            assert (await world.http.get("/v1/webhooks", headers=key)).json() == []


async def test_secrets_are_not_stored_in_clear(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        hook = await subscribe(world, await world.partner("court"), receiver)
        assert str(hook["secret"]).removeprefix("whsec_") not in await world.dump()


async def test_the_next_sender_begins_at_once_after_an_orderly_end(tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with make_world(tmp_path, webhook_allow=receiver.place) as world:
            key = await world.partner("court")
            hook = await subscribe(world, key, receiver)
            await world.state(registered("c1", system="court"))
            await world.settle()
            await settled(world, key, hook, "delivered", 1)
        async with make_world(tmp_path, webhook_allow=receiver.place) as world:
            await world.state(assigned("c1", "m1"))
            await receiver.wait_for(2, seconds=5)
