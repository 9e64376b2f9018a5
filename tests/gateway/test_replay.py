"""A replay of the gateway: who may see a case is made anew; no webhook is sent, no place moves."""

from pathlib import Path

import pytest
from gateway.cases import CHENGHUA, accepted, assigned, registered, withdrawn
from gateway.receiver import receiving
from gateway.test_webhooks import settled, subscribe
from gateway.world import World, make_world
from sqlalchemy import delete, select, update

from fengqiao_chassis.bus.replay import Rebuilt, Replay, Target
from fengqiao_gateway.store.tables import case_access, deliveries, facts, places


async def replay(world: World) -> Rebuilt:
    running = world.harness.platform.running["gateway"]
    service, db = running.service, running.context.db
    assert service.subscriptions is not None
    target = Target(db, service.subscriptions, service.projections, service.scratch)
    return await Replay(target, db, [db]).run()


async def rows(world: World) -> dict[str, list[str]]:
    async with world.read() as tx:
        return {
            table.name: sorted(str(tuple(r)) for r in await tx.all(select(table)))
            for table in (case_access, facts, places, deliveries)
        }


@pytest.mark.slow
async def test_access_is_made_anew_and_no_webhook_is_sent(tmp_path: Path) -> None:
    async with receiving() as receiver, make_world(tmp_path, webhook_allow=receiver.place) as world:
        key = await world.partner("court")
        hook = await subscribe(world, key, receiver)
        await world.state(registered("c1", system="court"), registered("c2", area=CHENGHUA))
        await world.state(assigned("c1", "m1"), assigned("c2", "m2"))
        await world.state(withdrawn("c2", "m2"), accepted("c1"))
        await world.settle()
        await settled(world, key, hook, "delivered", 3)
        before, called = await rows(world), len(receiver.calls)
        await world.write(
            lambda tx: tx.run(delete(case_access).where(case_access.c.case_id == "c1"))
        )
        await world.write(lambda tx: tx.run(update(case_access).values(mediator="m9")))

        found = await replay(world)

        assert found.corrected == {"gateway_case_access": 2}
        assert await rows(world) == before
        assert len(receiver.calls) == called
        await world.state(assigned("c2", "m3"))
        await world.settle()
        page = (await world.http.get("/v1/facts?after=", headers=key)).json()
        assert [f["type"] for f in page["facts"]][-1] == "case.accepted.v1"
