"""A service's web application: its routes, and the operating surface that every service has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from ..telemetry import CASES, COMMAND_QUEUE, REGISTRY, WAITING, logger
from ..upstream import InProcessUpstream
from . import problems
from .middleware import Around
from .parked import add_parked_routes

if TYPE_CHECKING:
    from ..service import Context, Service

CHECK_SECONDS = 3.0
_CASES = "cases."


def create_app(ctx: Context, service: Service) -> FastAPI:
    """The application of a service in its context. The gateway serves its own documents."""
    own_docs = service.own_docs or service.name == "gateway"
    app = FastAPI(
        title=f"fengqiao {service.name}",
        version=_version(service.package),
        openapi_url=None if own_docs else "/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.ctx = ctx
    app.state.refresh = lambda: refresh(ctx, service)
    app.add_middleware(Around, ctx=ctx)
    problems.install(app, service.name)
    _add_health(app, ctx)
    _add_metrics(app, ctx)
    add_parked_routes(app, ctx)
    # the routes themselves: include_router would build every one of them a second time
    app.router.routes.extend(service.router(ctx).routes)
    return app


def _add_health(app: FastAPI, ctx: Context) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok", "service": ctx.name}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, Any]:
        """Ready unless the database is away; the bus and its lag are told only."""
        alive = await _database_answers(ctx)
        if not alive:
            response.status_code = 503
            response.headers["retry-after"] = "2"
        body: dict[str, Any] = {"ready": alive, "service": ctx.name}
        body["database"] = "ok" if alive else "down"
        return body | {"bus": await _status(ctx) if alive else None}

    @app.get("/ops/settled", include_in_schema=False)
    async def settled() -> dict[str, Any]:
        """`{settled, outbox, lag, parked, waiting}` of this service."""
        return await ctx.settled()


def _add_metrics(app: FastAPI, ctx: Context) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Prometheus metrics of this process; the gauges are read now."""
        await request.app.state.refresh()
        if isinstance(ctx.upstream, InProcessUpstream):
            for other in list(ctx.upstream.apps.values()):
                if isinstance(other, FastAPI) and other is not request.app:
                    await other.state.refresh()
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def refresh(ctx: Context, service: Service) -> None:
    """Set a service's gauges; what cannot be read now keeps its last value."""
    COMMAND_QUEUE.labels(service=ctx.name).set(ctx.db.database.waiting)
    await _status(ctx)
    if service.gauges is None and service.waiting is None:
        return
    try:
        async with asyncio.timeout(CHECK_SECONDS), ctx.db.read() as tx:
            values = dict(await service.gauges(tx)) if service.gauges is not None else {}
            waiting = await service.waiting(tx) if service.waiting is not None else None
    except Exception as error:  # noqa: BLE001 -- a check reports, it never fails
        logger(ctx.name).warning("metrics.unread", error=type(error).__name__)
        return
    if waiting is not None:
        WAITING.labels(service=ctx.name).set(waiting)
    set_gauges(ctx.name, values)


def set_gauges(service: str, values: Mapping[str, float]) -> None:
    """`cases.<status>` are cases by status, `waiting` the waiting ones."""
    for name, value in values.items():
        if name.startswith(_CASES):
            CASES.labels(service=service, status=name.removeprefix(_CASES)).set(value)
        elif name == "waiting":
            WAITING.labels(service=service).set(value)


async def _database_answers(ctx: Context) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS), ctx.db.read() as tx:
            return bool(await tx.scalar(text("SELECT 1")))
    except Exception as error:  # noqa: BLE001 -- a check reports, it never fails
        logger(ctx.name).warning("database.down", error=type(error).__name__)
        return False


async def _status(ctx: Context) -> dict[str, Any] | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await ctx.settled()
    except Exception as error:  # noqa: BLE001 -- a check reports, it never fails
        logger(ctx.name).warning("status.unread", error=type(error).__name__)
        return None


def _version(package: str) -> str:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return "0"
