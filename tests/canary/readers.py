"""Every GET of the OpenAPI document as every reader; the live stream and the cursor too."""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from canary.lives import Lives
from canary.town import COURT, ELSEWHERE, POLICE, Town

OWN = ("city", "district", "mediator", COURT, "party")
"""Who has a right to the stories of the street, each to some."""

WRONG = (
    "district-elsewhere",
    "clerk-elsewhere",
    "mediator-elsewhere",
    POLICE,
    "party-elsewhere",
    "nobody",
)
"""Who has none: another district, another mediator, another system, another case's party."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader was answered at a path of the document."""

    reader: str
    template: str
    path: str
    status: int
    body: bytes


async def read_all(town: Town, lives: Lives, reader: str) -> list[Read]:
    """Every GET of the document, for every id that it can be asked for."""
    async with town.client(reader) as client:
        document = (await client.get(f"{town.stack.url}/openapi.json")).json()
        ids = await _ids(town, lives)
        found = []
        for template, operations in document["paths"].items():
            if "get" not in operations or template == "/v1/stream":
                continue
            for path, query in _calls(template, operations["get"], ids):
                answer = await client.get(f"{town.stack.url}{path}", params=query)
                head = f"{answer.headers}\n".encode()
                found.append(
                    Read(reader, template, path, answer.status_code, head + answer.content)
                )
        return found


async def _ids(town: Town, lives: Lives) -> dict[str, list[str]]:
    """Values of path and query parameters, as the city knows them."""
    now = datetime.now(UTC)
    async with town.client("city") as city, town.client(COURT) as court:
        known = {
            name: [item["id"] for item in _items((await who.get(path)).json())]
            for name, path, who in (
                ("committee_id", "/committees", city),
                ("mediator_id", "/mediators", city),
                ("expert_id", "/experts", city),
                ("account_id", "/accounts", city),
                ("partner_id", "/partners", city),
                ("webhook_id", "/webhooks", court),
            )
        }
    return known | {
        "case_id": sorted(lives.cases.values()),
        "referral_id": [lives.ids["referral"]],
        "import_id": [lives.ids["import"]],
        "day": [now.date().isoformat()],
        "area": ["510100", ELSEWHERE],
        "table": ["types"],
    }


def _items(answer: Any) -> list[dict[str, Any]]:
    return answer if isinstance(answer, list) else answer["items"]


def _calls(
    template: str, operation: dict[str, Any], ids: dict[str, list[str]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The path filled with every known id, with the query parameters that it needs."""
    given = operation.get("parameters", [])
    in_path = [p["name"] for p in given if p["in"] == "path"]
    needed = {
        p["name"]: (ids.get(p["name"]) or ["x"])[0]
        for p in given
        if p["in"] == "query" and p.get("required")
    }
    for values in itertools.product(*(ids.get(name, ["x"]) for name in in_path)):
        yield template.format(**dict(zip(in_path, values, strict=True))), needed


async def pulled(town: Town, reader: str) -> bytes:
    """All facts that a reader gets by cursor."""
    found, after = [], ""
    async with town.client(reader) as client:
        while True:
            answer = await client.get("/facts", params={"after": after, "limit": 1000})
            found.append(answer.content)
            if answer.status_code != 200 or not answer.json()["more"]:
                return b"\n".join(found)
            after = answer.json()["next"]


async def streamed(town: Town, reader: str, seconds: float = 2) -> bytes:
    """What the live stream sends a reader from the oldest kept fact on."""
    found: list[bytes] = []

    async def take() -> None:
        async with town.client(reader) as client:
            start = {"Last-Event-ID": await _oldest(town)}
            url, headers = f"{town.stack.url}/v1/stream", {**start}
            async with client.stream("GET", url, headers=headers) as answer:
                async for piece in answer.aiter_bytes():
                    found.append(piece)  # noqa: PERF401 -- what came before the end counts

    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(seconds):
            await take()
    return b"".join(found)


async def _oldest(town: Town) -> str:
    """A place before every kept fact: that of a page with the first fact alone is one behind it."""
    async with town.client("city") as city:
        page = await city.get("/facts", params={"limit": 1})
        return str(page.json()["next"])
