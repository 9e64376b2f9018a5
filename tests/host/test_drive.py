"""The driver plays its scripts on the real casework; what comes before is stated as facts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fengqiao_chassis.testing import Harness
from fengqiao_contracts import codes
from fengqiao_contracts.areas import areas
from fengqiao_contracts.facts import (
    AgreementReached,
    CasePii,
    CaseRegistered,
    CaseRouted,
    CommitteeRegistered,
    MediatorAssigned,
)
from fengqiao_contracts.values import PartyIdentity, PartyRef
from fengqiao_host import drive
from fengqiao_host.public_api import DriveError
from fengqiao_host.script import Accept, Close, Script
from fengqiao_host.stories import Story, stories
from fengqiao_mediation.app import build

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
TOLD = {story.key: story for story in stories(NOW)}


@pytest.fixture
async def h(tmp_path: Path) -> AsyncIterator[Harness]:
    async with Harness.embedded(tmp_path, [build()]) as harness:
        committee = CommitteeRegistered(
            committee_id="k1",
            revision=1,
            name="某街道人民调解委员会",
            kind="street",
            area="510118003",
            area_path=areas().path("510118003"),
            registered_at=NOW,
        )
        await harness.state("mediator-registry", committee, area=committee.area_path)
        yield harness


async def _assigned(h: Harness, case_id: str, body: dict[str, Any]) -> None:
    path = areas().path(body["area"])
    await h.state("intake", _registered(case_id, body, path), area=path)
    routed = CaseRouted(
        case_id=case_id,
        decision=1,
        outlet="mediation",
        unit_id="k1",
        unit_kind="street",
        type="04",
        grade="blue",
        rule="test",
        table_version="1",
        reasons=(),
        routed_at=NOW,
    )
    assigned = MediatorAssigned(
        case_id=case_id,
        assignment_id=f"a-{case_id}",
        committee_id="k1",
        mediator_id="m1",
        grade="blue",
        registry_sequence=1,
        reasons=(),
        assigned_at=NOW,
    )
    for fact in (routed, assigned):
        await h.state("routing", fact, area=path)
    await h.settle()


def _registered(case_id: str, body: dict[str, Any], path: str) -> CaseRegistered:
    refs, identities = [], []
    for number, party in enumerate(body["parties"]):
        party_id = f"{case_id}-{number:02d}"
        refs.append(PartyRef(party_id=party_id, role=party["role"], kind=party["kind"]))
        known = {name: party.get(name) for name in ("name", "id_kind", "id_number", "phone")}
        identities.append(PartyIdentity.model_validate({"party_id": party_id} | known))
    return CaseRegistered(
        case_id=case_id,
        number=case_id,
        unit="u",
        channel=body["channel"],
        source="test",
        area=body["area"],
        area_path=path,
        reported_at=NOW,
        received_at=NOW,
        parties=tuple(refs),
        reporter="test",
        sha256="0",
        pii=CasePii(narrative=body["narrative"], parties=tuple(identities)),
    )


def _city(h: Harness) -> Any:
    return h.client("mediation", role=drive.DESK, areas=["510100"])


async def _play(h: Harness, case_id: str, acts: Script) -> str:
    client = _city(h)
    token = client.headers["Authorization"].removeprefix("Bearer ")
    return await drive.play(client, {drive.DESK: token}, case_id, acts)


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("qingbaijiang", "effective"),
        ("jintang", "mediating"),
        ("huaqiao", "archived"),
    ],
)
async def test_the_stories_end_as_they_did(h: Harness, key: str, state: str) -> None:
    story: Story = TOLD[key]
    await _assigned(h, key, story.body)
    assert await _play(h, key, story.script) == state


@pytest.mark.slow
async def test_forty_four_workers_are_owed_by_the_firm(h: Harness) -> None:
    story = TOLD["xinjin"]
    await _assigned(h, "xinjin", story.body)
    assert await _play(h, "xinjin", story.script) == "archived"
    await h.settle()
    said = [item.fact for item in await h.facts("fengqiao.cases")]
    (agreement,) = [fact for fact in said if isinstance(fact, AgreementReached)]
    assert len({due.creditor for due in agreement.obligations}) == 44
    assert {due.debtor for due in agreement.obligations} == {"xinjin-44"}
    assert sum(due.amount or 0 for due in agreement.obligations) == Decimal(1_320_000)


async def test_the_endings_lead_to_every_state_of_a_case(h: Harness) -> None:
    """What is left comes before the casework: on its way, waiting, elsewhere, or just assigned."""
    reached = {}
    for ending in drive.ENDINGS:
        await _assigned(h, ending, TOLD["huaqiao"].body)
        reached[ending] = await _play(h, ending, drive.script_to(ending, 3, Decimal("50.00")))
    other = {"oral": "closed", "declined": "terminated"}
    assert reached == {ending: other.get(ending, ending) for ending in drive.ENDINGS}

    before = {"registered", "assessed", "waiting", "redirected", "assigned"}
    assert before | set(reached.values()) == set(codes.table("statuses").codes)


async def test_what_is_not_counted_in_money_is_driven_too(h: Harness) -> None:
    await _assigned(h, "c1", TOLD["huaqiao"].body)
    assert await _play(h, "c1", drive.script_to("oral", 3, None)) == "closed"


async def test_a_repeated_play_changes_nothing(h: Harness) -> None:
    await _assigned(h, "c1", TOLD["huaqiao"].body)
    acts = TOLD["huaqiao"].script[:3]
    first = await _play(h, "c1", acts)
    assert await _play(h, "c1", acts) == first
    work = (await _city(h).get("/cases/c1/casework")).json()
    assert len(work["sessions"]) == 1


async def test_a_refused_step_is_told_without_personal_data(h: Harness) -> None:
    body = TOLD["huaqiao"].body
    await _assigned(h, "c1", body)
    with pytest.raises(DriveError, match="409") as refused:
        await _play(h, "c1", (Accept(), Close()))
    assert not any(party["name"] in str(refused.value) for party in body["parties"])
