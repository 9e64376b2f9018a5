"""A running gateway behind a real server, between services that answer what they were asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from fengqiao_chassis.service import Context, Service
from fengqiao_chassis.store import new_metadata
from fengqiao_chassis.store.tables import audit
from fengqiao_chassis.testing import Harness
from fengqiao_chassis.web import Who
from fengqiao_contracts.facts import Fact
from fengqiao_gateway import store
from fengqiao_gateway.app import build
from fengqiao_gateway.domain.accounts import NewAccount
from fengqiao_gateway.handlers.accounts import OPERATOR, create_account
from fengqiao_gateway.handlers.callers import Caller, by_session
from fengqiao_gateway.handlers.partners import create_partner
from fengqiao_gateway.handlers.passwords import hash_password
from fengqiao_gateway.runtime.door import Bells, Door
from fengqiao_gateway.settings import Settings

PASSWORD = "green-river-71"


def echo(name: str) -> Service:
    """A service that tells what reached it; `answer/<status>` answers with that status."""

    def router(_: Context) -> APIRouter:
        routes = APIRouter()

        @routes.get("/cases/answer/{status}")
        async def answer(status: int) -> Response:
            body = b"" if status == 204 else b"secret trace"
            return Response(body, status, headers={"x-inner": "1", "location": "/elsewhere"})

        @routes.post("/internal/party-check")
        async def check(request: Request, who: Who) -> JSONResponse:
            body = await request.json()
            right = body["code"] == "right-code" and who.role == "gateway"
            return JSONResponse({"ok": right, "case_id": "c1" if right else None})

        async def tell(request: Request, who: Who) -> JSONResponse:
            return JSONResponse(
                {
                    "service": name,
                    "path": request.url.path,
                    "query": request.url.query,
                    "headers": dict(request.headers),
                    "who": {
                        "id": who.id,
                        "role": who.role,
                        "areas": list(who.areas),
                        "system": who.system,
                    },
                }
            )

        for path in ("/cases", "/cases/{case_id}", "/cases/{case_id}/timeline"):
            for method in ("GET", "POST"):  # one operation each, as in the services' documents
                routes.add_api_route(path, tell, methods=[method])
        return routes

    return Service(
        name=name,
        package=f"fengqiao_{name.replace('-', '_')}",
        metadata=new_metadata(),
        router=router,
    )


class World:
    """What a test does with the gateway."""

    def __init__(self, harness: Harness, http: httpx.AsyncClient, door: Door) -> None:
        self.harness, self.http, self.door = harness, http, door
        self.clock = harness.clock
        self._areas: dict[str, str] = {}

    async def account(
        self,
        username: str,
        role: str,
        areas: list[str] | None = None,
        person_id: str | None = None,
    ) -> dict[str, str]:
        """Makes an account and logs in: its headers."""
        hashed = await hash_password(PASSWORD)
        new = NewAccount(username, username, role, tuple(areas or ()), person_id)
        await self.write(lambda tx: create_account(tx, OPERATOR, new, hashed))
        return await self.log_in(username)

    async def log_in(self, username: str) -> dict[str, str]:
        """One more session of an account: its headers."""
        body = {"username": username, "password": PASSWORD}
        answer = await self.http.post("/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.http.cookies.clear()
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def partner(self, system: str) -> dict[str, str]:
        """Makes a partner system: the headers of its key."""
        issued = await self.write(
            lambda tx: create_partner(
                tx, OPERATOR, system=system, name=system, channel="court", areas=["510100"]
            )
        )
        return {"authorization": f"Bearer {issued.key}"}

    async def caller(self, headers: dict[str, str]) -> Caller:
        """The caller that the headers prove."""
        async with self.read() as tx:
            caller = await by_session(tx, headers["authorization"].removeprefix("Bearer "))
        assert caller is not None
        return caller

    async def state(self, *facts: Fact) -> None:
        """States facts as their services would."""
        for fact in facts:
            area = getattr(fact, "area_path", None) or self._areas.get(fact.subject, "/510100/")
            self._areas[fact.subject] = area
            await self.harness.state("intake", fact, area=area)

    async def settle(self) -> None:
        """Waits until everybody has heard everything."""
        await self.harness.settle()

    def read(self) -> Any:
        """A read transaction of the gateway."""
        return self.harness.read("gateway")

    async def write[T](self, work: Callable[[Any], Awaitable[T]]) -> T:
        """A write transaction of the gateway."""
        return await self.door.ctx.db.write(work)

    async def audit(self) -> list[tuple[str, str]]:
        """The gateway's audit entries: (action, subject)."""
        async with self.read() as tx:
            rows = await tx.all(audit.select().where(audit.c.service == "gateway"))
        return [(row.action, row.subject) for row in rows]

    async def dump(self) -> str:
        """Every row of every table of the gateway, as text."""
        async with self.read() as tx:
            rows = [await tx.all(table.select()) for table in store.metadata.sorted_tables]
        return "\n".join(str(found) for found in rows)


@contextlib.asynccontextmanager
async def make_world(tmp_path: Path, **settings: Any) -> AsyncIterator[World]:
    """The gateway with these settings and two services; analytics and others are down."""
    bells = Bells()
    services = [echo("intake"), echo("triage"), build(Settings(**settings), bells)]
    async with Harness.embedded(tmp_path, services) as harness:
        assert bells.door is not None
        async with _serving(harness.app("gateway")) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                yield World(harness, http, bells.door)
            bells.door.hub.close_all("stopping")


@contextlib.asynccontextmanager
async def _serving(app: Any) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,
        port=0,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:  # its own `serve` would sleep for some tenths of a second at each test's end
        server.force_exit = True
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        for _ in range(200):
            if not server.server_state.tasks:
                break
            await asyncio.sleep(0.005)
