"""A small town with marked people: registry, accounts, partner systems, and a webhook's receiver."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from canary.persons import Flock
from flow.desk import Stack

from fengqiao_host import remote
from fengqiao_host.drive import load_registry

STREET, DISTRICT, ELSEWHERE = "510104022", "510104", "510105"
COURT, POLICE = "court-jinjiang", "police-elsewhere"


@dataclass
class Receiver:
    """Takes whatever webhooks send: path, headers and body, as bytes."""

    port: int
    taken: list[bytes] = field(default_factory=list)

    def start(self) -> ThreadingHTTPServer:
        """Serve in a thread; the caller shuts it down."""
        taken = self.taken

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                taken.append(f"{self.path}\n{self.headers}\n".encode() + body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Take)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@dataclass
class Town:
    """The running platform, its marked people, and a way in for every role."""

    stack: Stack
    flock: Flock
    receiver: Receiver
    tokens: dict[str, str] = field(default_factory=dict)
    mediators: dict[str, str] = field(default_factory=dict)

    def client(self, reader: str) -> httpx.AsyncClient:
        """The gateway as that reader uses it."""
        token = self.tokens.get(reader)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            base_url=f"{self.stack.url}/v1", headers=headers, timeout=60, trust_env=False
        )

    async def settle(self) -> None:
        """Wait until every fact has been taken or parked."""
        async with self.client("city") as city:
            done = await remote.wait_settled(city, 60)
        assert done["settled"], done


def registry(flock: Flock) -> Iterator[dict[str, Any]]:
    """Committees of a street and two districts, a few marked mediators each, a marked expert."""
    teams = {STREET: "street", DISTRICT: "district", ELSEWHERE: "district"}
    for area, kind in teams.items():
        yield {
            "record": "committee",
            "external_id": f"c-{area}",
            "name": f"{area}人民调解委员会",
            "kind": kind,
            "area": area,
            "setter": "演示司法所",
        }
    for area in teams:
        for number in range(2):
            person = flock.person(f"mediator.{area}.{number}")
            yield {
                "record": "mediator",
                "external_id": f"m-{area}-{number}",
                "committee": f"c-{area}",
                "name": person.name,
                "id_number": person.id_number,
                "phone": person.phone,
                "specialities": ["02", "03", "05"],
            }
    expert = flock.person("expert")
    yield {
        "record": "expert",
        "external_id": "e-1",
        "name": expert.name,
        "title": "律师",
        "fields": ["03"],
        "area": "510100",
        "phone": expert.phone,
    }


async def settle_in(town: Town) -> None:
    """Load the registry and make an account, a session and a key for every reader."""
    async with town.client("nobody") as client:
        await remote.wait_ready(client)
        password = town.stack.environment["FENGQIAO_NEW_PASSWORD"]
        town.stack.token = town.tokens["city"] = await remote.log_in(client, "city", password)
        totals = await load_registry(client, town.tokens["city"], registry(town.flock))
        assert totals["errors"] == 0
    await town.settle()
    async with town.client("city") as city:
        for area in (STREET, ELSEWHERE):
            found = (await city.get("/mediators", params={"area": area})).json()["items"]
            town.mediators |= {m["external_id"]: m["id"] for m in found}
        await _accounts(town, city)
        for system, channel, area in ((COURT, "court", DISTRICT), (POLICE, "police", ELSEWHERE)):
            name = town.flock.words(f"partner.{system}")
            body = {"system": system, "name": name, "channel": channel, "areas": [area]}
            made = await city.post("/partners", json=body)
            assert made.status_code == 201, made.text
            town.tokens[system] = town.flock.secret(system, made.json()["key"])
    await _subscribe(town)


async def _accounts(town: Town, city: httpx.AsyncClient) -> None:
    elsewhere = town.mediators[f"m-{ELSEWHERE}-0"]
    wanted: dict[str, dict[str, Any]] = {
        "district": {"role": "district", "areas": [DISTRICT]},
        "district-elsewhere": {"role": "district", "areas": [ELSEWHERE]},
        "clerk-elsewhere": {"role": "clerk", "areas": [ELSEWHERE]},
        "mediator-elsewhere": {"role": "mediator", "person_id": elsewhere},
    }
    for username, what in wanted.items():
        await add_account(town, city, username, what)


async def add_account(
    town: Town, city: httpx.AsyncClient, username: str, what: dict[str, Any]
) -> None:
    """An account with a marked name and password, and its session."""
    password = town.flock.secret(f"account.{username}", f"Niaoyu-{len(town.tokens)}7-Chaoxiang")
    name = town.flock.person(f"account.{username}").name
    body = {"username": username, "password": password, "name": name, **what}
    made = await city.post("/accounts", json=body)
    assert made.status_code == 201, made.text
    async with town.client("nobody") as client:
        token = await remote.log_in(client, username, password)
    town.tokens[username] = town.flock.secret(f"session.{username}", token)


async def _subscribe(town: Town) -> None:
    """A webhook of the court for all that it may see; its address holds a marked word."""
    secret = town.flock.secret("webhook", "whsec_" + "Y2FuYXJ5LW9mLXRoZS13ZWJob29rLTAxMjM0NQ==")
    body = {
        "url": f"http://127.0.0.1:{town.receiver.port}/hook",
        "types": ["*"],
        "secret": secret,
    }
    async with town.client(COURT) as court:
        made = await court.post("/webhooks", json=body)
        assert made.status_code == 201, made.text
