"""What triage hears in its tests, and what it says then."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from fengqiao_chassis.bus.subscriptions import Subscription
from fengqiao_chassis.store import Tx
from fengqiao_chassis.testing import Harness
from fengqiao_contracts.facts import CaseRegistered, CaseSupplemented
from fengqiao_contracts.facts.intake import CasePii, SupplementPii
from fengqiao_contracts.values import PartyRef

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
AREA = "/510100/510104/"
TOLD = "楼上邻居漏水，我们12户业主多次投诉物业，物业推诿，协商未果。"
PARTIES = (PartyRef(party_id="p1", role="applicant", kind="person"),)


def registered(case_id: str, narrative: str = TOLD, **other: Any) -> CaseRegistered:
    fields: dict[str, Any] = {
        "case_id": case_id,
        "number": "1",
        "unit": "510104",
        "channel": "self",
        "source": "application",
        "area": "510104",
        "area_path": AREA,
        "reported_at": NOW,
        "received_at": NOW,
        "reporter": "u1",
        "sha256": "0" * 64,
        "parties": PARTIES,
        "pii": CasePii(narrative=narrative),
    }
    return CaseRegistered(**{**fields, **other})


def supplemented(
    case_id: str, text: str, number: int = 1, kind: str = "facts", **other: Any
) -> CaseSupplemented:
    return CaseSupplemented(
        case_id=case_id,
        supplement_id=f"{case_id}-{number}",
        number=number,
        kind=kind,
        received_at=NOW,
        pii=SupplementPii(text=text),
        **other,
    )


async def heard(h: Harness, *facts: Any) -> list[Any]:
    """State the facts as their services would, and give what triage stated of them."""
    ids = [
        await h.state("routing" if "ssign" in type(f).__name__ else "intake", f, area=AREA)
        for f in facts
    ]
    if h.platform.settings.embedded:
        await h.settle()
        await h.tick()
        await h.settle()
    else:
        await _deliver(h, ids)
        await h.tick()
    mine = [r for r in await h.facts("fengqiao.cases") if r.envelope.source == "/triage"]
    return [r.fact for r in sorted(mine, key=lambda r: r.envelope.sequence)]


async def _deliver(h: Harness, ids: list[str]) -> None:
    """Bring facts to triage's handlers where no other service runs that would relay them."""
    subscriptions = h.platform.running["triage"].service.subscriptions
    assert subscriptions is not None
    stated = {r.envelope.id: r for r in await h.facts()}
    for item in [stated[fact_id] for fact_id in ids]:
        for one in subscriptions.by_name[item.envelope.name]:
            plans = [one.prepare([item])] if one.prepare else []
            await h.write("triage", partial(_apply, one, item, plans))


async def _apply(one: Subscription, item: Any, plans: list[Any], tx: Tx) -> None:
    await one.apply(tx, [item], *plans)
