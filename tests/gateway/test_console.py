"""The console's files and page, as a browser asks for them."""

import gzip
import json
from pathlib import Path

import httpx
import pytest
from gateway.world import World

from fengqiao_gateway.runtime.console import Console

PAGE = {"accept": "text/html,application/xhtml+xml"}
SCRIPT = "console.log('枫桥');" * 50

pytestmark = pytest.mark.thorough


@pytest.fixture
def dist(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A console of three files, beside a file that is nobody's business."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>枫桥</title>", "utf-8")
    (folder / "assets" / "app-1a2b.js").write_text(SCRIPT, "utf-8")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    monkeypatch.setattr(world.door.console, "_folders", (folder,))
    return folder


async def get(world: World, path: str, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.http.get(path, headers={"accept": "*/*"} | sent)


async def test_every_page_is_the_console_and_no_api_path_is(world: World, dist: Path) -> None:
    for path in ("/", "/cases", "/cases/01a2", "/login?next=%2Fboard"):
        answer = await world.http.get(path, headers=PAGE)
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )
        assert "枫桥" in answer.text
    for path in ("/v1/nowhere", "/v1", "/openapi.json", "/docs", "/healthz"):
        answer = await world.http.get(path, headers=PAGE)
        assert "<title>枫桥</title>" not in answer.text, path


async def test_what_a_program_asks_for_and_nobody_has_is_a_problem(
    world: World, dist: Path
) -> None:
    for path in ("/nothing", "/assets/gone-9.js", "/cases"):
        answer = await get(world, path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_page_may_run_our_scripts_alone_and_call_us_alone(world: World, dist: Path) -> None:
    answer = await world.http.get("/", headers=PAGE)
    policy = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_hashed_files_are_kept_for_ever_and_the_page_is_asked_for_anew(
    world: World, dist: Path
) -> None:
    page = await world.http.get("/", headers=PAGE)
    assert page.headers["cache-control"] == "no-cache"
    etag = page.headers["etag"]
    again = await world.http.get("/", headers=PAGE | {"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    script = await get(world, "/assets/app-1a2b.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    (dist / "index.html").write_text("<!doctype html><title>新版</title>", "utf-8")
    changed = await world.http.get("/", headers=PAGE | {"if-none-match": etag})
    assert changed.status_code == 200
    assert "新版" in changed.text


async def test_a_file_is_compressed_for_who_can_read_it(world: World, dist: Path) -> None:
    async with world.http.stream(
        "GET", "/assets/app-1a2b.js", headers={"accept-encoding": "gzip"}
    ) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).decode() == SCRIPT
    plain = await get(world, "/assets/app-1a2b.js", accept_encoding="identity")
    assert plain.text == SCRIPT
    head = await world.http.head("/assets/app-1a2b.js")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "//secret.txt"],
)
async def test_no_path_leaves_the_consoles_folder(world: World, dist: Path, path: str) -> None:
    request = world.http.build_request("GET", "/")
    request.url = httpx.URL(str(world.http.base_url).rstrip("/") + path)
    assert "secret" not in (await world.http.send(request)).text


async def test_where_it_is_not_built_the_answer_says_how(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.door.console, "_folders", (tmp_path / "none",))
    answer = await world.http.get("/", headers=PAGE)
    assert (answer.status_code, json.loads(answer.text)["code"]) == (404, "console-not-built")
    assert "make console" in answer.text


def test_the_wheels_own_console_comes_before_the_checkouts(tmp_path: Path) -> None:
    for name in ("wheel", "checkout"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name, "utf-8")
    found = Console(tmp_path / "wheel", tmp_path / "checkout").find("index.html")
    assert found is not None
    assert found.body == b"wheel"
