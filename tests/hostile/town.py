"""A few committees, their mediators, and a case in each state: something for calls to be about."""

from collections.abc import Iterator
from typing import Any

import httpx
from flow.desk import LEAK, Dispute, register

from fengqiao_contracts import codes
from fengqiao_host import city
from fengqiao_host.drive import load_registry, play, script_to

AREAS = ("510104", "510104022", "510107")
LIVES = {
    "assigned": (),
    **{
        ending: script_to(ending, 2, None)
        for ending in (
            *("accepted", "mediating", "agreed", "effective"),
            *("performed", "breached", "closed", "archived", "terminated", "refused"),
        )
    },
}
"""The states in which the cases of `settle_town` are left, and how they come there."""


REASONS = ("refusal", "termination", "suspension", "retirement", "breach", "withdrawal")


async def settle_town(url: str, token: str) -> dict[str, list[str]]:
    """Fill the registry and lead a case to each state; what fits a parameter, by its place and name."""
    proof = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=f"{url}/v1", headers=proof, timeout=60, trust_env=False
    ) as client:
        assert (await load_registry(client, token, registry()))["errors"] == 0
        cases = [await _lead(client, token, state) for state in LIVES]
        works = [await case.get("/casework") for case in cases]
        return {
            "path.case_id": [case.id for case in cases],
            "path.agreement_id": [a["agreement_id"] for w in works for a in w["agreements"]],
            "path.mediator_id": await _ids(client, "/mediators"),
            "path.committee_id body.committee_id": await _ids(client, "/committees"),
            "body.narrative": [LEAK],
            "body.reason": [codes.table(f"{act}_reasons").codes[0] for act in REASONS],
            "header.If-Match": ["*"],
        }


async def _ids(client: httpx.AsyncClient, path: str) -> list[str]:
    return [entry["id"] for entry in (await client.get(path)).json()["items"]]


async def _lead(client: httpx.AsyncClient, token: str, state: str) -> Dispute:
    """A case in a state."""
    case = await register(client, f"{LEAK}（{state}）")
    await case.until_assigned(60)
    if LIVES[state]:
        assert await play(client, {"city": token}, case.id, LIVES[state]) == state
    return case


def registry() -> Iterator[dict[str, Any]]:
    """The synthetic city's committees of AREAS, with their mediators."""
    committees = [c for c in city.committees() if c["area"] in AREAS]
    yield from committees
    known = {c["external_id"] for c in committees}
    yield from (m for m in city.mediators() if m["committee"] in known)
