"""Schemathesis over the OpenAPI document of the running platform: all checks, to the end of each run."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hostile.door import Door
from hostile.fuzzing import Finding, fuzz
from servers import free_port

NOT_BY_THE_CITY = r"gateway\.(log_out|stream)"
"""`log_out` would end the run's own session: it is in the partner's run. `stream` never ends."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def shown(findings: list[Finding]) -> str:
    return "\n".join(f"{f.operation} {f.check} [{f.status}] {f.text}" for f in findings)


def test_the_city_finds_nothing_wrong(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUZZ_OWN_ACCOUNT", door.ids["city"])
    monkeypatch.setenv("FUZZ_OTHER_ACCOUNT", door.ids["spare"])

    report = fuzz(
        door.url,
        door.token("city"),
        tmp_path,
        f"--exclude-operation-id-regex={NOT_BY_THE_CITY}",
    )

    assert not report.findings, shown(report.findings)
    assert report.operations >= 80
    assert report.requests > 3000
    own = httpx.get(f"{door.url}/v1/auth/me", headers=door.headers["city"])
    assert own.status_code == 200, "the run lost its own session: what came after it proves nothing"


def test_a_partner_finds_nothing_wrong(door: Door, tmp_path: Path) -> None:
    report = fuzz(
        door.url,
        door.token("court"),
        tmp_path,
        r"--exclude-operation-id-regex=gateway\.stream",
        examples=2,
        phases="examples,fuzzing",
    )

    assert not report.findings, shown(report.findings)
    assert report.operations >= 80


def planted() -> FastAPI:
    """An application with one fault for each kind of check that the platform relies on."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    text = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}
    whole = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    answer = {
        "200": {"description": "n", "content": {"application/json": {"schema": whole}}},
        "422": {"description": "refused"},
    }
    body = {"required": True, "content": {"application/json": {"schema": text}}}

    def operation(name: str, **more: Any) -> dict[str, Any]:
        return {"operationId": name, "responses": answer} | more

    @app.get("/openapi.json", include_in_schema=False)
    def document() -> dict[str, Any]:
        return {
            "openapi": "3.1.0",
            "info": {"title": "planted", "version": "1"},
            "paths": {
                "/breaks": {"get": operation("breaks")},
                "/strange": {"get": operation("strange")},
                "/hidden": {"get": operation("hidden")},
                "/lax": {"post": operation("lax", requestBody=body)},
                "/picky": {"post": operation("picky", requestBody=body)},
            },
        }

    @app.get("/breaks")
    def breaks() -> None:
        raise KeyError

    @app.get("/strange")
    def strange() -> dict[str, str]:
        return {"n": "not a number"}

    @app.get("/hidden", status_code=218)
    def hidden() -> dict[str, int]:
        return {"n": 1}

    @app.post("/lax")
    def lax() -> dict[str, int]:
        return {"n": 1}

    @app.post("/picky", status_code=422)
    def picky() -> dict[str, str]:
        return {"code": "invalid-input"}

    return app


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        end = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_the_same_run_finds_each_planted_fault(tmp_path: Path) -> None:
    with served(planted()) as url:
        report = fuzz(url, "nobody", tmp_path, examples=5)

    found = {(f.operation, f.check) for f in report.findings}
    assert {
        ("GET /breaks", "not_a_server_error"),
        ("GET /strange", "response_schema_conformance"),
        ("GET /hidden", "status_code_conformance"),
        ("POST /lax", "negative_data_rejection"),
        ("POST /picky", "positive_data_acceptance"),
    } <= found
