"""A real webhook receiver on a free port of loopback; what it answers is chosen by each test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answer = Callable[["Call"], Awaitable[Response]]


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answer: Answer | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def take(self, request: Request) -> Response:
        call = Call(request.url.path, dict(request.headers), await request.body())
        self.calls.append(call)
        return Response(status_code=204) if self.answer is None else await self.answer(call)

    async def wait_for(self, count: int, seconds: float = 10) -> list[Call]:
        async with asyncio.timeout(seconds):
            while len(self.calls) < count:
                await asyncio.sleep(0.02)
        return self.calls


@contextlib.asynccontextmanager
async def receiving(answer: Answer | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer=answer)
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    receiver.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.should_exit = True
        await task
