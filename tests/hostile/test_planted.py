"""The runs of Schemathesis find planted faults: else that they find none of ours proves nothing."""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from hostile.fuzzing import Plan, fuzz
from servers import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


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


def planted_chains() -> FastAPI:
    """An application that forgets what it made, and keeps what it deleted."""
    app, numbers = FastAPI(openapi_url=None), itertools.count(1)
    made = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    content = {"application/json": {"schema": made}}
    answers = {"200": {"description": "", "content": content}, "404": {"description": ""}}

    def call(name: str, **more: Any) -> dict[str, Any]:
        return {"operationId": name, "responses": answers} | more

    def making(*after: str) -> dict[str, Any]:
        links = {c: {"operationId": c, "parameters": {"id": "$response.body#/id"}} for c in after}
        answer = {"201": {"description": "", "content": content, "links": links}}
        return {"post": {"operationId": f"make_{after[0]}", "responses": answer}}

    @app.get("/openapi.json", include_in_schema=False)
    def document() -> dict[str, Any]:
        id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        deleting = call("delete", responses={"204": {"description": ""}})
        return {
            "openapi": "3.1.0",
            "info": {"title": "planted", "version": "1"},
            "paths": {
                "/forgotten": making("forgotten"),
                "/forgotten/{id}": {"parameters": [id_], "get": call("forgotten")},
                "/kept": making("kept", "delete"),
                "/kept/{id}": {"parameters": [id_], "get": call("kept"), "delete": deleting},
            },
        }

    @app.post("/forgotten", status_code=201)
    @app.post("/kept", status_code=201)
    def post() -> dict[str, int]:
        return {"id": next(numbers)}

    @app.get("/kept/{number}")
    def kept(number: int) -> dict[str, int]:
        return {"id": number}

    @app.delete("/kept/{number}", status_code=204)
    def delete(number: int) -> None:
        pass

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
        report = fuzz(url, "nobody", tmp_path, plan=Plan("examples,coverage,fuzzing", 5))

    found = {(f.operation, f.check) for f in report.findings}
    assert {
        ("GET /breaks", "not_a_server_error"),
        ("GET /strange", "response_schema_conformance"),
        ("GET /hidden", "status_code_conformance"),
        ("POST /lax", "negative_data_rejection"),
        ("POST /picky", "positive_data_acceptance"),
    } <= found


def test_chains_find_what_was_made_and_is_not_there_and_what_was_deleted_and_still_is(
    tmp_path: Path,
) -> None:
    with served(planted_chains()) as url:
        report = fuzz(url, "nobody", tmp_path, plan=Plan("stateful", 30, mode="positive"))

    found = {(f.operation, f.check) for f in report.findings}
    assert {
        ("GET /forgotten/{id}", "ensure_resource_availability"),
        ("GET /kept/{id}", "use_after_free"),
    } <= found
