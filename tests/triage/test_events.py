"""What happens to a case after it was told is graded too, and replays as it was (domain.md §5.2)."""

from typing import Any

import pytest
from triage.hearing import NOW, heard, registered, supplemented

from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import (
    CaseAssessed,
    Fact,
    ObligationBreached,
    ReferralReceived,
    SessionHeld,
)
from fengqiao_contracts.facts.mediation import NotePii

pytestmark = pytest.mark.thorough

CALM = "楼上邻居装修把我家天花板泡坏了，我要求他赔偿三千元，他不肯赔。"


def session(number: int, words: str = "双方到场，各自陈述。") -> SessionHeld:
    return SessionHeld(
        case_id="c1",
        session_id=f"s{number}",
        number=number,
        held_at=NOW,
        attended=("p1",),
        pii=NotePii(text=words),
    )


def breach(number: int = 1) -> ObligationBreached:
    day = NOW.date()
    return ObligationBreached(
        case_id="c1", agreement_id="a1", obligation_id=f"o{number}", breached_on=day
    )


def referral(system: str, *, first: bool = False) -> ReferralReceived:
    return ReferralReceived(
        case_id="c1",
        referral_id=f"r-{system}",
        system=system,
        number="1",
        channel="police",
        received_at=NOW,
        first=first,
    )


async def told(h: Harness, *facts: Fact) -> list[tuple[int, str]]:
    """The factors of the case's last assessment after these, as (points, code)."""
    stated = await heard(h, *facts)
    last = [f for f in stated if isinstance(f, CaseAssessed)][-1]
    return sorted((f.points, f.code) for f in last.factors)


async def replayed(h: Harness) -> list[bool]:
    admin = h.client("triage", role="city", areas=["510100"])
    last = (await admin.get("/cases/c1/assessment")).json()["revision"]
    answers = [
        await admin.get("/cases/c1/assessment/replay", params={"revision": n})
        for n in range(1, last + 1)
    ]
    return [a.json()["same"] for a in answers]


async def test_a_session_that_was_not_the_last_failed(both: Harness) -> None:
    before = await told(both, registered("c1", CALM))
    after = await told(both, session(1), session(2), session(3))

    assert not any(code.startswith("failed") for _, code in before)
    assert (10, "failed_2") in after


async def test_the_first_session_changes_nothing(both: Harness) -> None:
    facts = await heard(both, registered("c1", CALM), session(1))

    assert [f.revision for f in facts if isinstance(f, CaseAssessed)] == [1]


async def test_danger_in_a_session_s_record_is_red_and_changes_no_type(both: Harness) -> None:
    words = "协商中对方当场拿刀威胁要砍人。双方都同意去法院起诉，咨询劳动仲裁。"
    facts = await heard(both, registered("c1", CALM), session(1, words))
    first, last = [f for f in facts if isinstance(f, CaseAssessed)]

    assert (first.grade, last.grade) == ("blue", "red")
    assert (first.type, first.suitability) == (last.type, last.suitability)
    assert any(s.part == 100_001 for f in last.factors for s in f.spans)


async def test_hearsay_in_a_record_is_no_sign(both: Harness) -> None:
    facts = await heard(both, registered("c1", CALM), session(1, "听说对方想拿刀砍人。"))

    assert {f.grade for f in facts if isinstance(f, CaseAssessed)} == {"blue"}


async def test_a_breach_counts_and_a_second_counts_more(both: Harness) -> None:
    assert (10, "breach") in await told(both, registered("c1", CALM), breach())
    assert (15, "breach_2") in await told(both, breach(2))


async def test_one_more_referrer_counts_and_the_first_does_not(both: Harness) -> None:
    once = await told(both, registered("c1", CALM), referral("court", first=True))
    again = await told(both, referral("police"))

    assert not any(code.startswith("repeat") for _, code in once)
    assert (10, "repeat_2") in again


async def test_every_revision_replays_whatever_came_between(both: Harness) -> None:
    await heard(
        both,
        registered("c1", CALM),
        session(1, "对方威胁要放火烧房子。"),
        supplemented("c1", "我补充：他还欠我物业费。"),
        session(2, "再次威胁要砍人。"),
        breach(),
        referral("police"),
    )
    same = await replayed(both)

    assert len(same) == 6
    assert all(same)


async def test_a_policy_is_back_tested_with_what_happened(both: Harness) -> None:
    await heard(both, registered("c1", CALM), session(1, "威胁要放火。"), session(2), breach())
    admin = both.client("triage", role="admin", areas=["510100"])
    export = (await admin.get("/policies/policy-v4")).json()["yaml"]
    other = export.replace("version: policy-v4", "version: policy-other", 1)
    answer: dict[str, Any] = (await admin.post("/policies/backtest", json={"yaml": other})).json()

    assert (answer["examined"], answer["changes"]) == (1, [])
