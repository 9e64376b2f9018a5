"""A running platform with something in it, and the proofs of several callers."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from flow.desk import LEAK, PASSWORD, Stack, register

from fengqiao_host import remote

NOBODY = "127.0.0.1:9"
"""Where nobody listens: a webhook may name it, and its deliveries fail at once."""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "jinjiang": {"role": "district", "areas": ["510104"]},
    "wuhou": {"role": "district", "areas": ["510107"]},
    "spare": {"role": "clerk", "areas": ["510104"]},
    "stranger": {"role": "mediator", "areas": ["510104"], "person_id": "m-none"},
}


@dataclass
class Door:
    """Where the platform is, the header of each caller, and the ids of what is there."""

    stack: Stack
    folder: Path
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self.stack.url

    def token(self, who: str) -> str:
        """The bearer token of a caller."""
        return self.headers[who]["authorization"].removeprefix("Bearer ")

    def rows(self) -> dict[str, int]:
        """How many rows each table has; reads of personal data leave audit rows, so those are left out."""
        file = sqlite3.connect(f"file:{self.folder / 'fengqiao.db'}?mode=ro", uri=True)
        try:
            names = [
                name
                for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not name.startswith("sqlite_") and "_search_" not in name
            ]
            return {
                name: file.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names
            }
        finally:
            file.close()


async def fill(stack: Stack, folder: Path) -> Door:
    """Wait until the platform answers; make accounts, a partner and one case."""
    door = Door(stack, folder)
    async with httpx.AsyncClient(base_url=f"{stack.url}/v1", timeout=60, trust_env=False) as client:
        await remote.wait_ready(client)
        stack.token = await remote.log_in(client, "city", PASSWORD)
        door.headers["city"] = {"authorization": f"Bearer {stack.token}"}
        client.headers.update(door.headers["city"])
        for username, more in ACCOUNTS.items():
            body = {"username": username, "password": PASSWORD, "name": username} | more
            made = await client.post("/accounts", json=body)
            assert made.status_code == 201, made.text
            door.ids[username] = made.json()["id"]
            proof = await remote.log_in(client, username, PASSWORD)
            door.headers[username] = {"authorization": f"Bearer {proof}"}
        found = (await client.get("/accounts")).json()["items"]
        door.ids["city"] = next(a["id"] for a in found if a["username"] == "city")
        body = {"system": "court", "name": "法院", "channel": "court", "areas": ["510100"]}
        key = (await client.post("/partners", json=body)).json()
        door.headers["court"] = {"authorization": f"Bearer {key['key']}"}
        door.ids["court"] = key["partner"]["id"]
        body |= {"system": "petition", "name": "信访", "channel": "petition"}
        door.ids["spare partner"] = (await client.post("/partners", json=body)).json()["partner"][
            "id"
        ]
        door.ids["case"] = (await register(client, LEAK)).id
        assert (await remote.wait_settled(client, 60))["settled"]
    return door
