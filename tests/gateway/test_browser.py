"""A browser's session: what other sites cannot do with it, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway.world import PASSWORD, World, make_world

from fengqiao_gateway.domain.browsers import from_elsewhere, on_loopback

pytestmark = pytest.mark.thorough

NEW = {"username": "new.one", "password": PASSWORD, "name": "n", "role": "clerk"}
CASE: dict[str, Any] = {"narrative": "x"}


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that `boss` has logged in with; its writes carry the token of the page."""
    await world.account("boss", "admin")
    async with httpx.AsyncClient(base_url=world.http.base_url, timeout=30) as client:
        body = {"username": "boss", "password": PASSWORD}
        answer = await client.post("/v1/auth/login", json=body)
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        yield client


async def post(browser: httpx.AsyncClient, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await browser.post("/v1/auth/activity", headers=sent)).status_code


async def test_a_page_of_another_site_can_write_nothing_though_it_had_the_token(
    browser: httpx.AsyncClient,
) -> None:
    host = str(browser.base_url).removeprefix("http://").strip("/")
    assert await post(browser) == 204
    assert await post(browser, origin=f"http://{host}") == 204
    assert await post(browser, sec_fetch_site="same-origin") == 204
    for wrong in ("http://evil.example", "null", f"http://{host}0", ""):
        assert await post(browser, origin=wrong) == 403, wrong
    for site in ("cross-site", "same-site", ""):
        assert await post(browser, sec_fetch_site=site, origin=f"http://{host}") == 403, site


async def test_a_write_by_cookie_without_the_token_or_with_anothers_is_refused(
    browser: httpx.AsyncClient, world: World
) -> None:
    other = await world.http.post("/v1/auth/login", json={"username": "boss", "password": PASSWORD})
    del browser.headers["x-csrf-token"]
    assert await post(browser) == 403
    assert await post(browser, x_csrf_token="") == 403
    assert await post(browser, x_csrf_token=other.json()["csrf_token"]) == 403


async def test_a_cookie_that_was_forged_or_has_ended_opens_nothing(
    browser: httpx.AsyncClient, world: World
) -> None:
    token = browser.cookies["fq_session"]
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "fqs_", "", "x" * 5000):
        browser.cookies.set("fq_session", forged, domain="127.0.0.1", path="/")
        async with httpx.AsyncClient(base_url=browser.base_url) as other:
            answer = await other.get("/v1/auth/me", headers={"cookie": f"fq_session={forged}"})
            assert answer.status_code == 401, forged[:10]
    cookie = {"cookie": f"fq_session={token}"}
    async with httpx.AsyncClient(base_url=browser.base_url) as other:
        assert (await other.get("/v1/auth/me", headers=cookie)).status_code == 200
        world.clock.advance(timedelta(hours=12, seconds=1))
        await asyncio.sleep(0.6)
        assert (await other.get("/v1/auth/me", headers=cookie)).status_code == 401


async def test_logging_out_ends_the_session_and_takes_the_cookies_away(
    browser: httpx.AsyncClient,
) -> None:
    token = browser.cookies["fq_session"]
    answer = await browser.post("/v1/auth/logout")
    assert answer.status_code == 204
    assert not browser.cookies
    again = await browser.get("/v1/auth/me", headers={"cookie": f"fq_session={token}"})
    assert again.status_code == 401


async def test_a_login_from_another_sites_page_is_refused_and_sets_no_cookie(world: World) -> None:
    await world.account("boss", "admin")
    body = {"username": "boss", "password": PASSWORD}
    answer = await world.http.post(
        "/v1/auth/login", json=body, headers={"origin": "http://evil.example"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "other-origin")
    assert "set-cookie" not in answer.headers


async def test_a_browser_left_alone_is_out_and_a_token_is_not(
    browser: httpx.AsyncClient, world: World
) -> None:
    token = {"authorization": f"Bearer {browser.cookies['fq_session']}"}
    for _ in range(3):  # reading alone is no acting: a board refreshes itself
        world.clock.advance(timedelta(minutes=20))
        assert await post(browser) == 204
    world.clock.advance(timedelta(minutes=16))
    assert (await browser.get("/v1/auth/me")).status_code == 200
    world.clock.advance(timedelta(minutes=16))
    answer = await browser.get("/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "session-idle")
    assert await post(browser) == 401
    async with httpx.AsyncClient(base_url=browser.base_url, headers=token) as program:
        assert (await program.get("/v1/auth/me")).status_code == 200


async def test_the_stream_opens_by_the_cookie_and_ends_with_the_idle_session(
    browser: httpx.AsyncClient, world: World
) -> None:
    async with browser.stream("GET", "/v1/stream") as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith(":")
        world.clock.advance(timedelta(minutes=31))
        async with asyncio.timeout(10):
            seen = [line async for line in lines]
    assert "event: end" in seen
    assert any("idle" in line for line in seen if line.startswith("data:"))


async def test_zero_minutes_is_no_idle_logout(tmp_path: Path) -> None:
    async with make_world(tmp_path, idle_minutes=0) as world:
        await world.account("boss", "admin")
        body = {"username": "boss", "password": PASSWORD}
        await world.http.post("/v1/auth/login", json=body)
        world.clock.advance(timedelta(hours=11))
        await asyncio.sleep(0.6)
        assert (await world.http.get("/v1/auth/me")).status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost:8080", True),
        ("127.0.0.1", True),
        ("127.8.9.1:80", True),
        ("[::1]:8080", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:80", False),
        ("10.0.0.5", False),
        ("fengqiao.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    assert on_loopback(host) is loopback


def test_a_caller_that_says_nothing_of_its_origin_is_no_browser() -> None:
    assert not from_elsewhere({"host": "a.example"})
    assert not from_elsewhere({"host": "a.example", "origin": "https://a.example"})
    assert from_elsewhere({"host": "a.example", "origin": "https://a.example.evil"})
    assert from_elsewhere({"host": "a.example:80", "origin": "http://a.example:81"})


async def test_cookies_are_secure_where_the_host_is_not_this_machine(tmp_path: Path) -> None:
    async with make_world(tmp_path, cookie_secure=True) as world:
        await world.account("boss", "admin")
        body = {"username": "boss", "password": PASSWORD}
        answer = await world.http.post("/v1/auth/login", json=body)
        for cookie in answer.headers.get_list("set-cookie"):
            assert "; secure" in cookie.lower()
